"""Writing notes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from saas.auth.context import Context
from saas.core.errors import Invalid
from saas.core.i18n import _
from saas.crm.notes.definition import NOTES
from saas.crm.objects import records
from saas.crm.objects.definition import ObjectDef


def write(ctx: Context, subject: ObjectDef, subject_id: UUID, body: str) -> Any:
    """Write a note on a record the member can read; return it. Raises Invalid({"body": …}), NotFound, Forbidden."""
    if not body.strip():
        raise Invalid({"body": _("Write something first.")})
    return records.create(ctx, NOTES, {"body": body.strip(), "subject_object": subject.name, "subject_id": subject_id})
