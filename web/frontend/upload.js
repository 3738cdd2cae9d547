// Uploads that survive a lost line, a reload and a restart of the server (tus 1.0.0).
import { Upload } from "tus-js-client";
import { csrf, element, picker, refusal, size } from "./common.js";
import { uploads } from "./memory.js";
import { _ } from "./texts.js";

// One file on its way: progress, speed, pause, retry, cancel; then attached to the draft.
export class Row {
  constructor(file, place) {
    Object.assign(this, { file, place, running: false, over: false });
    this.bar = element("progress", { max: 1, value: 0, ariaLabel: _("{name} 的上传进度", { name: file.name }) });
    this.words = element("span", { className: "muted", textContent: _("等待上传") });
    this.words.setAttribute("role", "status");
    this.button = this.action(_("暂停"), () => this.toggle());
    this.cancel = this.action(_("取消"), () => this.drop());
    this.node = element("li", { className: "file" },
      element("div", { className: "file-head" },
        element("span", { textContent: file.name }), this.words, this.button, this.cancel), this.bar);
    this.upload = new Upload(file, {
      endpoint: "/api/v1/uploads",
      chunkSize: 64 * 1024 * 1024,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000],
      headers: { "X-CSRF-Token": csrf },
      metadata: { filename: file.name, filetype: file.type, resource: place.dataset.resource },
      urlStorage: uploads,
      storeFingerprintForResuming: !file.showsChildren,  // what this page has made cannot be chosen once more
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        return status === 0 || status === 409 || status === 423 || status >= 500;
      },
      onProgress: (sent, total) => this.progress(sent, total),
      onError: (error) => this.failed(this.reason(error)),
      onSuccess: () => {
        this.arrived = true;
        this.attach();
      },
    });
  }

  action(words, act) {
    const made = element("button", { type: "button", className: "button quiet small", textContent: words });
    made.addEventListener("click", act);
    return made;
  }

  reason(error) {
    try {
      return JSON.parse(error.originalResponse.getBody()).detail;
    } catch {
      return _("网络中断了，已上传的部分都在，点“重试”接着传。");
    }
  }

  async start() {
    this.running = true;
    const earlier = await this.upload.findPreviousUploads();
    if (earlier.length) this.upload.resumeFromPreviousUpload(earlier[0]);
    if (this.running) this.resume();
  }

  resume() {
    this.running = true;
    this.began = Date.now();
    this.first = undefined;
    this.button.textContent = _("暂停");
    if (this.arrived) {
      this.attach();
      return;
    }
    this.words.textContent = _("正在连接");
    this.upload.start();
  }

  toggle() {
    if (!this.running) {
      this.resume();
      return;
    }
    this.stopped(_("已暂停"), _("继续"));
    this.upload.abort();
  }

  stopped(words, next) {
    this.running = false;
    this.words.textContent = words;
    this.button.textContent = next;
  }

  progress(sent, total) {
    if (!this.running) return;
    this.first ??= sent;
    const speed = (sent - this.first) / Math.max(0.5, (Date.now() - this.began) / 1000);
    this.bar.value = total ? sent / total : 1;
    const told = speed > 0 ? [_("每秒 {size}", { size: size(speed) })] : [];
    this.words.textContent = [`${size(sent)} / ${size(total)}`, ...told].join(" · ");
  }

  failed(words) {
    this.stopped(words, _("重试"));
    this.place.next();
  }

  // It goes no further; the row stays until its words were read.
  refused(words) {
    this.over = true;
    this.words.textContent = words;
    this.button.remove();
    this.bar.remove();
    this.cancel.textContent = _("知道了");
  }

  async attach() {
    this.words.textContent = _("正在添加到草稿");
    const { refused, same } = await this.place.attach(this.upload.url.split("/").pop(), this.file.name, this.file.showsChildren)
      .catch(() => ({ refused: _("文件已传完，但没有添加到草稿。请点“重试”。") }));
    if (refused) {
      this.failed(refused);
      return;
    }
    this.over = true;
    if (same) this.refused(_("内容与“{name}”相同，没有再加。", { name: same }));
    else this.node.remove();
    this.place.next();
  }

  // What the server holds of it goes too, so that it takes no space.
  drop() {
    if (this.over) {
      this.node.remove();
      return;
    }
    this.running = false;
    this.over = true;
    this.upload.abort(true).catch(() => undefined);  // else it expires by itself
    this.node.remove();
    this.place.next();
  }
}

export const AT_ONCE = 3;  // a browser opens six connections to a server; the page needs some of them

class TongkeUpload extends HTMLElement {
  connectedCallback() {
    this.list = [];
    this.rows = this.querySelector("[data-rows]");
    this.querySelector("[data-script]").hidden = false;
    picker(this.querySelector("input[type=file]")).addEventListener("change", (event) => {
      this.take(event.target.files);
      event.target.value = "";
    });
    for (const name of ["dragover", "dragleave", "drop"]) {  // anywhere on the page
      document.addEventListener(name, (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        this.classList.toggle("over", name === "dragover");
        if (name === "drop") this.take(event.dataTransfer.files);
      });
    }
    addEventListener("beforeunload", (event) => { if (this.waiting) event.preventDefault(); });
    this.remember();
    this.watch();
  }

  // How many files are still on their way.
  get waiting() {
    return this.list.filter((row) => !row.over).length;
  }

