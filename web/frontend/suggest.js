// Completions under the search box (WAI-ARIA 1.2, combobox with a list): arrows choose, Enter searches, Escape closes.
import { element } from "./common.js";

const PAUSE = 150;  // ms after the last key

class TongkeSuggest extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.list = element("ul", { className: "suggestions", id: "suggestions", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.append(this.list);
    const attributes = {
      role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false",
      "aria-controls": "suggestions",
    };
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.closest("form").addEventListener("submit", () => this.close());
    this.input.addEventListener("blur", () => this.close());  // a press on the list leaves the focus here
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const words = this.input.value.trim();
    if (!words) {
      this.close();
      return;
    }
    this.asked?.abort();
    this.asked = new AbortController();
    const found = await fetch(`/api/v1/suggest?q=${encodeURIComponent(words)}`, { signal: this.asked.signal })
      .then((answer) => (answer.ok ? answer.json() : null))
      .catch(() => null);  // asked again meanwhile, or closed, or no line: nothing is suggested
    if (found) this.show(found.items);
  }

  show(items) {
    this.at = -1;
    this.list.replaceChildren(...items.map((item, n) => {
      const made = element("li", { id: `suggestion-${n}`, textContent: item.text });
      made.setAttribute("role", "option");
      made.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.take(made);
      });
      return made;
    }));
    this.list.hidden = items.length === 0;
    this.input.setAttribute("aria-expanded", String(items.length > 0));
  }

  key(event) {
    const options = [...this.list.children];
    if (event.key === "Escape") {
      if (!this.list.hidden) event.preventDefault();  // a second one empties the field, as browsers do
      this.close();
    }
    if (event.isComposing || this.list.hidden || !options.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : options.length)) % options.length;
      options.forEach((option, n) => option.setAttribute("aria-selected", String(n === this.at)));
      this.input.setAttribute("aria-activedescendant", options[this.at].id);
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      this.take(options[this.at]);
    }
  }

  take(option) {
    this.input.value = option.textContent;
    this.close();
    this.closest("form").requestSubmit();
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.list.hidden = true;
    this.at = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
customElements.define("tongke-suggest", TongkeSuggest);
