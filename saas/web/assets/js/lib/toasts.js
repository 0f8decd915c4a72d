// Toasts: 8 s, longer while the pointer or focus is on them; errors stay. Also from the HX-Trigger header `toast`.
import { $, $$, on } from "./page.js";

const SHOWN_MS = 8000;

/** Show a message: {message, tone, undo_action, undo_label, href, link_label}. */
export function showToast(said) {
  const region = $("#toasts");
  const template = $("#toast-template");
  if (!region || !template || !said?.message) return;
  const card = template.content.firstElementChild.cloneNode(true);
  const tone = said.tone ?? "success";
  card.classList.remove("toast-success");
  card.classList.add(`toast-${tone}`);
  if (tone === "error") {
    card.setAttribute("role", "alert");
    card.setAttribute("data-toast-stays", "");
  }
  const icons = { success: "circle-check", info: "info", warning: "triangle-alert", error: "circle-alert" };
  const use = $("use", card);
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icons[tone]}`));
  $("[data-toast-text]", card).textContent = said.message;
  if (said.undo_action) {
    const form = $("[data-toast-undo]", card);
    form.setAttribute("action", said.undo_action);
    form.hidden = false;
    if (said.undo_label) $("[data-toast-undo-label]", card).textContent = said.undo_label;
  }
  if (said.href) {
    const link = $("[data-toast-link]", card);
    link.href = said.href;
    link.hidden = false;
    if (said.link_label) link.textContent = said.link_label;
  }
  region.append(card);
}

function watch(card) {
  if (card.hasAttribute("data-toast-stays") || card.dataset.watched) return;
  card.dataset.watched = "1";
  let left = SHOWN_MS;
  let since = performance.now();
  let timer = setTimeout(() => card.remove(), left);
  const pause = () => {
    clearTimeout(timer);
    left -= performance.now() - since;
  };
  const go = () => {
    since = performance.now();
    timer = setTimeout(() => card.remove(), Math.max(left, 1500));
  };
  card.addEventListener("pointerenter", pause);
  card.addEventListener("pointerleave", go);
  card.addEventListener("focusin", pause);
  card.addEventListener("focusout", go);
}

export function startToasts() {
  const region = $("#toasts");
  if (region) {
    $$("[data-toast]", region).forEach(watch);
    new MutationObserver(() => $$("[data-toast]", region).forEach(watch)).observe(region, { childList: true });
  }
  on("click", "[data-toast-close]", (_event, button) => button.closest("[data-toast]").remove());
  on("click", "[data-dismiss]", (_event, button) => document.getElementById(button.dataset.dismiss)?.remove());
  document.addEventListener("toast", (event) => showToast(event.detail));
}
