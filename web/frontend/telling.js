// Forms whose work takes a while: the server says how far it is (server-sent events over the answer to the form), and
// the page that it ends with takes this one's place.
import { element } from "./common.js";
import { _ } from "./texts.js";

// Each event of the answer, as {name, data}.
async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(part);
      yield { name, data: JSON.parse(data) };
    }
  }
}

class Told {
  constructor(form, again) {
    Object.assign(this, { form, again });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.under) this.send(event.submitter);
    });
  }

  async send(button) {
    this.under = true;
    this.bar = element("progress", { ariaLabel: _("进度") });
    this.words = element("p", { className: "muted", textContent: _("正在处理，请稍候……") });
    this.words.setAttribute("role", "status");
    this.box = element("div", { className: "panel", tabIndex: -1 }, this.words, this.bar);
    (button ?? this.form).after(this.box);
    this.box.scrollIntoView({ block: "nearest" });
    const fields = new URLSearchParams(new FormData(this.form));
    if (button?.name) fields.append(button.name, button.value);
    try {
      const headers = { Accept: "text/event-stream, text/html" };
      await this.follow(await fetch(this.form.action, { method: "POST", body: fields, headers }));
    } catch {
      this.under = false;
      this.bar.remove();
      this.words.textContent = _("网络断了，不知道做完没有。请刷新页面看一看，再决定要不要重做。");
    }
  }

  async follow(answer) {
    if (!answer.headers.get("content-type").startsWith("text/event-stream")) {
      if (answer.redirected) location.assign(answer.url);
      else this.show(await answer.text());
      return;
    }
    for await (const { name, data } of events(answer)) {
      if (name === "message") this.tell(data);
      else if (data.location) location.assign(data.location);
      else this.show(data.html);
    }
  }

  tell({ done, whole }) {
    this.bar.max = whole;
    this.bar.value = done;
    this.bar.textContent = `${done} / ${whole}`;
    if (!this.count) this.bar.before(this.count = element("span", { className: "muted" }));
    this.count.textContent = _("{done} / {whole}", { done, whole });
  }

  // Going back leads to the page that the form stood on.
  show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const main = document.adoptNode(page.querySelector("main"));
    history.pushState(null, "", location.href);
    addEventListener("popstate", () => location.reload(), { once: true });
    document.querySelector("main").replaceWith(main);
    document.title = page.title;
    scrollTo(0, 0);
    main.focus();
    this.again(main);
  }
}

// For the forms of a page; `again` begins the page that takes its place.
export function begin(main, again) {
  for (const form of main.querySelectorAll("form[data-told]")) new Told(form, again);
}
