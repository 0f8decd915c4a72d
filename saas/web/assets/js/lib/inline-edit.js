// Editing one value in place: double click or F2 fetches the form, Enter saves, Esc gives the old value back.
import { htmx } from "./requests.js";
import { $, on } from "./page.js";

// The old content by the cell's id: a refused value comes back as a new cell of the same id, and Esc must still undo it.
const before = new Map();

export function startInlineEdit() {
  on("dblclick", "[data-inline-edit]", (event, cell) => !event.target.closest("a, button, form") && open(cell));
  on("inline-open", "[data-inline-edit]", (_event, cell) => open(cell));
  on("click", "[data-inline-open]", (event, link) => {
    event.preventDefault();
    open(link.closest("[data-inline-edit]"));
  });
  on("click", "[data-inline-cancel]", (event, button) => {
    const cell = button.closest("[data-inline-edit]");
    if (cell && before.has(cell.id)) {
      event.preventDefault();
      close(cell);
    }
  });
  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.("[data-inline-edit]");
    if (!cell) return;
    if (event.key === "F2") {
      event.preventDefault();
      open(cell);
    } else if (event.key === "Escape" && before.has(cell.id)) {
      event.preventDefault();
      event.stopPropagation();
      close(cell);
    }
  }, true);
  document.addEventListener("htmx:afterSwap", (event) => {
    const form = event.detail.elt.isConnected && $("[data-inline-form]", event.detail.elt);
    if (!form) return;
    const control = $("input:not([type=hidden]), select, textarea", form);
    control?.focus();
    control?.select?.();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const cell = event.detail.elt;
    if (!cell.matches?.("[data-inline-edit]") || $("[data-inline-form]", cell)) return;
    before.delete(cell.id);
    cell.focus({ preventScroll: true });
  });
}

function open(cell) {
  if (!cell || before.has(cell.id)) return;
  before.set(cell.id, [...cell.childNodes]);
  htmx.ajax("GET", cell.dataset.inlineEdit, { target: cell, swap: "innerHTML", source: cell });
}

function close(cell) {
  cell.replaceChildren(...before.get(cell.id));
  before.delete(cell.id);
  cell.focus({ preventScroll: true });
}

document.addEventListener("htmx:responseError", (event) => {
  const cell = event.detail.target;
  if (before.has(cell.id) && !$("[data-inline-form]", cell)) close(cell);
});
