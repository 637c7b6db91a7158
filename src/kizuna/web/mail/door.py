"""The LMTP and SMTP door: a mail server on this machine or beside it hands over mail, and hears yes once it is durable.

One port speaks both; LMTP gets a line for each recipient. No recipient of ours: 550; too large: 552; a fault of ours or
the database's: 4xx, so that the sender comes back. Nothing is authenticated here: the port is for our own mail server.
"""

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiosmtpd.smtp import SMTP, syntax
from django.db import close_old_connections, connections

from kizuna.flows.mail_in import taking
from kizuna.flows.mail_in.taking import LARGEST, Busy, Envelope, Group, TooLarge, UnknownRecipient

MOST_RECIPIENTS = 100
LONGEST_LINE = 1024 * 1024
SILENT_S = 120.0
_THREADS = 4
_log = logging.getLogger(__name__)


class _Speaker(SMTP):
    """One connection: SMTP, or LMTP from LHLO on."""

    line_length_limit = LONGEST_LINE

    def __init__(self, door: "_Answers", loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            door,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="kizuna",
            ident="mail",
            timeout=SILENT_S,
            loop=loop,
        )
        self._lmtp = False
        self._owed = 0

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802
        """Speak LMTP from here on."""
        self._lmtp = True
        await self.smtp_EHLO(arg)

    async def _take_content(self, arg: str) -> None:
        """Take the mail; LMTP hears about each recipient, whatever became of it."""
        recipients = list(self.envelope.rcpt_tos) if self.envelope is not None else []
        self._owed = len(recipients) if self._lmtp else 0
        try:
            await super().smtp_DATA(arg)
        finally:
            self._owed = 0

    smtp_DATA = _take_content  # noqa: N815

    async def push(self, status: Any) -> None:
        """Answer; what ends DATA is said once for each recipient where LMTP is spoken."""
        if self._owed > 1 and isinstance(status, str) and "\r\n" not in status and not status.startswith("354"):
            status = "\r\n".join([status] * self._owed)
        await super().push(status)


class _Answers:
    """What the door says to recipients and mails."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="kizuna mail door")

    async def handle_RCPT(self, _: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        """Say whether a team takes mail at an address."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients at once, send to the others next"
        try:
            known = await self._call(taking.takes, address)
        except Exception:
            _log.exception("cannot tell whether %r is ours", address[:200])
            return "451 4.3.0 try again later"
        if not known:
            return "550 5.1.1 nobody takes mail at this address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def _store(self, server: Any, session: Any, envelope: Any) -> str:
        """Store a mail; yes once it is durable."""
        sender = "" if envelope.mail_from in {None, "<>"} else str(envelope.mail_from)
        told = Envelope(sender.encode("utf-8", "replace").decode(), tuple(envelope.rcpt_tos), "lmtp")
        try:
            waiting = await self._call(self._group.submit, told, bytes(envelope.content), time.time_ns() // 1000)
            await asyncio.wrap_future(waiting)
        except UnknownRecipient:
            return "550 5.1.1 nobody takes mail at this address"
        except TooLarge:
            return f"552 5.3.4 a mail may have {LARGEST // (1024 * 1024)} MB"
        except Busy:
            return "451 4.3.1 too much at once, come back"
        except Exception:
            _log.exception("a mail could not be stored")
            return "451 4.3.0 try again later"
        return "250 2.6.0 stored"

    handle_DATA = _store  # noqa: N815

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _call(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _with_connection, function, arguments)


class MailDoor:
    """Listens in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._loop = asyncio.new_event_loop()
        self._group = Group()
        self._answers = _Answers(self._group)
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name="kizuna mail door", daemon=True)
        self._ready = threading.Event()
        self._problem: OSError | None = None

    def start(self) -> int:
        """Listen; returns the port. Raises OSError where the address is taken."""
        self._thread.start()
        self._ready.wait()
        if self._problem is not None:
            raise self._problem
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Listen no longer; what was acknowledged is stored."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10.0)
        self._group.close()
        self._answers.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._server = self._loop.run_until_complete(
                self._loop.create_server(lambda: _Speaker(self._answers, self._loop), self._host, self._port)
            )
        except OSError as problem:
            self._problem = problem
        self._ready.set()
        if self._server is not None:
            self._loop.run_forever()
            self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


def open_door(address: tuple[str, int] | None) -> MailDoor | None:
    """Open the door at an address and say where; None where none is set."""
    if address is None:
        return None
    door = MailDoor(*address)
    port = door.start()
    _log.info("mail is taken by LMTP and SMTP at %s:%d", address[0], port)
    return door


def _with_connection(function: Any, arguments: tuple[Any, ...]) -> Any:
    close_old_connections()
    try:
        return function(*arguments)
    except Exception:
        connections.close_all()
        raise
