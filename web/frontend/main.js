// What makes the pages quicker; each works without it, but for resumable uploads.
import { Upload } from "tus-js-client";

const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";
const UNITS = [[1024 ** 3, "GB"], [1024 ** 2, "MB"], [1024, "KB"]];

function size(bytes) {
  const unit = UNITS.find(([least]) => bytes >= least);
  return unit ? `${(bytes / unit[0]).toFixed(1)} ${unit[1]}` : `${bytes} 字节`;
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

async function refusal(answer) {
  const problem = await answer.json().catch(() => null);
  return problem?.detail ?? `没有成功(${answer.status}),请重试。`;
}

// One file on its way: progress, speed, pause, retry; then attached to the draft.
class Row {
  constructor(file, resource, done) {
    Object.assign(this, { file, resource, done });
    this.bar = element("progress", { max: 1, value: 0, ariaLabel: `${file.name} 的上传进度` });
    this.words = element("span", { className: "muted" });
    this.words.setAttribute("role", "status");
    this.button = element("button", { type: "button", className: "button quiet small", textContent: "暂停" });
    this.button.addEventListener("click", () => this.toggle());
    this.node = element("li", { className: "file" },
      element("div", { className: "file-head" }, element("span", { textContent: file.name }), this.words, this.button), this.bar);
    this.running = false;
    this.upload = new Upload(file, {
      endpoint: "/api/v1/uploads",
      chunkSize: 64 * 1024 * 1024,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000, 30000],
      headers: { "X-CSRF-Token": csrf },
      metadata: { filename: file.name, filetype: file.type },
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        return status === 0 || status === 409 || status === 423 || status >= 500;
      },
      onProgress: (sent, total) => this.progress(sent, total),
      onError: (error) => this.failed(this.reason(error)),
      onSuccess: () => this.attach(),
    });
  }

  reason(error) {
    try {
      return JSON.parse(error.originalResponse.getBody()).detail;
    } catch {
      return "网络中断了，已上传的部分都在，点“继续”接着传。";
    }
  }

  async start() {
    const earlier = await this.upload.findPreviousUploads();
    if (earlier.length) this.upload.resumeFromPreviousUpload(earlier[0]);
    this.resume();
  }

  resume() {
    this.running = true;
    this.began = Date.now();
    this.first = undefined;
    this.button.textContent = "暂停";
    this.upload.start();
  }

  toggle() {
    if (!this.running) {
      this.resume();
      return;
    }
    this.running = false;
    this.upload.abort();
    this.button.textContent = "继续";
    this.words.textContent = "已暂停";
  }

  progress(sent, total) {
    this.first ??= sent;
    const speed = (sent - this.first) / Math.max(0.5, (Date.now() - this.began) / 1000);
    this.bar.value = total ? sent / total : 1;
    this.words.textContent = `${size(sent)} / ${size(total)}${speed > 0 ? ` · 每秒 ${size(speed)}` : ""}`;
  }

  failed(words) {
    this.running = false;
    this.button.textContent = "继续";
    this.words.textContent = words;
  }

  async attach() {
    const answer = await fetch(`/api/v1/resources/${this.resource}/files`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify({ upload_id: this.upload.url.split("/").pop(), name: this.file.name }),
    });
    if (!answer.ok) {
      this.failed(await refusal(answer));
      return;
    }
    this.button.remove();
    this.bar.value = 1;
    this.words.textContent = "已添加";
    this.done();
  }
}

class TongkeUpload extends HTMLElement {
  connectedCallback() {
    this.rows = this.querySelector("[data-rows]");
    this.open = 0;
    this.querySelector("input[type=file]").addEventListener("change", (event) => {
      this.take(event.target.files);
      event.target.value = "";
    });
    for (const name of ["dragover", "dragleave", "drop"]) {
      this.addEventListener(name, (event) => {
        event.preventDefault();
        this.classList.toggle("over", name === "dragover");
        if (name === "drop") this.take(event.dataTransfer.files);
      });
    }
  }

  take(files) {
    const most = Number(this.dataset.max);
    for (const file of files) {
      const row = new Row(file, this.dataset.resource, () => this.finished());
      this.rows.append(row.node);
      if (most && file.size > most) {
        row.failed(`这个文件有 ${size(file.size)},超过单个文件的上限 ${size(most)}。`);
        row.button.remove();
        continue;
      }
      this.open += 1;
      row.start();
    }
  }

  // The list below is the server's; it is fetched again once nothing is on its way.
  async finished() {
    this.open -= 1;
    if (this.open > 0) return;
    const answer = await fetch(location.href);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const list = fresh.querySelector("#files ul.files");
    const etag = fresh.querySelector("input[name=etag]");
    if (list) document.querySelector("#files ul.files").replaceWith(list);
    if (etag) document.querySelector("input[name=etag]").value = etag.value;
    this.rows.replaceChildren();
  }
}
customElements.define("tongke-upload", TongkeUpload);

// Leaving with changes that are not saved asks first.
for (const form of document.querySelectorAll("form[data-guard]")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

document.querySelector(".error-summary")?.focus();
