import { element, own } from "./common.js";
import { _ } from "./texts.js";

// What makes the pages quicker; each works without it, but for resumable uploads. What a page does not hold is not loaded.

if (document.querySelector("tongke-upload")) import("./upload.js");
if (document.querySelector("form[data-autosave], [data-marks]")) import("./edit.js").then(({ begin }) => begin());
if (document.querySelector("table[data-sortable]")) import("./sort.js");
if (document.querySelector("tongke-photos")) import("./photos.js");
if (document.querySelector("tongke-start")) import("./start.js");
if (document.querySelector("[data-live]")) import("./live.js");
if (document.querySelector("tongke-suggest")) import("./suggest.js");
if (document.querySelector("tongke-several")) import("./several.js");
if (document.querySelector("tongke-copy, tongke-transcript, tongke-quality")) import("./resource.js");
if (document.querySelector("[data-waits]")) import("./progress.js");

import("./shortcuts.js");

// Signing out takes along what this browser remembers; a shared computer remembers nothing beyond the tab anyway.
if (!own) localStorage.clear();
document.querySelector("form[action='/sign-out']")?.addEventListener("submit", () => {
  localStorage.clear();
  sessionStorage.clear();
});

// Leaving with changes that are not saved asks first. A password is not such a change.
for (const form of document.querySelectorAll("form[method=post]:not([data-autosave])")) {
  if (form.querySelector("[type=password]") || !form.querySelector("input:not([type=hidden]), select, textarea")) continue;
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// The kind chooses which fields stand open.
for (const details of document.querySelectorAll("details[data-kind]")) {
  for (const choice of document.querySelectorAll("input[name=kind]")) {
    choice.addEventListener("change", () => { details.open = choice.value === details.dataset.kind; });
  }
}

document.querySelector(".error-summary")?.focus();

// What takes more than a second says that it is under way; a file that comes as the answer leaves the page as it is.
const SOON = 1000;
for (const form of document.querySelectorAll("form[method=post]:not([data-download])")) {
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
