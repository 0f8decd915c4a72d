// After a refused form: the first field in error gets the focus.
import { $ } from "./page.js";

export function focusFirstError(root) {
  const wrong = $('[aria-invalid="true"]', root);
  if (wrong && !wrong.dataset.errorSeen) {
    wrong.dataset.errorSeen = "1";
    wrong.focus();
  } else if (!wrong) $("[data-autofocus]", root)?.focus();
}
