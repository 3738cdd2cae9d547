// 同课 Tongke for a school's own web site: <tongke-search>, <tongke-latest>, <tongke-resource>. No dependency, no cookie.
// A released file never changes (the pages that hold it name its hash): what comes after it is a file with a new number.

const SITE = new URL(import.meta.url).origin;
const WORDS = {
  zh: {
    label: "搜索公开的教学资源", placeholder: "课题、知识点", search: "搜索", busy: "正在搜索……",
    total: (n) => `共 ${n} 份资源`, unknown: "数量更新中", none: "没有找到。换一个更短的词再试。", relaxed: "，条件已放宽",
    before: "上一页", after: "下一页", page: (n) => `第 ${n} 页`, pages: "翻页", opens: "（在新窗口打开）",
    failed: "这里的搜索暂时不能用。", offline: "连不上资源库，请稍后再试。", missing: "这份资源现在不能查看。",
    latest: "最新资源", from: "同课 Tongke",
  },
  en: {
    label: "Search open teaching resources", placeholder: "Lesson or topic", search: "Search", busy: "Searching…",
    total: (n) => (n === 1 ? "1 resource" : `${n} resources`), unknown: "Counting…",
    none: "Nothing found. Try a shorter word.", relaxed: ", with fewer conditions",
    before: "Previous", after: "Next", page: (n) => `Page ${n}`, pages: "Pages", opens: " (opens in a new window)",
    failed: "Search is not available here just now.", offline: "The library cannot be reached. Try again soon.",
    missing: "This resource cannot be shown now.", latest: "Latest resources", from: "Tongke",
  },
};
const STYLE = `
:host { display: block; color: var(--tongke-ink, #1f2a24); background: var(--tongke-paper, #fff); padding: var(--tongke-padding, 1rem);
  border: 1px solid var(--tongke-line, #dcdacf); border-radius: var(--tongke-radius, .5rem); font-size: 1rem; line-height: 1.6;
  font-family: var(--tongke-font, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif); overflow-wrap: anywhere; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
form { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; }
input { flex: 1 1 10rem; min-width: 0; }
input, button { font: inherit; min-height: 44px; padding: .4rem .8rem; border-radius: var(--tongke-radius, .5rem);
  border: 1px solid var(--tongke-edge, #7b857e); background: var(--tongke-paper, #fff); color: inherit; }
button { cursor: pointer; border-color: var(--tongke-accent, #1a6349); color: var(--tongke-accent, #1a6349); }
button[type=submit] { background: var(--tongke-accent, #1a6349); color: var(--tongke-accent-ink, #fff); }
button:disabled { opacity: .6; cursor: default; }
a { color: var(--tongke-accent, #1a6349); font-weight: 600; }
a:focus-visible, input:focus-visible, button:focus-visible, p:focus-visible { outline: 3px solid var(--tongke-accent, #1a6349); outline-offset: 2px; }
ol { list-style: none; margin: 0; padding: 0; }
li + li { border-top: 1px solid var(--tongke-line, #dcdacf); }
li { padding: .7rem 0; }
p { margin: .2rem 0; }
h2 { font-size: 1.15em; margin: 0 0 .3rem; }
.muted { color: var(--tongke-muted, #56615a); font-size: .9em; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
mark { background: var(--tongke-mark, #ffeaa0); color: var(--tongke-mark-ink, #1f2a24); }
nav { display: flex; flex-wrap: wrap; gap: .8rem; align-items: center; }
[hidden] { display: none !important; }
`;
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'", "&quot;": '"', "&#x27;": "'" };

function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Escaped text with hits in <mark>, as nodes: no HTML is ever parsed, so that a page with Trusted Types can hold it too.
function marked(html) {
  const text = (part) => part.replace(/&(amp|lt|gt|quot|#34|#39|#x27);/g, (name) => ENTITIES[name]);
  return html.split(/(<mark>.*?<\/mark>)/s).map((part) => (
    part.startsWith("<mark>") ? make("mark", { textContent: text(part.slice(6, -7)) }) : text(part)
  ));
}

class Refused extends Error {}

class Tongke extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const closest = this.closest("[lang]");
    this.language = (this.lang || (closest && closest.lang) || navigator.language || "zh").startsWith("en") ? "en" : "zh";
    this.words = WORDS[this.language];
    const root = this.attachShadow({ mode: "open", delegatesFocus: true });
    if (root.adoptedStyleSheets) {  // a page that forbids inline styles (CSP) allows these
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } else {
      root.append(make("style", { textContent: STYLE }));
    }
    this.begin(root);
  }

  // The answer's JSON. What goes wrong is told in the console, for those who keep the page.
  async ask(path, query = "") {
    const address = `${SITE}/api/v1/embed/${encodeURIComponent(this.getAttribute("key") || "")}${path}${query && `?${query}`}`;
    const language = this.language === "en" ? "en" : "zh-CN";
    const answer = await fetch(address, { credentials: "omit", headers: { "Accept-Language": language } });
    const body = await answer.json();
    if (!answer.ok) throw Object.assign(new Refused(`${body.title}: ${body.detail}`), { status: answer.status, detail: body.detail });
    return body;
  }

  // What a visitor is told instead.
  told(error) {
    console.error(`<${this.localName}> ${error instanceof Refused ? error.message : `${SITE}: ${error}`}`);
    if (!(error instanceof Refused)) return this.words.offline;
    return error.status === 429 ? error.detail : this.words.failed;
  }

  link(item) {
    const title = item.highlights.title ? marked(item.highlights.title) : [item.title];
    return make("a", { href: item.url, target: "_blank", rel: "noopener" }, ...title,
      make("span", { className: "hidden", textContent: this.words.opens }));
  }

  card(item) {
    const { summary, content, text } = item.highlights;
    const passage = summary || content || text;
    const day = new Date(item.updated_at).toLocaleDateString(this.language === "en" ? "en" : "zh-CN");
    const parts = [make("p", {}, this.link(item))];
    if (item.place.length) parts.push(make("p", { className: "muted", textContent: item.place.join(" · ") }));
    if (passage) parts.push(make("p", {}, ...marked(passage)));
    else if (item.summary) parts.push(make("p", { textContent: item.summary }));
    parts.push(make("p", { className: "muted", textContent: [item.school.name, item.school.city, day].filter(Boolean).join(" · ") }));
    return parts;
  }

  filters() {
    const query = new URLSearchParams();
    for (const name of ["kind", "stage", "grade", "subject", "type", "school"]) {
      if (this.hasAttribute(name)) query.append(name, this.getAttribute(name));
    }
    return query;
  }
}

