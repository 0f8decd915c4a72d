// Fields with a little more: several lines, tags, dates, file drop, showing a password, copying.
import { $, $$, on, text } from "./page.js";

export function startFields() {
  on("click", "[data-multi-add]", (_event, button) => addLine(button.closest("[data-multi]")).focus());
  on("click", "[data-multi-remove]", (_event, button) => removeLine(button.closest("[data-multi-line]")));
  on("click", "[data-reveal]", (_event, button) => {
    const field = document.getElementById(button.dataset.reveal);
    const isShown = field.type === "text";
    field.type = isShown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!isShown));
  });
  on("click", "[data-copy]", async (_event, button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const label = button.getAttribute("aria-label");
    button.classList.add("is-copied");
    button.setAttribute("aria-label", button.dataset.copied);
    setTimeout(() => {
      button.classList.remove("is-copied");
      button.setAttribute("aria-label", label);
    }, 1500);
  });
  on("click", "[data-date-open]", (_event, button) => $("[data-date-picker]", button.parentElement).showPicker());
  on("change", "[data-date-picker]", (_event, picker) => {
    const field = $(".input", picker.parentElement);
    field.value = picker.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  on("change", "[data-file-drop] input[type=file]", (_event, input) => showFile(input));
  for (const type of ["dragover", "dragleave", "drop"]) {
    on(type, "[data-file-drop]", (_event, box) => box.classList.toggle("is-over", type === "dragover"));
  }
}

export function enhanceFields(root) {
  $$("[data-tags]:not(.is-live)", root).forEach(makeTags);
}

function addLine(group) {
  const lines = $$("[data-multi-line]", group);
  const line = lines.at(-1).cloneNode(true);
  line.classList.remove("field-invalid");
  $$(".field-error", line).forEach((error) => error.remove());
  const field = $(".input", line);
  field.id = `${field.id.replace(/-\d+$/, "")}-${lines.length + 1}`;
  field.value = "";
  ["aria-invalid", "aria-describedby"].forEach((name) => field.removeAttribute(name));
  field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\d+$/, String(lines.length + 1)));
  field.classList.remove("input-error");
  lines.at(-1).after(line);
  return field;
}

function removeLine(line) {
  const group = line.closest("[data-multi]");
  const field = $(".input", line);
  if ($$("[data-multi-line]", group).length > 1) line.remove();
  else field.value = "";
  $(".input", group).dispatchEvent(new Event("input", { bubbles: true }));
}

function showFile(input) {
  const box = input.closest("[data-file-drop]");
  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  // A file that the server would refuse after minutes is refused at once.
  if ([...input.files].some((file) => file.size > Number(input.dataset.maxBytes ?? Infinity))) {
    input.value = "";
    $("[data-file-name]", box).textContent = input.dataset.textTooLarge;
  }
  box.classList.toggle("has-file", input.files.length > 0);
  if (input.files.length) $("[data-file-name]", box).textContent = [...input.files].map((file) => `${file.name} · ${size(file.size)}`).join(", ");
}

/** Words as chips; the plain comma-separated input stays the one that is sent. */
function makeTags(box) {
  const plain = $("input", box);
  const entry = document.createElement("input");
  entry.className = "tags-entry";
  entry.setAttribute("list", plain.getAttribute("list"));
  plain.removeAttribute("list");
  const label = document.querySelector(`label[for="${plain.id}"]`);
  entry.id = `${plain.id}-entry`;
  label?.setAttribute("for", entry.id);
  plain.type = "hidden";
  box.classList.add("is-live");
  box.append(entry);
  const words = () => plain.value.split(/[,，]/).map((word) => word.trim()).filter(Boolean);
  const draw = () => {
    $$(".chip", box).forEach((chip) => chip.remove());
    for (const word of words()) {
      const chip = document.createElement("span");
      chip.className = "chip chip-neutral";
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "chip-remove";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `${text("Remove")} ${word}`);
      remove.addEventListener("click", () => set(words().filter((other) => other !== word)));
      chip.append(word, " ", remove);
      entry.before(chip);
    }
  };
  const set = (list) => {
    plain.value = [...new Set(list)].join(", ");
    draw();
    plain.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const takeTyped = () => {
    if (entry.value.trim()) set([...words(), ...entry.value.split(/[,，]/).map((word) => word.trim()).filter(Boolean)]);
    entry.value = "";
  };
  entry.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if ((event.key === "Enter" && entry.value.trim()) || event.key === "," || event.key === "，") {
      event.preventDefault();
      takeTyped();
    } else if (event.key === "Backspace" && !entry.value) set(words().slice(0, -1));
  });
  entry.addEventListener("blur", takeTyped);
  box.addEventListener("tags-reset", draw);
  draw();
}
