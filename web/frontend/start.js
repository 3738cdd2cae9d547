// A new resource that begins with its files: the draft is made, its page takes this one's place, the files go up.
import { csrf, picker, refusal, wechat } from "./common.js";
import { _ } from "./texts.js";

class TongkeStart extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.told = this.querySelector("[data-told]");
    this.querySelector("[data-each]").closest("p").hidden = wechat;
    picker(this.querySelector("input[type=file]")).addEventListener("change", (event) => this.begin([...event.target.files]));
    this.stop = new AbortController();
    for (const name of ["dragover", "dragleave", "drop"]) {
      document.addEventListener(name, (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        this.classList.toggle("over", name === "dragover");
        if (name === "drop") this.begin([...event.dataTransfer.files]);
      }, { signal: this.stop.signal });
    }
  }

  async begin(files) {
    if (!files.length || this.busy) return;
    this.busy = true;
    const kind = document.querySelector("input[name=kind]:checked")?.value ?? "lesson_case";
    if (files.length > 1 && this.querySelector("[data-each]").checked) {
      this.stop.abort();
      const { Batch } = await import("./batch.js");
      document.querySelector("form[action='/resources/new']").remove();
      new Batch(this, kind).take(files);
      return;
    }
    const named = files.find((file) => file.name.includes("《")) ?? files[0];  // the lesson's own, rather than its work sheet
    const title = document.querySelector("#title")?.value.trim() || named.name.replace(/\.[^.]+$/, "").slice(0, 200);
    const answer = await fetch("/api/v1/resources", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify({ kind, title }),
    }).catch(() => null);
    if (!answer?.ok) {
      this.told.textContent = answer ? await refusal(answer) : _("网络断了，还没有开始。请重试。");
      this.busy = false;
      return;
    }
    const address = `/resources/${(await answer.json()).id}/edit`;
    const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
    this.stop.abort();
    await Promise.all([import("./upload.js"), import("./photos.js")]);
    document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
    document.title = page.title;
    history.pushState(null, "", address);
    addEventListener("popstate", () => location.reload(), { once: true });
    const { begin } = await import("./edit.js");
    begin();
    document.querySelector("tongke-upload").take(files);
  }
}
customElements.define("tongke-start", TongkeStart);
