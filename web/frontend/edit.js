// The form of a draft: saved by itself, told when; guesses stay guesses until they are looked at; nothing is lost when
// the session ends or somebody else saves first.
import { element } from "./common.js";
import { _ } from "./texts.js";

const PAUSE = 2000;  // ms after the last key
const clock = () => new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });

// A form that is saved by itself. How it is sent, and what its answer changes, is each kind's own.
class Saved {
  constructor(form) {
    this.form = form;
    this.told = form.querySelector("[data-saved]");
    this.changed = false;
    form.addEventListener("input", (event) => this.touched(event.target, this.pause(event.target)));
    form.addEventListener("change", (event) => this.touched(event.target, this.pause(event.target)));
    addEventListener("beforeunload", (event) => { if (this.changed) event.preventDefault(); });
    form.addEventListener("submit", (event) => this.submitted(event));
  }

  pause() {
    return PAUSE;
  }

  touched(_control, pause) {
    this.mark(true);
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), pause);
  }

  mark(changed) {
    this.changed = changed;
    this.form.toggleAttribute("data-unsaved", changed);
  }

  save() {
    this.saving = this.go().finally(() => { this.saving = undefined; });
    return this.saving;
  }

  async go() {
    this.mark(false);
    this.say(_("正在保存……"));
    const answer = await this.send().catch(() => null);
    if (answer?.ok) {
      await this.accepted(answer);
      this.say(_("已保存 {time}", { time: clock() }));
      return;
    }
    this.mark(true);
    const problem = await answer?.json().catch(() => null);
    if (!answer) this.again(_("网络断了，还没有保存。"));
    else if (answer.status === 401 || answer.status === 403) this.expired();
    else if (answer.status === 412) this.conflict();
    else this.say(_("还没有保存：{why}", { why: [problem?.detail, ...(problem?.errors ?? []).map((error) => error.message)].join("") }));
  }

  say(...what) {
    this.told.replaceChildren(...what);
  }

  button(words, act) {
    const made = element("button", { type: "button", className: "link", textContent: words });
    made.addEventListener("click", act);
    return made;
  }

  again(words) {
    this.say(words, " ", this.button(_("再保存一次"), () => this.save()));
  }

  // Signing in elsewhere gives the browser a new session, and this page its new token.
  expired() {
    this.say(_("登录已过期，您写的内容还在。请"),
      element("a", { href: "/sign-in", target: "_blank", rel: "noopener", textContent: _("在新窗口登录") }), _("，再"),
      this.button(_("回来保存"), async () => {
        const page = await fetch(location.pathname).catch(() => null);
        const fresh = page?.ok && new DOMParser().parseFromString(await page.text(), "text/html");
        const token = fresh && fresh.querySelector("meta[name=csrf]").content;
        if (token) for (const field of document.querySelectorAll("input[name=csrf]")) field.value = token;
        this.save();
      }));
  }
}

class Draft extends Saved {
  touched(control, pause) {
    const field = control.closest(".field.guessed");
    if (field) {
      field.classList.remove("guessed");
      control.removeAttribute("aria-describedby");
      document.querySelector("#guessed").hidden = !this.form.querySelector(".field.guessed");
    }
    super.touched(control, pause);
  }

  fields() {
    const fields = new FormData(this.form);
    for (const guess of this.form.querySelectorAll(".field.guessed [name]")) fields.delete(guess.name);
    return new URLSearchParams(fields);
  }

  send() {
    return fetch(this.form.action, { method: "POST", body: this.fields(), headers: { Accept: "application/json" } });
  }

  async accepted(answer) {
    this.form.elements.etag.value = (await answer.json()).etag;
  }

  // What is being saved ends first, so that the page does not take it for somebody else's.
  submitted(event) {
    clearTimeout(this.timer);
    if (event.defaultPrevented) return;
    if (this.saving) {
      event.preventDefault();
      this.saving.then(() => this.form.requestSubmit(event.submitter));
      return;
    }
    this.changed = false;
    this.stopped = true;
  }

  // Somebody else saved first: she decides with the page's own button, which shows both.
  conflict() {
    this.stopped = true;
    this.say(_("别人刚刚改动了这份草稿，自动保存已停。您的内容还在；点“保存草稿”核对后再决定。"));
  }
}

// What is said of a picture or recording, beside it: without a button. What is chosen is saved at once.
class About extends Saved {
  pause(control) {
    return control.type === "text" ? PAUSE : 0;
  }

