"""XML parts of a workbook, parsed as they are unpacked: no document types, no entities, and never more bytes than allowed."""

from __future__ import annotations

import errno
import struct
import xml.parsers.expat
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol
from zipfile import BadZipFile, ZipFile

from saas.crm.transfer.limits import Deadline, Limits
from saas.crm.transfer.said import Unreadable

CHUNK = 1 << 16
LONGEST_TOKEN = 2 << 20
# What reading damaged parts raises: broken XML, archive or stream, and numbers that are none.
DAMAGE = (
    xml.parsers.expat.ExpatError, BadZipFile, zlib.error, struct.error, EOFError, KeyError, RuntimeError, NotImplementedError, ValueError,
    OverflowError,
)  # fmt: skip


class Handler(Protocol):
    """What receives the elements of one part as they arrive."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...
    def end(self, name: str) -> None: ...
    def text(self, data: str) -> None: ...


class ByteBudget:
    """Counts what really comes out of the archive, whatever its directory says."""

    def __init__(self, limits: Limits) -> None:
        self._left = limits.unpacked_bytes

    def take(self, count: int) -> None:
        """Spend bytes. Raises Unreadable when the workbook unpacks to more than allowed."""
        self._left -= count
        if self._left < 0:
            raise Unreadable("bomb")


def parse_part(archive: ZipFile, part: str, handler: Handler, budget: ByteBudget, deadline: Deadline) -> Iterator[None]:
    """Feed one part to the handler, pausing after every chunk so that the caller can use what has arrived.

    Raises Unreadable when the part is damaged, defines a document type, or unpacks without end.
    """
    parser = xml.parsers.expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = CHUNK
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    last_index, silent = 0, 0
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(CHUNK):
                budget.take(len(chunk))
                deadline.check()
                parser.Parse(chunk, False)
                # A single tag or attribute that never ends would pile up inside the parser.
                silent = silent + len(chunk) if parser.CurrentByteIndex == last_index else 0
                last_index = parser.CurrentByteIndex
                if silent > LONGEST_TOKEN:
                    raise Unreadable("damaged_workbook")
                yield
            parser.Parse(b"", True)
            yield
    except DAMAGE as error:
        raise Unreadable("damaged_workbook") from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        # A damaged directory points outside the file.
        raise Unreadable("damaged_workbook") from error


def read_part(archive: ZipFile, part: str, handler: Handler, budget: ByteBudget, deadline: Deadline) -> None:
    """Feed one whole part to the handler."""
    for _pause in parse_part(archive, part, handler, budget, deadline):
        pass


def _refuse(*_declaration: object) -> None:
    raise Unreadable("unsafe_xml")


def local_names() -> Callable[[str], str]:
    """Return a function that takes the prefix off element names, remembering each (`x:row` and `row` are the same)."""
    known: dict[str, str] = {}

    def local(name: str) -> str:
        found = known.get(name)
        if found is None:
            found = known[name] = name.rpartition(":")[2]
        return found

    return local
