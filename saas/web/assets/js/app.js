// Everything a page needs besides HTML. Each part works on what it finds; nothing here is needed to read or to save.
import "./lib/page.js";
import "./lib/requests.js";
import { startToasts } from "./lib/toasts.js";
import { startDrafts } from "./lib/drafts.js";
import { startOverlays } from "./lib/overlays.js";
import { startPalette } from "./lib/palette.js";
import { startLists } from "./lib/lists.js";
import { startInlineEdit } from "./lib/inline-edit.js";
import { startFields, enhanceFields } from "./lib/fields.js";
import { startCombobox } from "./lib/combobox.js";
import { startPreferences } from "./lib/preferences.js";
import { focusFirstError } from "./lib/focus.js";
import { enhancePasskeys } from "./lib/passkeys.js";
import { enhanceSortables } from "./lib/sortables.js";
import { onContent } from "./lib/page.js";

for (const start of [startToasts, startOverlays, startPalette, startLists, startInlineEdit, startFields, startCombobox, startPreferences]) start();
onContent(enhanceFields);
onContent(enhanceSortables);
onContent(enhancePasskeys);
onContent(focusFirstError);
startDrafts();
