// htmx: CSRF header, what refusals do, rows dimmed while they load, the thin line when something takes longer.
import htmx from "htmx.org";
import { $, meta, text } from "./page.js";
import { showToast } from "./toasts.js";

const DIM_AFTER_MS = 120;
const LINE_AFTER_MS = 400;
const timers = new WeakMap();
let running = 0;
let lineTimer;

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = meta("csrf-token");
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const target = event.detail.target;
  if (target && !event.detail.elt.matches(".job-card")) {
    timers.set(event.detail.xhr, setTimeout(() => target.setAttribute("data-busy", ""), DIM_AFTER_MS));
    if (running++ === 0) lineTimer = setTimeout(showLine, LINE_AFTER_MS);
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const timer = timers.get(event.detail.xhr);
  if (timer === undefined) return;
  clearTimeout(timer);
  timers.delete(event.detail.xhr);
  event.detail.target?.removeAttribute("data-busy");
  if (--running === 0) {
    clearTimeout(lineTimer);
    $(".busy-line")?.remove();
  }
});

document.addEventListener("htmx:responseError", (event) => {
  const xhr = event.detail.xhr;
  if (xhr.status === 401) return void goToSignIn();
  const reference = xhr.getResponseHeader("X-Request-Id");
  // A refusal that brings its own words says them itself.
  if (xhr.getResponseHeader("HX-Trigger")?.includes('"toast"')) return;
  const said = plainMessage(xhr);
  const message = said || (xhr.status < 500 ? text("Refused") : text("Error"));
  showToast({ message: reference && xhr.status >= 500 ? `${message} ${text("Reference")}: ${reference}` : message, tone: "error" });
});

document.addEventListener("htmx:sendError", () => showToast({ message: text("Offline"), tone: "error" }));

function goToSignIn() {
  const page = meta("sign-in-url") || "/sign-in";
  location.assign(`${page}?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** What the server says to the reader: a short plain text, or the detail of a problem document. */
function plainMessage(xhr) {
  const type = xhr.getResponseHeader("Content-Type") ?? "";
  if (type.includes("json")) {
    try {
      return JSON.parse(xhr.responseText).detail ?? "";
    } catch {
      return "";
    }
  }
  return type.startsWith("text/plain") && xhr.responseText.length < 300 ? xhr.responseText : "";
}

function showLine() {
  const line = document.createElement("div");
  line.className = "busy-line";
  document.body.append(line);
}

export { htmx };
