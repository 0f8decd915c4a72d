"""Sentences about a row of an import as a whole."""

from __future__ import annotations

from collections.abc import Mapping

from saas.core.i18n import N_

ROW_TEXTS: Mapping[str, str] = {
    "not_a_choice": N_("This is none of the field's choices. It is kept beside the record; choose the right one here, or leave it."),
    "no_name": N_("The row has no name. Type one, or it is left out."),
    "exists": N_("Already in the book as %(code)s; the row was left out."),
    "twice_in_file": N_("Row %(row)s of the file is the same; this one was left out."),
    "not_in_book": N_("Nothing in the book has this key, so there was nothing to update."),
    "hidden": N_("Already in the book, kept by %(department)s. Ask them for access; the row was left out."),
    "not_editable": N_("You may read %(code)s but not change it; the row was left out."),
    "several": N_("Several records have this key; %(code)s was taken."),
    "unknown_owner": N_("%(name)s is nobody in this workspace; you became the owner."),
}
