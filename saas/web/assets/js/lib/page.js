// Small shared things: delegated events, texts of the page, running code on new content.
document.documentElement.classList.add("js");

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Listen for an event on anything, now or later, that matches the selector. */
export function on(type, selector, handler, options) {
  document.addEventListener(type, (event) => {
    const found = event.target instanceof Element && event.target.closest(selector);
    if (found) handler(event, found);
  }, options);
}

/** A translated text that the layout wrote on <body>. */
export const text = (name) => document.body.dataset[`text${name}`] ?? "";

/** Run on the whole page now, and on each piece htmx puts in. */
export function onContent(enhance) {
  enhance(document.body);
  document.body.addEventListener("htmx:afterSettle", (event) => enhance(event.detail.elt.isConnected ? event.detail.elt : document.body));
}

/** Whether a key press is meant for a field and not for the page. */
export const isTyping = (event) =>
  event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;

export const meta = (name) => $(`meta[name="${name}"]`)?.content ?? "";
