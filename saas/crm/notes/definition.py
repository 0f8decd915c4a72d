"""Notes, declared."""

from __future__ import annotations

from saas.core.i18n import L_
from saas.crm.notes.model import Note
from saas.crm.objects.common import GROUP_RECORD, record_fields
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.fields import LongText, Text

TITLE_LENGTH = 80


def derive(note: Note) -> None:
    """Keep the first words of the note as its title."""
    note.title = " ".join(note.body.split())[:TITLE_LENGTH]


NOTES = ObjectDef(
    name="notes",
    prefix="NOTE",
    singular=L_("Note"),
    plural=L_("Notes"),
    icon="sticky-note",
    model=Note,
    label_field="title",
    telling=("body", "created_at"),
    parent=("subject_object", "subject_id"),
    customer="customer_id",
    timeline="created_at",
    derive=derive,
    groups=(("main", L_("Note")), GROUP_RECORD),
    fields=(
        Text(name="title", label=L_("Begins"), is_editable=False, is_sortable=True),
        LongText(name="body", label=L_("Note"), required=True),
        *record_fields(),
    ),
    searched={"texts": ("title",), "codes": ("code",)},
    default_columns=("title", "created_by", "created_at"),
    has_page=False,
)