  // Files that were on their way when the page was left: the browser needs them to be chosen once more.
  async remember() {
    const earlier = await uploads.findAllUploads();
    for (const one of earlier.filter(({ metadata }) => metadata?.resource === this.dataset.resource)) {
      const row = element("li", { className: "file muted" },
        element("span", { textContent: _("“{name}”（{size}）上次没有传完。再选一次这个文件，就从断开的地方接着传。", { name: one.metadata.filename, size: size(one.size) }) }));
      row.dataset.earlier = one.metadata.filename;
      this.rows.append(row);
    }
  }

  take(files) {
    const [most, left] = [Number(this.dataset.max), Number(this.dataset.left)];
    for (const file of files) {
      for (const row of this.rows.querySelectorAll("[data-earlier]")) if (row.dataset.earlier === file.name) row.remove();
      const row = new Row(file, this);
      this.rows.append(row.node);
      if (file.size > most) row.refused(_("这个文件有 {size}，超过单个文件的上限 {most}。", { size: size(file.size), most: size(most) }));
      else if (file.size > left) row.refused(_("这个文件有 {size}，本校只剩 {left}。", { size: size(file.size), left: size(left) }));
      else this.list.push(row);
    }
    this.next();
  }

  next() {
    this.list = this.list.filter((row) => !row.over);
    if (!this.list.length) document.dispatchEvent(new Event("tongke:uploaded"));
    const free = AT_ONCE - this.list.filter((row) => row.running).length;
    for (const row of this.list.filter((row) => !row.running && !row.begun).slice(0, Math.max(0, free))) {
      row.begun = true;
      row.start();
    }
  }

  // Add a finished upload to the draft, once, however often it is tried. Returns why it was `refused`, and the name of
  // the attachment that has the `same` bytes, where there is one.
  async attach(id, name, showsChildren = "unasked") {
    const answer = await fetch(`/api/v1/resources/${this.dataset.resource}/files`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, "Idempotency-Key": `attach-${id}` },
      body: JSON.stringify({ upload_id: id, name, shows_children: showsChildren }),
    });
    if (!answer.ok) return { refused: await refusal(answer) };
    const file = await answer.json();
    await this.refresh();
    this.watch();
    return file.existing ? { same: file.name } : {};
  }

  // The list is the server's. An item whose state has not changed, or in which something is being answered, stays.
  async refresh() {
    const turn = this.asked = (this.asked ?? 0) + 1;
    const answer = await fetch(location.pathname);
    if (!answer.ok) return;
    const text = await answer.text();
    if (turn < (this.shown ?? 0)) return;  // overtaken: what was asked later is shown already
    this.shown = turn;
    const page = new DOMParser().parseFromString(text, "text/html");
    this.guess(page);
    const missing = document.querySelector("[data-missing]");
    if (missing) missing.replaceWith(page.querySelector("[data-missing]") ?? "");
    const fresh = page.querySelector("#files ul.files");
    const list = document.querySelector("#files ul.files");
    const known = new Map([...list.children].map((item) => [item.dataset.file, item]));
    const items = [...fresh.children].map((item) => this.kept(known.get(item.dataset.file), item));
    for (const item of [...list.children]) if (!items.includes(item)) item.remove();
    items.forEach((item, n) => {  // what is in its place is not touched: it may have the focus
      if (list.children[n] !== item) list.insertBefore(item, list.children[n] ?? null);
    });
  }

  kept(item, fresh) {
    if (!item || item.dataset.state === fresh.dataset.state) return item ?? fresh;
    if (!item.querySelector("form[data-unsaved]") && !item.contains(document.activeElement)) return fresh;
    item.dataset.state = fresh.dataset.state;
    item.querySelector(".file-head > .muted").replaceWith(fresh.querySelector(".file-head > .muted"));
    return item;
  }

  // What the server makes of the new file's name, where nothing is chosen yet.
  guess(page) {
    for (const guess of page.querySelectorAll(".field.guessed")) {
      const here = document.getElementById(guess.querySelector("[name]").id);
      if (!here || here.value) continue;
      here.closest(".field").replaceWith(guess);
      document.querySelector("#guessed").hidden = false;
    }
  }

  // The server tells as files are read; where that line breaks, the page looks again by itself, ever more slowly.
  watch() {
    if (this.source || !document.querySelector("#files [data-state=pending], #files [data-state=processing]")) return;
    this.source = new EventSource(`/resources/${this.dataset.resource}/progress.events`);
    const told = document.querySelector("[data-reading]");
    this.source.onmessage = ({ data }) => {
      const { ready, failed, waiting } = JSON.parse(data);
      told.textContent = waiting ? _("正在提取文字和预览：{done} / {all}", { done: ready + failed, all: ready + failed + waiting }) : "";
      this.refresh().catch(() => undefined);  // offline for a moment: the next event refreshes it
      this.pause = 1000;
      if (!waiting) this.rest();  // what is converted after that is shown on the resource's page
    };
    this.source.addEventListener("done", () => this.rest());
    this.source.onerror = () => {
      this.rest();
      this.pause = Math.min(30000, 2 * (this.pause ?? 1000));
      setTimeout(() => this.watch(), this.pause);
    };
  }

  rest() {
    this.source.close();
    this.source = undefined;
  }
}
customElements.define("tongke-upload", TongkeUpload);
