"""Human codes such as `ACC-000123`: unique in a workspace, never reused, gaps allowed."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from saas.tenants.models import TenantBase


class Counter(TenantBase):
    """The last number given out under a prefix."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger, default=0)


def take(session: Session, prefix: str, count: int = 1) -> range:
    """Take the next `count` numbers of a prefix; the row lock lasts until the transaction ends."""
    wanted = insert(Counter).values(name=prefix, last=count)
    query = wanted.on_conflict_do_update(index_elements=[Counter.name], set_={"last": Counter.last + count}).returning(Counter.last)
    last = session.execute(query).scalar_one()
    return range(last - count + 1, last + 1)


def code(prefix: str, number: int) -> str:
    """Write a number as a code."""
    return f"{prefix}-{number:06d}"
