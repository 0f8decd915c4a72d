"""The development mailbox: an SMTP sink that keeps every mail, and a page that shows them. Delivers nothing."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from saas.devstack.mailbox_page import serve
from saas.devstack.mailbox_store import MailStore

MAX_BYTES = 50 * 1024 * 1024


class Sink:
    """Accept whatever comes and keep it."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002
        """Keep one mail; answer 452 when the disk does not take it, so that the sender tries again."""
        content = envelope.original_content or b""
        try:
            await asyncio.to_thread(self._store.add, content, list(envelope.rcpt_tos))
        except OSError:
            return "452 Insufficient system storage"
        return "250 OK"


async def listen(store: MailStore, port: int) -> asyncio.Server:
    """Start the SMTP sink on a loopback port (0: one that is free)."""
    loop = asyncio.get_running_loop()
    handler = Sink(store)
    return await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True, data_size_limit=MAX_BYTES, loop=loop), "127.0.0.1", port)


async def _run(folder: Path, smtp_port: int, http_port: int) -> None:
    store = MailStore(folder)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, done.set)
    sink = await listen(store, smtp_port)
    page = serve(store, http_port)
    await done.wait()
    sink.close()
    page.shutdown()


def main() -> None:
    """Run the sink and its page until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, default=1025)
    parser.add_argument("--http-port", type=int, default=8025)
    options = parser.parse_args()
    try:
        asyncio.run(_run(options.folder, options.smtp_port, options.http_port))
    except OSError as error:
        sys.exit(f"The mailbox cannot start: {error.strerror or error}.")


if __name__ == "__main__":
    main()