  async accepted() {}

  // An answer that has to say more (the date of the consent) waits for it.
  touched(control, pause) {
    const date = this.form.elements.consent_on;
    if (date && this.form.elements.shows_children.value === "yes" && !date.value) {
      this.mark(true);
      this.say(_("请再填监护人同意的日期，填好就保存。"));
      return;
    }
    super.touched(control, pause);
  }

  send() {
    const { csrf, consent_on: day, ...about } = Object.fromEntries(new FormData(this.form));
    if (about.shows_children === "yes") about.consent_on = day;
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    return fetch(this.form.dataset.about, { method: "PATCH", headers, body: JSON.stringify(about) });
  }

  submitted(event) {
    event.preventDefault();
    clearTimeout(this.timer);
    this.save();
  }

  conflict() {}
}

// Grades and subjects that the chosen stage does not have step back.
function narrow() {
  const stage = document.querySelector("select#stage");
  if (!stage) return;
  const look = () => {
    for (const option of document.querySelectorAll("option[data-stages]")) {
      option.hidden = Boolean(stage.value) && !option.selected && !option.dataset.stages.split(" ").includes(stage.value);
    }
  };
  stage.addEventListener("change", look);
  look();
}

// The editions that have textbooks of the chosen stage and subject come first; a hundred others stay below them.
function sortEditions() {
  const edition = document.querySelector("select#edition");
  if (!edition) return;
  const [stage, subject] = ["stage", "subject"].map((name) => document.querySelector(`select#${name}`));
  const [none, ...all] = edition.options;
  const look = () => {
    const fits = (option) => (option.dataset.textbooks ?? "").split(" ").some((book) => book
      && (!stage.value || book.startsWith(`${stage.value}.`)) && book.endsWith(`.${subject.value}`));
    const first = subject.value ? all.filter(fits) : [];
    const rest = all.filter((option) => !first.includes(option));
    const chosen = edition.value;
    edition.replaceChildren(none, ...first.length
      ? [element("optgroup", { label: _("这门学科的教材") }, ...first), element("optgroup", { label: _("其他") }, ...rest)] : rest);
    edition.value = chosen;
  };
  for (const select of [stage, subject]) select.addEventListener("change", look);
  look();
}

// Headings, lists and emphasis for those who do not write Markdown; the browser's own undo takes them back.
function marks(row) {
  const area = document.getElementById(row.dataset.marks);
  row.hidden = false;
  row.addEventListener("click", ({ target }) => {
    const { before, around, words } = target.dataset;
    if (!words) return;
    const [from, to] = [area.selectionStart, area.selectionEnd];
    const chosen = area.value.slice(from, to);
    const fresh = from > 0 && area.value[from - 1] !== "\n" ? "\n" : "";
    const made = around ? around + (chosen || words) + around
      : fresh + (chosen || words).split("\n").map((line) => before + line).join("\n");
    area.focus();
    area.setSelectionRange(from, to);
    document.execCommand("insertText", false, made);
    if (!chosen) area.setSelectionRange(from + made.length - words.length - (around ?? "").length, from + made.length - (around ?? "").length);
  });
}

// Files come and go while the page is open; each one's forms begin with the first touch.
function about() {
  const known = new WeakSet();
  const files = document.querySelector("#files");
  files?.setAttribute("data-scripted", "");
  for (const kind of ["input", "change", "submit"]) {
    files?.addEventListener(kind, ({ target }) => {
      const form = target.closest("form[data-about]");
      if (!form || known.has(form)) return;
      known.add(form);
      new About(form);
    }, { capture: true });
  }
}

// Called once for each page that holds such forms.
export function begin() {
  for (const form of document.querySelectorAll("form[data-autosave]")) new Draft(form);
  about();

  narrow();
  sortEditions();
  for (const row of document.querySelectorAll("[data-marks]")) marks(row);

  // A submission waits for the last file.
  for (const button of document.querySelectorAll("button[data-after-uploads]")) {
    button.addEventListener("click", (event) => {
      const waiting = document.querySelector("tongke-upload")?.waiting ?? 0;
      if (!waiting) return;
      event.preventDefault();
      button.textContent = _("还有 {n} 个文件在传，传完自动提交", { n: waiting });
      document.addEventListener("tongke:uploaded", () => button.form.requestSubmit(button), { once: true });
    });
  }
}
