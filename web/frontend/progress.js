// What is still being made of a page's files: the server says how far it is, and what came of it takes its place.
import { element } from "./common.js";
import { _ } from "./texts.js";

const said = element("p", { className: "visually-hidden" });
said.setAttribute("role", "status");
document.querySelector("main").append(said);

const waiting = () => [...document.querySelectorAll("[data-waits]")];

// The parts of the page that are finished, as the server draws them now; who stood in one stands in it again.
async function show(parts) {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const done = [];
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (!fresh || !part.isConnected) continue;
    const held = part.contains(document.activeElement);
    part.replaceWith(document.adoptNode(fresh));
    if (held) fresh.querySelector("a, button")?.focus();
    if (!fresh.dataset.waits) done.push(part.querySelector(".file-head > :first-child").textContent);
  }
  if (done.length) said.textContent = _("“{names}”的预览好了。", { names: done.join("”“") });
}

const source = new EventSource(waiting()[0].dataset.waits);
let before = {};
source.onmessage = ({ data }) => {
  const { files } = JSON.parse(data);
  const ended = [];
  for (const part of waiting()) {
    const [now, words] = [files[part.dataset.file], part.querySelector("[role=status]")];
    if (!words && before[part.dataset.file] && now !== before[part.dataset.file]) location.reload();  // the text itself
    else if (words && now && words.textContent !== now) words.textContent = now;
    else if (words && !now) ended.push(part);
  }
  before = files;
  if (ended.length) show(ended).catch(() => undefined);  // offline for a moment: a reload shows it
};
source.addEventListener("done", () => source.close());