class TongkeSearch extends Tongke {
  begin(root) {
    const { words } = this;
    this.input = make("input", { id: "q", type: "search", placeholder: words.placeholder, enterKeyHint: "search", maxLength: 200 });
    const form = make("form", {}, make("label", { className: "hidden", htmlFor: "q", textContent: words.label }), this.input,
      make("button", { type: "submit", textContent: words.search }));
    form.setAttribute("role", "search");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search(1);
    });
    this.status = make("p", { className: "muted", tabIndex: -1 });
    this.status.setAttribute("role", "status");
    this.list = make("ol", {});
    this.before = make("button", { type: "button", textContent: words.before });
    this.after = make("button", { type: "button", textContent: words.after });
    this.at = make("span", { className: "muted" });
    this.pager = make("nav", { hidden: true }, this.before, this.at, this.after);
    this.pager.setAttribute("aria-label", words.pages);
    this.before.addEventListener("click", () => this.turn(-1));
    this.after.addEventListener("click", () => this.turn(1));
    root.append(form, this.status, this.list, this.pager);
    this.input.value = this.getAttribute("q") || "";
    if (this.input.value) this.search(1);
  }

  async turn(by) {
    await this.search(this.page + by);
    this.status.focus();  // the button may be gone, and the list begins here
  }

  async search(page) {
    const { words } = this;
    const asked = this.asked = {};
    const size = Math.min(50, Math.max(1, parseInt(this.getAttribute("per-page"), 10) || 10));
    const query = this.filters();
    query.append("q", this.input.value.trim());
    query.append("page", page);
    query.append("per_page", size);
    this.status.textContent = words.busy;
    this.list.setAttribute("aria-busy", "true");
    let found = { items: [], total: 0, relaxed: [] };
    let said;
    try {
      found = await this.ask("/search", query);
      said = found.total === null ? words.unknown : found.total ? words.total(found.total) : words.none;
      if (found.relaxed.length) said += words.relaxed;
    } catch (error) {
      said = this.told(error);
    }
    if (asked !== this.asked) return;  // asked again meanwhile
    this.page = page;
    this.list.replaceChildren(...found.items.map((item) => make("li", {}, ...this.card(item))));
    this.list.removeAttribute("aria-busy");
    const more = found.total === null ? found.items.length === size : page * size < found.total;
    this.pager.hidden = page === 1 && !more;
    this.before.disabled = page === 1;
    this.after.disabled = !more;
    this.at.textContent = words.page(page);
    this.status.textContent = said;
  }
}

class TongkeLatest extends Tongke {
  async begin(root) {
    const query = this.filters();
    query.append("sort", "newest");
    query.append("per_page", Math.min(20, Math.max(1, parseInt(this.getAttribute("count"), 10) || 5)));
    const list = make("ol", {});
    root.append(make("h2", { textContent: this.getAttribute("heading") || this.words.latest }), list);
    list.setAttribute("aria-busy", "true");
    try {
      const { items } = await this.ask("/search", query);
      list.append(...items.map((item) => make("li", {}, ...this.card(item))));
      if (!items.length) list.replaceWith(make("p", { className: "muted", textContent: this.words.none }));
    } catch (error) {
      list.replaceWith(make("p", { className: "muted", textContent: this.told(error) }));
    }
    list.removeAttribute("aria-busy");
  }
}

class TongkeResource extends Tongke {
  async begin(root) {
    try {
      const item = await this.ask(`/resources/${encodeURIComponent(this.getAttribute("resource") || "")}`);
      root.append(...this.card(item), make("p", { className: "muted", textContent: `${item.kind} · ${this.words.from}` }));
    } catch (error) {
      const said = this.told(error);
      root.append(make("p", { className: "muted", textContent: error.status === 404 ? this.words.missing : said }));
    }
  }
}

for (const [name, element] of [["tongke-search", TongkeSearch], ["tongke-latest", TongkeLatest], ["tongke-resource", TongkeResource]]) {
  if (!customElements.get(name)) customElements.define(name, element);
}
