// Several files, a draft each: what they share is filled in together afterwards.
import { csrf, element, refusal, size } from "./common.js";
import { AT_ONCE, Row } from "./upload.js";
import { _ } from "./texts.js";

const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
const post = (address, once, sent) =>
  fetch(address, { method: "POST", headers: { ...headers, "Idempotency-Key": once }, body: JSON.stringify(sent) });

// A `Row` asks it for a connection, and to keep what was uploaded.
export class Batch {
  constructor(start, kind) {
    Object.assign(this, { kind, made: [], list: [], dataset: { resource: "" } });
    this.most = Number(start.dataset.max);
    this.rows = element("ul", { className: "plain" });
    start.replaceChildren(element("h2", { textContent: _("正在上传，每个文件各建一份") }), this.rows);
    addEventListener("beforeunload", this.guard = (event) => event.preventDefault());
  }

  take(files) {
    for (const file of files) {
      const row = new Row(file, this);
      this.rows.append(row.node);
      if (file.size > this.most) row.refused(_("这个文件有 {size}，超过单个文件的上限 {most}。", { size: size(file.size), most: size(this.most) }));
      else this.list.push(row);
    }
    this.next();
  }

  next() {
    this.list = this.list.filter((row) => !row.over);
    if (!this.list.length) this.finish();
    const free = AT_ONCE - this.list.filter((row) => row.running).length;
    for (const row of this.list.filter((row) => !row.running && !row.begun).slice(0, Math.max(0, free))) {
      row.begun = true;
      row.start();
    }
  }

  // The draft of a file is made once, however often adding the file to it is tried.
  async attach(id, name) {
    this.drafts ??= new Map();
    if (!this.drafts.has(id)) {
      const answer = await post("/api/v1/resources", `draft-${id}`, { kind: this.kind, title: name.replace(/\.[^.]+$/, "").slice(0, 200) });
      if (!answer.ok) return { refused: await refusal(answer) };
      this.drafts.set(id, (await answer.json()).id);
    }
    const answer = await post(`/api/v1/resources/${this.drafts.get(id)}/files`, `attach-${id}`, { upload_id: id, name });
    if (!answer.ok) return { refused: await refusal(answer) };
    this.made.push(this.drafts.get(id));
    return {};
  }

  finish() {
    removeEventListener("beforeunload", this.guard);
    if (!this.made.length) return;
    const field = (name, value) => element("input", { type: "hidden", name, value });
    const form = element("form", { method: "post", action: "/my/bulk" }, field("csrf", csrf), field("step", "fields"),
      ...this.made.map((id) => field("id", id)));
    document.body.append(form);
    form.submit();
  }
}
