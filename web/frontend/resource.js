// A resource's page: a citation to copy, and a recording's words that lead to their moment.
import { element } from "./common.js";
import { _ } from "./texts.js";

class TongkeCopy extends HTMLElement {
  connectedCallback() {
    const [button, says, text] = ["copy", "says", "copied"].map((name) => this.querySelector(`[data-${name}]`));
    button.hidden = false;
    button.addEventListener("click", async () => {
      says.textContent = (await this.copy(text)) ? _("已复制") : _("没有复制成功，文字已选中，请按 Ctrl+C");
    });
  }

  // The clipboard is only for https; a school's own server may be without.
  async copy(node) {
    getSelection().selectAllChildren(node);
    try {
      await navigator.clipboard.writeText(node.textContent);
      return true;
    } catch {
      return document.execCommand("copy");
    }
  }
}
customElements.define("tongke-copy", TongkeCopy);

class TongkeTranscript extends HTMLElement {
  connectedCallback() {
    this.player = document.getElementById(this.dataset.for);
    this.lines = [...this.querySelectorAll(".cues li")];
    for (const clock of this.querySelectorAll("[data-at]")) {
      const jump = element("button", { type: "button", className: "link clock", textContent: clock.textContent });
      jump.dataset.at = clock.dataset.at;
      clock.replaceWith(jump);
    }
    this.times = this.lines.map((line) => Number(line.querySelector("[data-at]").dataset.at));
    this.addEventListener("click", (event) => this.jump(event.target.closest("button[data-at]")));
    this.player.addEventListener("timeupdate", () => this.mark());
    this.querySelector("[data-script]").hidden = false;
    this.query = this.querySelector("[data-query]");
    this.query.addEventListener("input", () => this.find(this.query.value.trim().toLowerCase()));
  }

  jump(button) {
    if (!button) return;
    this.player.currentTime = Number(button.dataset.at);
    this.player.play().catch(() => undefined);  // a browser may want a press on the player itself
  }

  // The line that is being said.
  mark() {
    const now = this.times.filter((time) => time <= this.player.currentTime + 0.05).length - 1;
    if (now === this.now) return;
    this.lines[this.now]?.removeAttribute("aria-current");
    this.lines[now]?.setAttribute("aria-current", "true");
    this.now = now;
  }

  find(query) {
    let found = 0;
    for (const line of this.lines) {
      line.hidden = !line.textContent.toLowerCase().includes(query);
      found += line.hidden ? 0 : 1;
    }
    this.querySelector("[data-hits]").textContent = query ? _("{n} 句", { n: found }) : "";
  }
}
customElements.define("tongke-transcript", TongkeTranscript);

// The film for a slow line takes the place of the other in the player, at the same moment.
class TongkeQuality extends HTMLElement {
  connectedCallback() {
    const [player, link] = [document.getElementById(this.dataset.for), this.querySelector("[data-link]")];
    const words = { [this.dataset.small]: link.textContent, [this.dataset.good]: _("清晰版") };
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const [chosen, at, playing] = [link.getAttribute("href"), player.currentTime, !player.paused];
      const other = chosen === this.dataset.small ? this.dataset.good : this.dataset.small;
      player.src = chosen;
      player.currentTime = at;
      if (playing) player.play().catch(() => undefined);  // a browser may want a press on the player itself
      link.setAttribute("href", other);
      link.textContent = words[other];
    });
  }
}
customElements.define("tongke-quality", TongkeQuality);
