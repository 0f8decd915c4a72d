// Menus, dialogs and the right-hand sheet: open, close, give the focus back.
import { $, $$, on } from "./page.js";

let sheetOpener = null;

export function startOverlays() {
  startMenus();
  startDialogs();
  startSheet();
  on("click", "[data-rail-toggle]", toggleRail);
}

function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of $$("details[data-menu][open]")) {
      if (!menu.contains(event.target) || event.target.closest("a.menu-item")) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details[data-menu][open]") ?? $("details[data-menu][open]");
    if (!menu) return;
    if (event.key === "Escape") {
      menu.open = false;
      $("summary", menu).focus();
      event.stopPropagation();
      event.preventDefault();
    } else if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) moveIn(menu, event);
  }, true);
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details[data-menu]") && event.target.open) keepInside(event.target);
  }, true);
}

function moveIn(menu, event) {
  if (event.target.closest("form.menu-form")) return;
  const items = $$(".menu-item", menu);
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 }[event.key];
  items[(to + items.length) % items.length]?.focus();
  event.preventDefault();
}

/** Turn a menu that would leave the window to the other side. */
function keepInside(menu) {
  const panel = $(".menu-panel", menu);
  const box = panel.getBoundingClientRect();
  if (box.right > innerWidth - 4) panel.classList.replace("menu-start", "menu-end");
  if (box.left < 4) panel.classList.replace("menu-end", "menu-start");
  if (box.bottom > innerHeight - 4 && menu.getBoundingClientRect().top > box.height) panel.classList.add("menu-up");
}

function startDialogs() {
  on("click", "[data-dialog-open]", (event, opener) => {
    const dialog = document.getElementById(opener.dataset.dialogOpen);
    if (!dialog) return;
    event.preventDefault();
    opener.closest("details[data-menu]")?.removeAttribute("open");
    dialog.showModal();
  });
  on("click", "dialog", (event, dialog) => {
    if (event.target === dialog && dialog.id !== "sheet") dialog.close();
  });
  on("click", "[data-close]", (event, button) => {
    const dialog = button.closest("dialog");
    if (!dialog) return;
    event.preventDefault();
    dialog.id === "sheet" ? closeSheet() : dialog.close();
  });
  $$("dialog[data-open-now]").forEach((dialog) => dialog.showModal());
}

function startSheet() {
  const sheet = $("#sheet");
  if (!sheet) return;
  if ($("[data-sheet]", sheet)) sheet.showModal();
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === sheet && !sheet.open) sheetOpener = event.detail.elt;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== sheet) return;
    if ($("[data-sheet]", sheet) && !sheet.open) sheet.showModal();
    else if (!$("[data-sheet]", sheet)) sheet.close();
  });
  sheet.addEventListener("cancel", (event) => {
    event.preventDefault();
    closeSheet();
  });
  sheet.addEventListener("click", (event) => event.target === sheet && closeSheet());
  document.addEventListener("sheet-close", closeSheet);
}

function closeSheet() {
  const sheet = $("#sheet");
  const below = $("[data-sheet]", sheet)?.dataset.closeHref;
  sheet.close();
  sheet.replaceChildren();
  if (below && below !== location.pathname + location.search) history.pushState(null, "", below);
  sheetOpener?.isConnected && sheetOpener.focus();
}

function toggleRail(_event, button) {
  const root = document.documentElement;
  const isNarrow = root.dataset.rail === "icons";
  isNarrow ? delete root.dataset.rail : (root.dataset.rail = "icons");
  button.setAttribute("aria-pressed", String(!isNarrow));
  document.cookie = `rail=${isNarrow ? "full" : "icons"}; path=/; max-age=31536000; samesite=lax`;
}
