// Lists whose order can be changed (data-sortable): by dragging, or Space and arrows. The library loads only where one is.
import { $$, on } from "./page.js";

export async function enhanceSortables(root) {
  const lists = $$("[data-sortable]:not([data-ready])", root);
  if (!lists.length) return;
  const { default: Sortable } = await import("sortablejs/modular/sortable.core.esm.js");
  for (const list of lists) {
    list.dataset.ready = "1";
    Sortable.create(list, {
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      handle: list.dataset.handle || undefined,
      group: list.dataset.group || undefined,
      onEnd: ({ item }) => item.dispatchEvent(new Event("sorted", { bubbles: true })),
    });
  }
}

on("keydown", "[data-sortable] > [tabindex]", (event, item) => {
  if (event.target !== item) return;
  const isHeld = item.getAttribute("aria-grabbed") === "true";
  if (event.key === " ") {
    item.setAttribute("aria-grabbed", String(!isHeld));
    if (isHeld) item.dispatchEvent(new Event("sorted", { bubbles: true }));
  } else if (isHeld && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.key === "ArrowUp" ? item.previousElementSibling?.before(item) : item.nextElementSibling?.after(item);
    item.focus();
  } else return;
  event.preventDefault();
});
