// Keys for those who like them: `?` lists them, and turns them off (WCAG 2.2, 2.1.4: single keys can be switched off).
import { element, memory } from "./common.js";
import { _ } from "./texts.js";

const OFF = "tongke:keys-off";
const KEYS = [
  ["/", _("搜索"), () => search()],
  ["n", _("新建资源"), () => go("/resources/new")],
  ["g h", _("回首页"), () => go("/")],
  ["g b", _("浏览"), () => go("/browse")],
  ["g m", _("我的资源"), () => go("/my")],
  ["g t", _("通知"), () => go("/notices")],
  ["g p", _("结对"), () => go("/partnerships")],
  ["?", _("打开这张表"), () => list()],
];
let begun = "";

function go(path) {
  location.assign(path);
}

function search() {
  const box = document.querySelector("main input[type=search][name=q], #q");
  if (box) box.focus();
  else go("/search");
}

const off = () => memory.getItem(OFF) === "yes";

function list() {
  let sheet = document.querySelector("#keys");
  if (!sheet) {
    const rows = KEYS.map(([keys, words]) => element("div", {},
      element("dt", {}, ...keys.split(" ").map((key) => element("kbd", { textContent: key }))),
      element("dd", { textContent: words })));
    const box = element("input", { type: "checkbox", checked: off() });
    box.addEventListener("change", () => memory.setItem(OFF, box.checked ? "yes" : "no"));
    const close = element("button", { className: "button", textContent: _("关闭") });
    sheet = element("dialog", { id: "keys" },
      element("h2", { id: "keys-title", textContent: _("键盘快捷键") }),
      element("p", { className: "muted", textContent: _("不在输入框里时可用。g h 是先按 g 再按 h。") }),
      element("dl", {}, ...rows),
      element("p", {}, element("label", {}, box, " ", _("不用快捷键（“?”还能打开这张表）"))),
      element("form", { method: "dialog" }, close));
    sheet.setAttribute("aria-labelledby", "keys-title");
    document.body.append(sheet);
  }
  sheet.showModal();
}

function busy(target) {
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName) || document.querySelector("dialog[open]");
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || busy(event.target)) return;
  const pressed = begun + event.key;
  begun = event.key === "g" && !begun ? "g " : "";
  const found = KEYS.find(([keys]) => keys === pressed);
  if (!found || (off() && event.key !== "?")) return;
  event.preventDefault();
  found[2]();
});

for (const button of document.querySelectorAll("[data-keys]")) {
  button.hidden = false;
  button.addEventListener("click", list);
}
