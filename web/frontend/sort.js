// Tables that sort: a press on a column's head orders the rows of this page by it, once more turns them round
// (WAI-ARIA Authoring Practices, sortable table). Lists that come by pages are sorted by the server instead.
import { element } from "./common.js";

const MANY = 8;  // rows of a narrow table (styles/parts.css) from which sorting them is worth its buttons
const UNITS = { 字节: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
const DAY = /^(\d{4})年(\d{1,2})月(?:(\d{1,2})日(?: (\d{2}):(\d{2}))?)?/, NUMBER = /^(-?[\d,.]+)\s*(字节|[KMGT]B)?/;
const order = new Intl.Collator("zh-CN", { numeric: true });

// What a cell says, as something to compare: a day, a number or a size, else its words.
function value(cell) {
  const words = cell?.textContent.trim() ?? "";
  const day = DAY.exec(words);
  if (day) return Date.UTC(day[1], day[2] - 1, day[3] ?? 1, day[4] ?? 0, day[5] ?? 0);
  const number = NUMBER.exec(words);
  return number ? Number(number[1].replaceAll(",", "")) * (UNITS[number[2]] ?? 1) : words;
}

function compared(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : order.compare(a, b);
}

function sort(table, column, head) {
  const ascending = head.getAttribute("aria-sort") !== "ascending";
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const [body] = table.tBodies;
  const rows = [...body.rows].map((row) => [value(row.cells[column]), row]);
  rows.sort(([a], [b]) => (ascending ? compared(a, b) : compared(b, a)));
  body.append(...rows.map(([, row]) => row));
}

export function begin(main) {
  for (const table of main.querySelectorAll("table[data-sortable]")) {
    if (table.tBodies[0].rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.hasAttribute("data-unsorted")) return;
      const button = element("button", { type: "button", className: "link head" }, ...head.childNodes);
      head.append(button);
      if (table.tBodies[0].rows.length >= MANY) head.classList.add("by");
      button.addEventListener("click", () => sort(table, column, head));
    });
  }
}
