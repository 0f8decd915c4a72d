// Nothing typed is lost: forms marked data-draft are kept in this tab's sessionStorage by address, until saved.
// A draft survives leaving the page, a reload and a sign-in that expired; a saved one is dropped.
import { $, $$, on, onContent, text } from "./page.js";

const PREFIX = "draft:";
let isLeaving = false;

const keyOf = (form) => `${PREFIX}${location.pathname}${location.search}#${form.getAttribute("id") || form.getAttribute("action")}`;
const isKept = (field) =>
  field.name && !field.disabled && !["hidden", "password", "file", "submit", "button"].includes(field.type) && field.name !== "csrf_token" && !field.closest("[data-no-draft]");

function valuesOf(form) {
  const values = {};
  for (const field of form.elements) {
    if (!isKept(field)) continue;
    const value = field.type === "checkbox" || field.type === "radio" ? (field.checked ? field.value : null) : field.value;
    (values[field.name] ??= []).push(value);
  }
  return values;
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, draft) {
  try {
    sessionStorage.setItem(key, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

const drop = (key) => sessionStorage.removeItem(key);
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function fill(form, values) {
  for (const [name, wanted] of Object.entries(values)) {
    const fields = [...form.elements].filter((field) => field.name === name && isKept(field));
    const missing = wanted.length - fields.length;
    const adder = missing > 0 && fields[0]?.closest("[data-multi]")?.querySelector("[data-multi-add]");
    for (let i = 0; adder && i < missing; i++) adder.click();
    const all = [...form.elements].filter((field) => field.name === name && isKept(field));
    all.forEach((field, i) => {
      if (wanted[i] === undefined) return;
      if (field.type === "checkbox" || field.type === "radio") field.checked = wanted[i] !== null;
      else field.value = wanted[i] ?? "";
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

function showNote(form, key) {
  $(".draft-note", form)?.remove();
  const note = document.createElement("p");
  note.className = "draft-note";
  note.setAttribute("role", "status");
  const discard = document.createElement("button");
  discard.type = "button";
  discard.className = "link";
  discard.textContent = text("Discard");
  discard.addEventListener("click", () => {
    drop(key);
    form.reset();
    $$("[data-tags]", form).forEach((box) => box.dispatchEvent(new Event("tags-reset")));
    note.remove();
    delete form.dataset.dirty;
  });
  note.append(text("Draft"), " ", discard);
  form.prepend(note);
}

function take(form) {
  const key = keyOf(form);
  const base = valuesOf(form);
  form.draftBase = base;
  const draft = read(key);
  if (!draft) return;
  const hasErrors = $('[aria-invalid="true"], [role="alert"]', form.parentElement) !== null;
  const cameBack = ["back_forward", "reload"].includes(performance.getEntriesByType("navigation")[0]?.type);
  if (hasErrors || isSame(draft.values, base) || (draft.sent && !draft.kept && !cameBack)) return hasErrors ? undefined : drop(key);
  write(key, { values: draft.values });
  fill(form, draft.values);
  form.dataset.dirty = "1";
  showNote(form, key);
}

/** On a page that is neither sign-in nor an error, a draft that was sent and is not shown again has been saved. */
function settleSent() {
  const keep = document.body.matches("[data-signed-out], [data-error]");
  for (const key of Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX))) {
    const draft = read(key);
    if (!draft?.sent) continue;
    if (keep) write(key, { ...draft, kept: true });
    else if (!draft.kept && !key.startsWith(`${PREFIX}${location.pathname}${location.search}#`)) drop(key);
  }
}

export function startDrafts() {
  settleSent();
  onContent((root) => {
    const forms = root.matches?.("form[data-draft]") ? [root] : $$("form[data-draft]", root);
    forms.filter((form) => !form.draftBase).forEach(take);
  });
  const note = (event, form) => {
    if (!event.isTrusted && event.type === "change") return;
    const values = valuesOf(form);
    if (form.draftBase && isSame(values, form.draftBase)) {
      drop(keyOf(form));
      delete form.dataset.dirty;
    } else if (write(keyOf(form), { values })) form.dataset.dirty = "1";
  };
  on("input", "form[data-draft]", note);
  on("change", "form[data-draft]", note);
  on("submit", "form[data-draft]", (_event, form) => {
    isLeaving = true;
    const draft = read(keyOf(form));
    if (draft) write(keyOf(form), { ...draft, sent: true, kept: false });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    // Not detail.elt: an answer that closed the sheet has taken the form out of the page.
    const form = event.detail.requestConfig.elt.closest?.("form[data-draft]");
    isLeaving = false;
    if (!form || event.detail.requestConfig.verb === "get") return;
    if (event.detail.xhr.status === 401) write(keyOf(form), { ...read(keyOf(form)), sent: true, kept: true });
    else if (event.detail.successful && event.detail.xhr.status < 300) drop(keyOf(form));
  });
  on("click", "a[href]", () => {
    isLeaving = true;
    setTimeout(() => (isLeaving = false), 1000);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && $("form[data-dirty]")) event.preventDefault();
  });
}
