// Lists by keyboard (j k x Enter e / F2, and a key of each quick action), selection with ranges, and the bulk bar's count.
import { $, $$, isTyping, on, onContent } from "./page.js";

let lastChecked = null;

export function startLists() {
  document.addEventListener("keydown", handleKey);
  on("change", "[data-select-all]", (_event, box) => {
    for (const row of checksOf(box.dataset.selectAll)) row.checked = box.checked;
    count(box.dataset.selectAll);
  });
  on("click", ".row-check", (event, box) => {
    const all = checksOf(box.getAttribute("form"));
    if (event.shiftKey && lastChecked && all.includes(lastChecked)) {
      const [from, to] = [all.indexOf(lastChecked), all.indexOf(box)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((between) => (between.checked = box.checked));
    }
    lastChecked = box;
    count(box.getAttribute("form"));
  });
  on("reset", "[data-bulk]", (_event, form) => setTimeout(() => count(form.getAttribute("id"))));
  onContent(() => $$("[data-bulk]").forEach((form) => count(form.getAttribute("id"))));
}

const checksOf = (form) => $$(`.row-check[form="${form}"]`);

function count(form) {
  const all = checksOf(form);
  const chosen = all.filter((box) => box.checked).length;
  const bar = document.getElementById(form);
  const output = bar && $("[data-bulk-count]", bar);
  if (output) output.value = String(chosen);
  const head = $(`[data-select-all="${form}"]`);
  if (head) {
    head.checked = chosen > 0 && chosen === all.length;
    head.indeterminate = chosen > 0 && chosen < all.length;
  }
}

const rows = () => $$("[data-list] tr[data-row]").filter((row) => row.offsetParent !== null);
const current = () => $("[data-list] tr.is-current");

function moveTo(row) {
  if (!row) return;
  const before = current();
  before?.classList.remove("is-current");
  row.classList.add("is-current");
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function handleKey(event) {
  if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event) || event.defaultPrevented || $("dialog[open]")) return;
  if (event.key === "/") {
    const box = $("[data-list-filter]");
    if (box) {
      event.preventDefault();
      box.focus();
      box.select();
    }
    return;
  }
  const all = rows();
  if (!all.length) return;
  const row = event.target.closest?.("tr[data-row]") ?? current();
  const at = all.indexOf(row);
  const action = {
    j: () => moveTo(all[Math.min(at + 1, all.length - 1)]),
    k: () => moveTo(all[Math.max(at - 1, 0)]),
    x: () => row && $(".row-check", row)?.click(),
    Enter: () => event.target === row && $("[data-row-link], .cell-name a", row)?.click(),
    e: () => row && edit(row),
    F2: () => row && event.target === row && $("[data-inline-edit]", row)?.dispatchEvent(new Event("inline-open", { bubbles: true })),
    ArrowRight: () => row && moveCell(row, event, 1),
    ArrowLeft: () => row && moveCell(row, event, -1),
  }[event.key] ?? quick(row, event.key);
  if (!action || (event.key === "Enter" && event.target !== row)) return;
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") event.preventDefault();
  action();
}

/** The quick action of the row that has this key, if there is one. */
function quick(row, key) {
  const link = row && $$("[data-key]", row).find((each) => each.dataset.key === key);
  return link && (() => link.click());
}

function edit(row) {
  const link = $("[data-edit]", row);
  if (link) return link.click();
  const name = $("[data-row-link]", row);
  if (name) location.assign(`${name.getAttribute("href").replace(/\/$/, "")}/edit`);
}

function moveCell(row, event, step) {
  const cells = $$("[data-inline-edit]", row);
  const at = cells.indexOf(event.target.closest("[data-inline-edit]"));
  const next = cells[at + step] ?? (at < 0 ? cells[0] : null);
  if (next) {
    event.preventDefault();
    next.focus();
  }
}
