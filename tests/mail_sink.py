"""An SMTP server for tests and benches that keeps what it is sent and answers as it is told."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP

logging.getLogger("mail.log").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Taken:
    """One mail as it came over the wire."""

    mail_from: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        """The mail, parsed."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def message_id(self) -> str:
        """The Message-ID without brackets."""
        return str(self.mail["Message-ID"]).strip("<> ")


@dataclass
class Sink:
    """What came, and what is answered: to a recipient, and to a body."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    answer_recipient: Callable[[str], str] = lambda address: "250 OK"
    answer_body: Callable[[Taken], str] = lambda taken: "250 OK"
    connections: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        """Answer for one recipient."""
        answer = self.answer_recipient(address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a mail, and answer."""
        taken = Taken(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content)
        answer = self.answer_body(taken)
        if answer.startswith("2"):
            self.taken.append(taken)
        elif not answer:
            self.taken.append(taken)
            server.transport.abort()
        return answer or "250 never heard"


@contextmanager
def running_sink(protocol: type[SMTP] = SMTP) -> Iterator[Sink]:
    """Run a sink on a free port of this machine, speaking SMTP or LMTP."""
    sink, ready, loop = Sink(), threading.Event(), asyncio.new_event_loop()

    def make() -> SMTP:
        sink.connections += 1
        return protocol(sink, hostname="sink.example", data_size_limit=50_000_000, loop=loop)

    async def serve() -> None:
        server = await loop.create_server(make, "127.0.0.1", 0)
        sink.port = server.sockets[0].getsockname()[1]
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.create_task(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
