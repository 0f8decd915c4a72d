// Forms that ask the browser for a passkey: `data-passkey` names where their challenge comes from; the answer goes into a hidden field.
import { $, $$, meta } from "./page.js";

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export function enhancePasskeys(root) {
  if (!window.PublicKeyCredential) return;
  for (const form of $$("form[data-passkey]", root)) {
    form.hidden = false;
    form.addEventListener("submit", (event) => ask(event, form));
  }
  for (const note of $$("[data-no-passkeys]", root)) note.hidden = true;
}

async function ask(event, form) {
  const field = $("[name=passkey]", form);
  if (field.value) return;
  event.preventDefault();
  const error = $("[data-passkey-error]", form);
  error.hidden = true;
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.passkey, { method: "POST", headers: { "X-CSRF-Token": meta("csrf-token") } });
    if (!answer.ok) throw new Error(answer.statusText);
    const { challenge_id, options } = await answer.json();
    field.value = JSON.stringify({ challenge_id, credential: await (options.user ? make(options) : use(options)) });
    form.submit();
  } catch {
    error.textContent = form.dataset.textFailed;
    error.hidden = false;
  }
  form.removeAttribute("aria-busy");
}

async function make(options) {
  const publicKey = { ...options, challenge: toBytes(options.challenge), user: { ...options.user, id: toBytes(options.user.id) } };
  publicKey.excludeCredentials = options.excludeCredentials?.map(named);
  const made = await navigator.credentials.create({ publicKey });
  return written(made, {
    attestationObject: toText(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function use(options) {
  const publicKey = { ...options, challenge: toBytes(options.challenge), allowCredentials: options.allowCredentials?.map(named) };
  const used = await navigator.credentials.get({ publicKey });
  return written(used, {
    authenticatorData: toText(used.response.authenticatorData),
    signature: toText(used.response.signature),
    userHandle: used.response.userHandle ? toText(used.response.userHandle) : null,
  });
}

const named = (credential) => ({ ...credential, id: toBytes(credential.id) });

function written(credential, response) {
  const clientDataJSON = toText(credential.response.clientDataJSON);
  return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response: { clientDataJSON, ...response } };
}
