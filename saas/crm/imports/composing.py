"""Completing drafts (codes, sort keys, search tokens) and writing them as lines of COPY: pure work, shared with a second process.

This costs most of an import's time in Python, and one process has only one core's worth of it. A batch is therefore
shared with a process beside the worker; where there is none, or it has died, the worker does that part too.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from typing import Any

from sqlalchemy import DateTime, Uuid

from saas.crm import registry
from saas.crm.imports import copying
from saas.crm.objects import codes, images
from saas.crm.objects.definition import ObjectDef
from saas.crm.objects.derive import derive
from saas.crm.objects.words import words_of

PART_ROWS = 200
# Fewer parts than this are done sooner than they are handed over.
MIN_PARTS = 4
# Parts the other process holds at a time: with more, this one waits for it at the end of a batch.
AHEAD = 1
# How often the other process looks whether this one is still there, in seconds.
WATCH_S = 1.0

_LISTS = (list, dict)


@dataclass(frozen=True)
class Part:
    """Drafts of one object with the numbers of their codes, and what the journal says of all of them."""

    object: str
    drafts: Sequence[Any]
    numbers: range
    batch: int
    stamp: str


@dataclass(frozen=True)
class Composed:
    """A part as COPY takes it: lines of the records, lines of their journal; and the words the firm's vocabulary hears."""

    lines: str
    journaled: str
    words: frozenset[str]


def compose(part: Part) -> Composed:
    """Complete the drafts of a part and write them."""
    obj = registry.get(part.object)
    encoders = [(column.key, _encoder(column)) for column in obj.model.__table__.columns]
    kept = frozenset(images.image_columns(obj.model))
    stamps = {"created_at": part.stamp, "updated_at": part.stamp}
    lines: list[str] = []
    journaled: list[str] = []
    for draft, number in zip(part.drafts, part.numbers, strict=True):
        draft.code = codes.code(obj.prefix, number)
        derive(obj, draft)
        values = draft.__dict__
        image = {
            name: value
            for name, value in values.items()
            if value is not None and name in kept and not (value.__class__ in _LISTS and not value)
        }
        journaled.append(f"{part.batch}\t{obj.name}\t{draft.id}\tcreate\t1\t{copying.json(image | stamps)}\n")
        lines.append("\t".join(["\\N" if (value := values[name]) is None else encode(value) for name, encode in encoders]) + "\n")
    return Composed("".join(lines), "".join(journaled), frozenset(words_of(obj, part.drafts)))


def composed(obj: ObjectDef, drafts: list[Any], numbers: range, batch: int, stamp: str) -> Iterator[Composed]:
    """Compose all drafts, in any order: this process from the end, the one beside it from the beginning, until they meet."""
    starts = range(0, len(drafts), PART_ROWS)
    waiting = deque(Part(obj.name, drafts[i : i + PART_ROWS], numbers[i : i + PART_ROWS], batch, stamp) for i in starts)
    helper = _helper() if len(waiting) >= MIN_PARTS else None
    handed: deque[tuple[Part, Future[Composed]]] = deque()
    while waiting or handed:
        while helper and waiting and len(handed) < AHEAD:
            given = _hand(helper, waiting[0])
            if given is None:
                helper = None
            else:
                handed.append((waiting.popleft(), given))
        if handed and (not waiting or handed[0][1].done()):
            part, given = handed.popleft()
            yield _result(given) or compose(part)
        elif waiting:
            yield compose(waiting.pop())


def _hand(helper: ProcessPoolExecutor, part: Part) -> Future[Composed] | None:
    try:
        return helper.submit(compose, part)
    except (BrokenProcessPool, RuntimeError):
        _helper.cache_clear()
        return None


def _result(handed: Future[Composed]) -> Composed | None:
    """Wait for a part that has been begun beside; None when it has not, or the process there is gone."""
    if handed.cancel():
        return None
    try:
        return handed.result()
    except BrokenProcessPool:
        _helper.cache_clear()
        return None


@cache
def _helper() -> ProcessPoolExecutor | None:
    """Start the process beside this one, where there is a second core. A fresh one: a fork would inherit this one's connections."""
    if (os.cpu_count() or 1) < 2:
        return None
    found = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_end_with, initargs=(os.getpid(),))
    atexit.register(found.shutdown, wait=False, cancel_futures=True)
    return found


def _end_with(parent: int) -> None:
    """Let this process end with the one it works for, however that ends: killed, it closes nothing that could be noticed here."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _encoder(column: Any) -> copying.Encode:
    encode = copying.encoder(column.type)
    return copying.once(encode) if isinstance(column.type, Uuid | DateTime) else encode
