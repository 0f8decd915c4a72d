"""Teaching the firm's vocabulary the words of new records, so that mistyped searches can be corrected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from saas.crm.objects.definition import ObjectDef
from saas.crm.search import vocabulary
from saas.tenants.session import TenantSession

HEARD = "words heard"


def learn(session: Session, obj: ObjectDef, records: Iterable[Any]) -> None:
    """Note the words of some records; those not known yet are written when the transaction commits.

    Once and in the order of the alphabet, so that two transactions with the same words wait for one another but never both ways.
    Uses are counted by imports alone: a word that somebody types here matters as much as any.
    """
    hear(session, words_of(obj, records))


def hear(session: Session, words: Iterable[str]) -> None:
    """Note words (`words_of`) to be written when the transaction commits."""
    session.info.setdefault(HEARD, set()).update(words)


def words_of(obj: ObjectDef, records: Iterable[Any]) -> set[str]:
    """Collect the words of some records that a mistyped search may have meant."""
    found: set[str] = set()
    for record in records:
        found |= vocabulary.words(_values(obj, record, "names"), is_person=obj.is_person)
        found |= vocabulary.words(_values(obj, record, "texts"))
    return found


def _values(obj: ObjectDef, record: Any, part: str) -> list[str]:
    return [value for name in obj.searched.get(part, ()) if isinstance(value := getattr(record, name), str) and value]


@event.listens_for(TenantSession, "before_commit")
def _write(session: Session) -> None:
    """Add the words that are new; known ones are only looked up."""
    heard = session.info.pop(HEARD, None)
    new = sorted(word for (word,) in session.execute(vocabulary.unknown(heard))) if heard else []
    if new:
        session.execute(vocabulary.addition(dict.fromkeys(new, 1), new))


@event.listens_for(TenantSession, "after_soft_rollback")
def _forget(session: Session, _previous: Any) -> None:
    session.info.pop(HEARD, None)
