// Choosing several of a list: all at once, and how many they are.
import { _ } from "./texts.js";
class TongkeSeveral extends HTMLElement {
  connectedCallback() {
    this.boxes = [...this.querySelectorAll("input[name=id]")];
    this.all = this.querySelector("[data-all]");
    this.querySelector("[data-script]").hidden = false;
    this.all.addEventListener("change", () => {
      for (const box of this.boxes) box.checked = this.all.checked;
      this.count();
    });
    this.addEventListener("change", () => this.count());
    this.count();
  }

  count() {
    const chosen = this.boxes.filter((box) => box.checked).length;
    this.all.checked = chosen === this.boxes.length;
    this.all.indeterminate = chosen > 0 && chosen < this.boxes.length;
    this.querySelector("[data-count]").textContent = chosen ? _("已选 {n} 份：", { n: chosen }) : _("勾选几份，可以一起处理：");
    for (const button of this.querySelectorAll("button[name=step]")) button.disabled = !chosen;
  }
}
customElements.define("tongke-several", TongkeSeveral);
