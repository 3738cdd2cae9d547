// Pictures of the camera become one PDF before they go up: a page each, upright, as large as reading needs, and without
// what the camera wrote into them (the place too). On a slow line it is a tenth of the bytes.
import { element, picker } from "./common.js";
import { pdf } from "./pdf-of-pictures.js";
import { _ } from "./texts.js";

const SIDE = 1800, SMALL = 160;  // px of the longer side: to read a sheet of A4, to know a picture again
const QUALITY = 0.82;

// The picture on a canvas, as the camera was held.
async function drawn(file, side) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = element("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";  // JPEG has no transparency
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas;
}

async function page(file) {
  const canvas = await drawn(file, SIDE);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return { bytes: new Uint8Array(await blob.arrayBuffer()), width: canvas.width, height: canvas.height };
}

class TongkePhotos extends HTMLElement {
  connectedCallback() {
    [this.pages, this.says, this.form] = ["pages", "says", "join"].map((name) => this.querySelector(`[data-${name}]`));
    this.closest("[hidden]").hidden = false;
    picker(this.querySelector("input[type=file]")).addEventListener("change", async ({ target }) => {
      const files = [...target.files];
      target.value = "";
      for (const file of files) await this.add(file);
    });
    this.pages.addEventListener("click", ({ target }) => this.press(target.closest("button")));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.join();
    });
  }

  async add(file) {
    const small = await drawn(file, SMALL).catch(() => null);
    if (!small) {
      this.says.textContent = _("“{name}”打不开，请换成 JPG 或 PNG 图片。", { name: file.name });
      return;
    }
    small.setAttribute("aria-hidden", "true");
    const row = element("li", { className: "row" }, small, element("span", { className: "grow", textContent: file.name }),
      ...[["up", _("上移")], ["down", _("下移")], ["out", _("移除")]].map(([act, words]) => {
        const button = element("button", { type: "button", className: "button quiet small", textContent: words });
        button.dataset.act = act;
        button.setAttribute("aria-label", `${words} ${file.name}`);
        return button;
      }));
    row.file = file;
    this.pages.append(row);
    this.count();
  }

  press(button) {
    if (!button) return;
    const row = button.closest("li");
    if (button.dataset.act === "up") row.previousElementSibling?.before(row);
    if (button.dataset.act === "down") row.nextElementSibling?.after(row);
    if (button.dataset.act === "out") row.remove();
    else button.focus();
    this.count();
  }

  count() {
    const number = this.pages.children.length;
    this.form.hidden = !number;
    this.says.textContent = number ? _("共 {n} 页", { n: number }) : "";
  }

  async join() {
    const rows = [...this.pages.children];
    const button = this.form.querySelector("button");
    button.disabled = true;
    try {
      const pages = [];
      for (const row of rows) {  // one after the other: an old phone has little memory
        this.says.textContent = _("正在合成第 {n} 页，共 {all} 页", { n: pages.length + 1, all: rows.length });
        pages.push(await page(row.file));
      }
      const name = this.form.elements.name.value.trim() || _("照片");
      const made = new File(pdf(pages), `${name}.pdf`, { type: "application/pdf" });
      made.showsChildren = this.form.elements.shows_children.value;
      document.querySelector("tongke-upload").take([made]);
      this.pages.replaceChildren();
      this.count();
    } catch {
      this.says.textContent = _("没有合成。可能是照片太多，请分成两次。");
    } finally {
      button.disabled = false;
    }
  }
}
customElements.define("tongke-photos", TongkePhotos);
