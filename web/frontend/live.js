// Results change as they are refined; the address, the focus and what a screen reader hears go along.
import "./htmx-config.js";
import htmx from "htmx.org";

// A link inside the facets is replaced together with them: the one of the same address keeps the focus.
let focused;
document.addEventListener("htmx:beforeSwap", () => {
  const at = document.activeElement;
  focused = at?.dataset?.key;
});
document.addEventListener("htmx:afterSettle", () => {
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
});
document.addEventListener("htmx:responseError", () => location.reload());
htmx.process(document.body);
