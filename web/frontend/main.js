import { element, own } from "./common.js";
import { _ } from "./texts.js";

const SOON = 1000;  // ms; what takes longer says that it is under way

// htmx does not begin where it comes between a page's text and its pictures: not before the page is complete.
const complete = new Promise((done) => {
  if (document.readyState === "complete") done();
  else addEventListener("load", done, { once: true });
});

// What makes a page quicker; each works without it, but for resumable uploads. What a page does not hold is not loaded.
// Resolves when all that it holds has begun.
function begin(main) {
  const holds = (what) => main.querySelector(what);
  const parts = [];
  if (holds("tongke-upload")) parts.push(import("./upload.js"));
  if (holds("form[data-autosave], [data-marks], form[data-about], select#edition")) parts.push(import("./edit.js").then((part) => part.begin()));
  if (holds("table[data-sortable]")) parts.push(import("./sort.js").then((part) => part.begin(main)));
  if (holds("tongke-photos")) parts.push(import("./photos.js"));
  if (holds("tongke-start")) parts.push(import("./start.js"));
  if (holds("[data-live]")) parts.push(complete.then(() => import("./live.js")));
  if (holds("tongke-suggest")) parts.push(import("./suggest.js"));
  if (holds("tongke-several")) parts.push(import("./several.js"));
  if (holds("tongke-copy, tongke-transcript, tongke-quality")) parts.push(import("./resource.js"));
  if (holds("[data-waits]")) parts.push(import("./progress.js"));
  if (holds("form[data-told]")) parts.push(import("./telling.js").then((part) => part.begin(main, begin)));

  for (const form of main.querySelectorAll("form[method=post]:not([data-autosave]):not([data-about])")) guard(form);
  for (const details of main.querySelectorAll("details[data-kind]")) unfold(details);
  for (const form of main.querySelectorAll("form[method=post]:not([data-download]):not([data-told]):not([data-about])")) busy(form);
  main.querySelector(".error-summary")?.focus();
  return Promise.all(parts);
}

// Leaving with changes that are not saved asks first. A password is not such a change.
function guard(form) {
  if (form.querySelector("[type=password]") || !form.querySelector("input:not([type=hidden]), select, textarea")) return;
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// The kind chooses which fields stand open.
function unfold(details) {
  for (const choice of document.querySelectorAll("input[name=kind]")) {
    choice.addEventListener("change", () => { details.open = choice.value === details.dataset.kind; });
  }
}

// A file that comes as the answer leaves the page as it is; such a form is not looked at.
function busy(form) {
  form.addEventListener("submit", (event) => {
    const timer = setTimeout(() => {
      if (event.defaultPrevented) return;
      form.setAttribute("aria-busy", "true");
      form.append(element("p", { className: "muted busy", textContent: _("正在处理，请稍候……"), role: "status" }));
    }, SOON);
    addEventListener("pagehide", () => clearTimeout(timer), { once: true });
  });
}
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const told of document.querySelectorAll(".busy")) told.remove();
});

// Signing out takes along what this browser remembers; a shared computer remembers nothing beyond the tab anyway.
if (!own) localStorage.clear();
document.querySelector("form[action='/sign-out']")?.addEventListener("submit", () => {
  localStorage.clear();
  sessionStorage.clear();
});

Promise.all([begin(document.querySelector("main") ?? document.body), import("./shortcuts.js")])
  .then(() => document.documentElement.setAttribute("data-begun", ""));
