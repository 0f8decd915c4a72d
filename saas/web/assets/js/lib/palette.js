// The search palette: ⌘K or Ctrl-K, arrows, Enter. The server finds; this moves through what it found.
import { htmx } from "./requests.js";
import { $, $$, on } from "./page.js";

export function startPalette() {
  const palette = $("#palette");
  if (!palette) return;
  const input = $("#palette-input", palette);
  const open = () => {
    if ($("#rail")?.matches(":popover-open")) $("#rail").hidePopover();
    if (!palette.open) palette.showModal();
    input.select();
    htmx.trigger(input, "palette-open");
  };
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k" && !event.shiftKey) {
      event.preventDefault();
      palette.open ? palette.close() : open();
    }
  });
  on("click", "[data-palette-open]", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  input.addEventListener("keydown", (event) => {
    const items = $$(".palette-item", palette);
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      select(items, (at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length, input);
    } else if (event.key === "Enter" && items[at]) {
      event.preventDefault();
      items[at].click();
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "palette-results") select($$(".palette-item", palette), 0, input);
  });
}

function select(items, index, input) {
  items.forEach((item, i) => item.setAttribute("aria-selected", String(i === index)));
  const chosen = items[index];
  chosen ? input.setAttribute("aria-activedescendant", chosen.id) : input.removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
}
