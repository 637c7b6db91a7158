"""The ways out of the house: SMTP with connections that are kept, or any e-mail backend that Django's MAILERS names.

Providers (Mailgun, Postmark, SES ...) come through django-anymail's backends. A wire carries one letter and tells what
became of it for each recipient; what follows is decided in flows.mail_out.pumping.
"""

import smtplib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused, AnymailUnsupportedFeature
from anymail.message import AnymailMessage
from django.core.mail import mailers
from django.core.mail.backends.smtp import EmailBackend
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from kizuna.conversations import composing
from kizuna.conversations.composing import Letter
from kizuna.flows.mail_out import smtp
from kizuna.flows.mail_out.smtp import Answer, Unreachable

IDLE_S = 20.0
GOODBYE_S = 2.0
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Post:
    """A letter with the envelope it goes in: who hears of bounces, to whom it goes now, what signs it."""

    letter: Letter
    bounces_to: str
    addresses: Sequence[str]
    public_id: str
    sign: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of a letter: an answer for each address, and what a provider calls it."""

    answers: dict[str, Answer]
    provider_id: str = ""


class Wire(Protocol):
    """Something that carries letters, one at a time."""

    def carry(self, post: Post) -> Carried:
        """Carry one letter; raises Unreachable where nothing could be tried."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


def open_wire() -> Wire:
    """Open a way out as the installation's settings name it."""
    backend: Any = mailers.default
    return _SmtpWire(backend) if isinstance(backend, EmailBackend) else _BackendWire(backend)


class _SmtpWire:
    """A kept connection to an SMTP server."""

    def __init__(self, backend: EmailBackend) -> None:
        self._backend: Any = backend
        self._used = 0.0

    def carry(self, post: Post) -> Carried:
        try:
            mail = composing.render(post.letter)
        except ValueError as problem:
            return Carried(dict.fromkeys(post.addresses, Answer("failed", "", str(problem)[:500])))
        if post.sign is not None:
            mail = post.sign(mail)
        fresh = self._open()
        try:
            answers = self._send(post, mail)
        except Unreachable:
            self.close()
            if fresh:
                raise
            self._open()  # the server let the idle connection go: nothing was sent over it
            answers = self._send(post, mail)
        return Carried(answers)

    def _send(self, post: Post, mail: bytes) -> dict[str, Answer]:
        connection = self._backend.connection
        answers = smtp.send(connection, post.bounces_to, post.addresses, mail)
        self._used = time.monotonic()
        if connection.sock is None or any(each.code in ("421", "4.3.2") for each in answers.values()):
            self.close()
        return answers

    def _open(self) -> bool:
        """Have a connection; says whether it is a new one."""
        if self._backend.connection is not None and time.monotonic() - self._used > IDLE_S:
            self.close()
        try:
            fresh = bool(self._backend.open())
            if fresh:
                self._backend.connection.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            raise Unreachable(f"the mail server cannot be reached: {problem}") from problem
        return fresh

    def close(self) -> None:
        """Say goodbye, and do not wait long for the answer."""
        connection = self._backend.connection
        try:
            if connection is not None and connection.sock is not None:
                connection.sock.settimeout(GOODBYE_S)
            self._backend.close()
        except (OSError, smtplib.SMTPException):
            self._backend.connection = None


class _BackendWire:
    """A provider's API, or one of Django's backends that write mail somewhere."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def carry(self, post: Post) -> Carried:
        message = _message(post, with_metadata=True)
        try:
            try:
                self._backend.send_messages([message])
            except AnymailUnsupportedFeature:  # told while the request was put together: nothing has left
                message = _message(post, with_metadata=False)
                self._backend.send_messages([message])
        except AnymailRecipientsRefused as problem:
            return _told(post, message, str(problem))
        except AnymailAPIError as problem:
            if _never_connected(problem):
                raise Unreachable(f"the provider cannot be reached: {problem}") from problem
            return Carried(dict.fromkeys(post.addresses, _refusal(problem)))
        except AnymailError as problem:
            return Carried(dict.fromkeys(post.addresses, Answer("failed", "", str(problem)[:500])))
        return _told(post, message, "")

    def close(self) -> None:
        """Let go of the provider's session."""
        self._backend.close()


def _message(post: Post, *, with_metadata: bool) -> AnymailMessage:
    """Make the message of a provider; bounces come back to the provider, which reports them."""
    letter = post.letter
    headers = {"Message-ID": f"<{letter.message_id}>", **dict(letter.headers)}
    if letter.in_reply_to:
        headers["In-Reply-To"] = f"<{letter.in_reply_to}>"
    if letter.references:
        headers["References"] = " ".join(f"<{each}>" for each in letter.references)
    named = {each.lower() for each in post.addresses}
    message = AnymailMessage(
        subject=composing.clean(letter.subject),
        body=letter.text,
        from_email=composing.mailbox(letter.sender_name, letter.sender),
        to=[composing.check_address(each) for each in letter.to if each.lower() in named],
        cc=[composing.check_address(each) for each in letter.cc if each.lower() in named],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers=headers,
    )
    if with_metadata:
        message.metadata = {"kizuna": post.public_id}
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    for part in letter.parts:
        message.attach(composing.clean(part.name), part.content, part.content_type)
    return message


def _told(post: Post, message: AnymailMessage, problem: str) -> Carried:
    """Read what a provider said of each recipient; backends that say nothing have taken the mail."""
    statuses = message.anymail_status.recipients
    answers = {}
    for address in post.addresses:
        status = statuses.get(address)
        kind = "sent" if status is None or status.status in ("sent", "queued", "unknown") else "failed"
        kind = "bounced" if status is not None and status.status in ("invalid", "rejected") else kind
        kind = "failed" if status is None and problem else kind
        answers[address] = Answer(kind, "", problem[:500] if kind != "sent" else "")
    ids = {status.message_id for status in statuses.values() if status.message_id}
    return Carried(answers, str(sorted(ids)[0])[:255] if ids else "")


def _never_connected(problem: BaseException) -> bool:
    """Whether no connection came about; one that ended without an answer may have carried the mail."""
    seen: list[object] = [problem]
    for each in seen:
        if isinstance(each, NewConnectionError | ConnectTimeoutError):
            return True
        if isinstance(each, BaseException):
            seen += [each.__cause__, getattr(each, "reason", None), *each.args]
    return False


def _refusal(problem: AnymailAPIError) -> Answer:
    status = int(getattr(problem, "status_code", None) or 0)
    if not status:
        return Answer("doubt", "", f"The provider did not answer: {problem}"[:500])
    kind = "later" if status == _TOO_MANY or status >= 500 else "failed"
    return Answer(kind, str(status), str(problem)[:500])
