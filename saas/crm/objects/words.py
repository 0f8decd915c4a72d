"""Teaching the firm's vocabulary the words of new records, so that mistyped searches can be corrected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from saas.crm.objects.definition import ObjectDef


def learn(session: Session, obj: ObjectDef, records: Iterable[Any]) -> None:
    """Note the words of some records; words already known cost nothing."""
