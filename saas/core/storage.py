"""Files of a firm, in an object store named by URL (a local folder by default, S3-compatible by `s3://…`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import from_url

CHUNK_BYTES = 1 << 20


class Storage:
    """A flat space of keys such as `<tenant id>/imports/<id>`; values are bytes, written and read as streams."""

    def __init__(self, url: str) -> None:
        if url.startswith("file://"):
            Path(unquote(urlsplit(url).path)).mkdir(parents=True, exist_ok=True)
        self._store: Any = from_url(url)

    def put(self, key: str, chunks: bytes | Path | Iterable[bytes]) -> None:
        """Write a file, replacing an older one of the same key."""
        obstore.put(self._store, key, chunks)

    def stream(self, key: str) -> Iterator[bytes]:
        """Read a file in pieces. Raises FileNotFoundError when there is none."""
        for piece in obstore.get(self._store, key).stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(piece)

    def fetch(self, key: str, target: Path) -> Path:
        """Copy a file to a local path, for libraries that need one."""
        with target.open("wb") as file:
            for piece in self.stream(key):
                file.write(piece)
        return target

    def size(self, key: str) -> int:
        """Tell a file's size in bytes. Raises FileNotFoundError."""
        return int(obstore.head(self._store, key)["size"])

    def delete(self, key: str) -> None:
        """Remove a file; one that is not there is no error."""
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return
