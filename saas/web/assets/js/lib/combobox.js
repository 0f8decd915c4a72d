// Combobox: the server answers with options; this opens, moves, chooses.
import { htmx } from "./requests.js";
import { $, $$, on } from "./page.js";

export function startCombobox() {
  on("focusin", "[data-combobox] [role=combobox]", (_event, input) => input.select());
  on("input", "[data-combobox] [role=combobox]", (_event, input) => {
    $("[data-combobox-value]", boxOf(input)).value = "";
    setOpen(boxOf(input), true);
  });
  on("click", "[data-combobox-toggle]", (_event, button) => {
    const box = boxOf(button);
    const input = $("[role=combobox]", box);
    setOpen(box, !box.classList.contains("is-open"));
    input.focus();
    if (box.classList.contains("is-open")) htmx.trigger(input, "combobox-open");
  });
  on("mousedown", ".combobox-option", (event, option) => {
    event.preventDefault();
    choose(option);
  });
  on("focusout", "[data-combobox]", (event, box) => !box.contains(event.relatedTarget) && setOpen(box, false));
  on("keydown", "[data-combobox] [role=combobox]", handleKey);
}

const boxOf = (element) => element.closest("[data-combobox]");

function setOpen(box, isOpen) {
  box.classList.toggle("is-open", isOpen);
  $("[role=combobox]", box).setAttribute("aria-expanded", String(isOpen));
}

function handleKey(event, input) {
  const box = boxOf(input);
  const options = $$(".combobox-option", box);
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!box.classList.contains("is-open")) {
      setOpen(box, true);
      htmx.trigger(input, "combobox-open");
      return;
    }
    const next = (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length;
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === next)));
    options[next]?.scrollIntoView({ block: "nearest" });
    if (options[next]) input.setAttribute("aria-activedescendant", options[next].id);
  } else if (event.key === "Enter" && box.classList.contains("is-open") && options[at]) {
    event.preventDefault();
    choose(options[at]);
  } else if (event.key === "Escape" && box.classList.contains("is-open")) {
    event.preventDefault();
    event.stopPropagation();
    setOpen(box, false);
  }
}

function choose(option) {
  const box = boxOf(option);
  const input = $("[role=combobox]", box);
  input.value = option.dataset.label;
  $("[data-combobox-value]", box).value = option.dataset.value;
  setOpen(box, false);
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
