"""Global search: the best hits first. Lists, in sort order, are paging.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from saas.core.text.folding import fold
from saas.core.text.pinyin import is_han
from saas.core.text.sorting import sort_key
from saas.crm.search.criteria import criterion
from saas.crm.search.estimate import Execute, estimate, is_open
from saas.crm.search.paging import Searched, fenced, successor
from saas.crm.search.query import Query

# Rows beginning with the query that are looked at in order; other hits of which the best are taken.
LOOKED_AT = 1_000
SAMPLED = 500
EXACT, SAME_WORDS, BEGINS, READS_LIKE, IN_NAME, ELSEWHERE = range(6)


@dataclass(frozen=True, order=True)
class Hit:
    """A hit of the global search. Hits of several objects sort together: the best first, then by sort key."""

    rank: int
    key: str
    id: Any
    name: str


def best(
    execute: Execute,
    searched: Searched,
    name: ColumnElement[Any],
    query: Query,
    where: ColumnElement[bool],
    limit: int = 20,
) -> list[Hit]:
    """Find the best hits among the rows that satisfy `where` (rights): exact names, beginnings of names, then others.

    Needs a `Searched` whose key is the sort key. Looks at a bounded number of hits; a blank query has none.
    """
    if not query.terms:
        return []
    judge = Judge(query, searched.is_person)
    found = {row[0]: judge.hit(*row) for row in _leading(execute, searched, name, judge, where, limit)}
    if len(found) < limit:
        found |= {row[0]: judge.hit(*row) for row in _sample(execute, searched, name, query, where)}
    return sorted(found.values())[:limit]


def _leading(
    execute: Execute, searched: Searched, name: ColumnElement[Any], judge: Judge, where: ColumnElement[bool], limit: int
) -> Sequence[Any]:
    """Fetch rows whose sort key begins with that of the query, among the first thousand of those."""
    start = judge.key
    if not start:
        return []
    inside = and_(searched.key >= start, searched.key < successor(start))
    order = (searched.key, searched.id)
    ends = execute(select(searched.key).where(inside).order_by(*order).offset(LOOKED_AT - 1).limit(1))
    if ends:
        inside = and_(inside, searched.key <= ends[0][0])
    columns = (searched.id.label("hit_id"), searched.key.label("hit_key"), name.label("hit_name"))
    rows = select(*columns, searched.tokens.label("hit_tokens")).where(inside, where)
    near = rows.cte("near").prefix_with("MATERIALIZED")
    hits = select(near.c.hit_id, near.c.hit_key, near.c.hit_name).where(criterion(judge.query, near.c.hit_tokens))
    return execute(hits.order_by(near.c.hit_key, near.c.hit_id).limit(limit))


def _sample(execute: Execute, searched: Searched, name: ColumnElement[Any], query: Query, where: ColumnElement[bool]) -> Sequence[Any]:
    """Fetch a bounded number of hits, wherever they match."""
    matching = criterion(query, searched.tokens)
    is_filtered = not is_open(where) and estimate(execute, searched.table, matching, where).is_filtered_for(SAMPLED)
    columns = (searched.id.label("hit_id"), searched.key.label("hit_key"), name.label("hit_name"))
    hits = fenced(select(*columns).where(matching), where, is_filtered)
    statement = select(hits.c.hit_id, hits.c.hit_key, hits.c.hit_name).limit(SAMPLED)
    return execute(statement.where(hits.c.is_seen) if is_filtered else statement)


class Judge:
    """Ranks names against one query. Folds the query once."""

    def __init__(self, query: Query, is_person: bool) -> None:
        self.query = query
        self.key = sort_key(query.text, is_person_name=is_person)
        self._folded = fold(query.text)
        self._words = self._folded.split()
        self._compact = self._folded.replace(" ", "")

    def hit(self, id_: Any, key: str, name: str) -> Hit:
        """Make the hit of a row with its rank."""
        return Hit(self.rank(key, name), key, id_, name)

    def rank(self, key: str, name: str) -> int:
        """Say how well a name with this sort key matches; the smallest is the best."""
        folded = fold(name)
        if folded == self._folded or key == self.key:
            return EXACT
        read = "".join(char for char in key if char != " " and not is_han(char))
        words = folded.split()
        if read == self._compact or sorted(words) == sorted(self._words):
            return SAME_WORDS
        if folded.startswith(self._folded) or key.startswith(self.key):
            return BEGINS
        if read.startswith(self._compact):
            return READS_LIKE
        if all(any(word.startswith(each) for word in words) or each in folded for each in self._words):
            return IN_NAME
        return ELSEWHERE
