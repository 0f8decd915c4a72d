// The theme changes at once; the form behind the menu line tells the server in the background.
import { $$, on } from "./page.js";

export function startPreferences() {
  on("click", "[data-theme-choice]", (event, button) => {
    event.preventDefault();
    const theme = button.dataset.themeChoice;
    theme === "system" ? delete document.documentElement.dataset.theme : (document.documentElement.dataset.theme = theme);
    $$("[data-theme-choice]").forEach((other) => (other === button ? other.setAttribute("aria-current", "true") : other.removeAttribute("aria-current")));
    const form = button.closest("form");
    if (form) fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true" } }).catch(() => {});
  });
}
