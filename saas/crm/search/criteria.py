"""A parsed query as an SQL condition on the `tokens` column. What a query means is query.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Integer, and_, cast, false, literal, or_, true

from saas.crm.search.query import Alternative, Group, Query, Term
from saas.crm.search.tokens import token_id

_INTEGERS = ARRAY(Integer)
_ANYWHERE = ("", "^")
_ELSEWHERE = ("",)


def criterion(query: Query, tokens: ColumnElement[Any]) -> ColumnElement[bool]:
    """Give the condition on a `tokens` column: true for a blank query, false for one that can find nothing."""
    if not query.terms:
        return true() if query.is_blank else false()
    return and_(*(_term(term, tokens, _ANYWHERE) for term in query.terms))


def elsewhere(group: Group, tokens: ColumnElement[Any]) -> ColumnElement[bool]:
    """Give the condition that one of the tokens is there, but not at the beginning of the sort key."""
    return _overlaps(group, tokens, _ELSEWHERE)


def _term(term: Term, tokens: ColumnElement[Any], marks: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(*(_alternative(groups, tokens, marks) for groups in term))


def _alternative(groups: Alternative, tokens: ColumnElement[Any], marks: tuple[str, ...]) -> ColumnElement[bool]:
    """Require all groups; those of one token that is never marked go into one `@>`."""
    fixed = [token for group in groups if len(group) == 1 for token in group if _is_never_marked(token)]
    others = [group for group in groups if len(group) > 1 or not _is_never_marked(next(iter(group)))]
    conditions = [_overlaps(group, tokens, marks) for group in others]
    if fixed:
        conditions.append(tokens.op("@>", is_comparison=True)(_array(token_id(token) for token in fixed)))
    return and_(*conditions)


def _overlaps(group: Group, tokens: ColumnElement[Any], marks: tuple[str, ...]) -> ColumnElement[bool]:
    wanted = [token_id(mark + token) for token in sorted(group) for mark in marks if not mark or not _is_never_marked(token)]
    return tokens.op("&&", is_comparison=True)(_array(wanted))


def _is_never_marked(token: str) -> bool:
    return token[0] in "#@%"


def _array(numbers: Iterable[int]) -> ColumnElement[Any]:
    return cast(literal(sorted(set(numbers)), _INTEGERS), _INTEGERS)
