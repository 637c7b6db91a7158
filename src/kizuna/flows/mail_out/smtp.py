"""One mail over an open SMTP connection, and what each answer of the other server means for each recipient.

Commands are sent together where the server allows it (RFC 2920). Before the last dot nothing can have been sent; a
connection that ends between the dot and the answer leaves the mail in doubt, and only that.
"""

import re
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass

_ENHANCED = re.compile(r"^[245]\.\d{1,3}\.\d{1,3}\b")
_ADDRESS_IS_WRONG = re.compile(r"^5\.1\.")


class Unreachable(OSError):
    """The mail server could not be reached, refused us, or went away: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said of one recipient."""

    kind: str
    """sent, later (try again), bounced (the address is refused), failed (this mail is refused) or doubt."""
    code: str = ""
    detail: str = ""


def send(connection: smtplib.SMTP, sender: str, addresses: Sequence[str], mail: bytes) -> dict[str, Answer]:
    """Send one mail; an answer for each address. Raises Unreachable where the connection is no good any more."""
    try:
        answers = _envelope(connection, sender, addresses, mail)
    except (smtplib.SMTPException, OSError) as problem:
        raise Unreachable(_words(problem)) from problem
    accepted = [address for address in addresses if address not in answers]
    if not accepted:
        return answers
    try:
        connection.send(_stuffed(mail))
        last = _read(connection.getreply(), addressed=False)
    except (smtplib.SMTPException, OSError) as problem:
        connection.close()
        last = Answer("doubt", "", f"The connection ended before the server answered: {_words(problem)}")
    return answers | dict.fromkeys(accepted, last)


def _envelope(connection: smtplib.SMTP, sender: str, addresses: Sequence[str], mail: bytes) -> dict[str, Answer]:
    """Say who writes to whom and ask to send the body; the answers of those that shall not get it."""
    size = f" SIZE={len(mail)}" if connection.has_extn("size") else ""
    commands = [f"MAIL FROM:<{sender}>{size}", *(f"RCPT TO:<{address}>" for address in addresses), "DATA"]
    if connection.has_extn("pipelining"):
        connection.send("".join(f"{command}\r\n" for command in commands))
        replies = [connection.getreply() for _ in commands]
    else:
        replies = _one_by_one(connection, commands)
    begun, ready = replies[0], replies[-1]
    if begun[0] >= 400:
        _leave(connection, ready)
        return dict.fromkeys(addresses, _read(begun, addressed=False))
    answers = {
        address: _read(reply, addressed=True)
        for address, reply in zip(addresses, replies[1:-1], strict=True)
        if reply[0] >= 400
    }
    if len(answers) == len(addresses) or ready[0] != 354:
        _leave(connection, ready)
        rest = _read(ready, addressed=False) if ready[0] >= 400 else Answer("later", "", "the server was not ready")
        return {address: answers.get(address, rest) for address in addresses}
    return answers


def _one_by_one(connection: smtplib.SMTP, commands: Sequence[str]) -> list[tuple[int, bytes]]:
    replies = [connection.docmd(command) for command in commands[:-1]]
    useful = replies[0][0] < 400 and any(code < 400 for code, _ in replies[1:])
    return [*replies, connection.docmd(commands[-1]) if useful else (503, b"nobody to send to")]


def _leave(connection: smtplib.SMTP, ready: tuple[int, bytes]) -> None:
    """End a transaction without a body; a server that waits for one is told that there is none."""
    if ready[0] == 354:
        connection.send(b".\r\n")
        connection.getreply()
    connection.rset()


def _read(reply: tuple[int, bytes], *, addressed: bool) -> Answer:
    number, text = reply
    words = " ".join(text.decode("utf-8", "replace").split())[:500]
    enhanced = _ENHANCED.match(words)
    code = enhanced[0] if enhanced else str(number)
    if 200 <= number < 300:
        return Answer("sent", code, words)
    if number < 0:
        raise smtplib.SMTPServerDisconnected(words)
    if number < 500:
        return Answer("later", code, words)
    refused = addressed or _ADDRESS_IS_WRONG.match(code) is not None
    return Answer("bounced" if refused else "failed", code, words)


def _stuffed(mail: bytes) -> bytes:
    body = mail if mail.endswith(b"\r\n") else mail + b"\r\n"
    if b"\n." in body or body.startswith(b"."):
        body = re.sub(rb"(?m)^\.", b"..", body)
    return body + b".\r\n"


def _words(problem: BaseException) -> str:
    return " ".join(str(problem).split())[:300] or type(problem).__name__
