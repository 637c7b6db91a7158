"""A mail as bytes: what people wrote, the signature, the history it answers, as plain text and HTML with headers.

Pure: no database, no clock. Nothing that comes from outside can add a header or a recipient: values are cleaned of
control characters, addresses are checked. Sending, signing and who may be written to live elsewhere.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.header import Header
from email.utils import format_datetime, formataddr
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_LINE = 900
LONGEST_QUOTE = 20_000
MOST_REFERENCES = 12
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,76}")
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


class BadAddress(ValueError):
    """Something is no e-mail address that mail can be sent to."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that goes with a mail; with a content id it is an image inside the HTML."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a mail says, before it becomes bytes."""

    message_id: str
    at: "datetime"
    sender: str
    sender_name: str
    to: Sequence[str]
    subject: str
    text: str
    html: str
    cc: Sequence[str] = ()
    reply_to: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    headers: Sequence[tuple[str, str]] = ()
    parts: Sequence[Part] = field(default=())


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a mail answers."""

    who: str
    when: str
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a body is made of; HTML is made from the text where none was written."""

    text: str
    html: str = ""
    signature: str = ""
    quoted: Quoted | None = None
    unsubscribe_url: str = ""


def check_address(address: str) -> str:
    """Give an address as it goes over the wire (its domain in ASCII). Raises BadAddress."""
    local, at, domain = address.strip().rpartition("@")
    try:
        wire = f"{local}{at}{domain.encode('idna').decode()}" if not domain.isascii() else f"{local}{at}{domain}"
    except UnicodeError:
        raise BadAddress(address[:100]) from None
    if not _ADDRESS.fullmatch(wire) or ".." in wire:
        raise BadAddress(f"{address[:100]!r} is no e-mail address that mail can be sent to")
    return wire


def is_address(told: str) -> bool:
    """Say whether mail can be sent to what somebody typed."""
    try:
        return bool(told and check_address(told))
    except BadAddress:
        return False


def clean(value: str) -> str:
    """Make one line of a value for a header, without control characters."""
    return " ".join(_CONTROL.sub(" ", value).split())


def trim_references(known: Sequence[str]) -> list[str]:
    """Keep the first and the newest of the Message-IDs before a mail, in their order and each once."""
    ids = list(dict.fromkeys(each for each in known if each))
    return ids if len(ids) <= MOST_REFERENCES else [ids[0], *ids[-(MOST_REFERENCES - 1) :]]


def write_body(words: Words) -> tuple[str, str]:
    """Write the plain and the HTML body: words, signature, the history answered, the way to unsubscribe."""
    text, html = [words.text.strip()], [words.html.strip() or text_to_html(words.text.strip())]
    if words.signature.strip():
        text.append(f"-- \n{words.signature.strip()}")
        html.append(f'<div class="signature">-- <br>{_lines(words.signature.strip())}</div>')
    if words.quoted is not None:
        said = words.quoted.text.strip()[:LONGEST_QUOTE]
        head = clean(f"On {words.quoted.when}, {words.quoted.who} wrote:")
        text.append(head + "\n" + "\n".join(f"> {line}".rstrip() for line in said.splitlines()))
        html.append(f"<p>{escape(head)}</p><blockquote>{_lines(said)}</blockquote>")
    if words.unsubscribe_url:
        text.append(f"To receive no more mail of this kind: {words.unsubscribe_url}")
        link = escape(words.unsubscribe_url, quote=True)
        html.append(f'<p><a href="{link}">Receive no more mail of this kind</a></p>')
    return "\n\n".join(text) + "\n", "\n".join(html) + "\n"


def text_to_html(text: str) -> str:
    """Write plain text as HTML: paragraphs, line breaks, links that can be clicked."""
    return "\n".join(f"<p>{_lines(part)}</p>" for part in re.split(r"\n{2,}", text.replace("\r\n", "\n")) if part)


def render(letter: Letter) -> bytes:
    """Write a letter as a mail: CRLF lines of ASCII, ready to be signed and sent. Raises BadAddress."""
    boundary = "=_" + hashlib.sha256(letter.message_id.encode()).hexdigest()[:32]
    kind, body = _body(letter, boundary)
    lines = [f"{name}: {value}" for name, value in _headers(letter)]
    return "\r\n".join([*lines, "MIME-Version: 1.0", kind]).encode("ascii") + b"\r\n" + body


def _headers(letter: Letter) -> Iterator[tuple[str, str]]:
    yield "Message-ID", f"<{clean(letter.message_id)}>"
    yield "Date", format_datetime(letter.at)
    yield "From", mailbox(letter.sender_name, letter.sender)
    yield "To", ",\r\n ".join(check_address(each) for each in letter.to) or "undisclosed-recipients:;"
    if letter.cc:
        yield "Cc", ",\r\n ".join(check_address(each) for each in letter.cc)
    if letter.reply_to:
        yield "Reply-To", mailbox(letter.sender_name, letter.reply_to)
    yield "Subject", _unstructured("Subject", letter.subject)
    if letter.in_reply_to:
        yield "In-Reply-To", f"<{_id(letter.in_reply_to)}>"
    if letter.references:
        yield "References", "\r\n ".join(f"<{_id(each)}>" for each in letter.references)
    for name, value in letter.headers:
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header")
        yield name, _unstructured(name, value)


def mailbox(name: str, address: str) -> str:
    """Write a name and an address as one mailbox; the name cannot add anything to it. Raises BadAddress."""
    return formataddr((clean(name), check_address(address)), "utf-8")


def _id(value: str) -> str:
    return re.sub(r"[<>\s]", "", clean(value)).encode("ascii", "replace").decode()


def _unstructured(name: str, value: str) -> str:
    value = clean(value)
    if value.isascii() and len(value) <= LONGEST_LINE and "=?" not in value:
        return value
    return Header(value, "utf-8", header_name=name).encode(linesep="\r\n")


def _body(letter: Letter, boundary: str) -> tuple[str, bytes]:
    """The content type line of the whole, and what follows it."""
    inner = [_text("plain", letter.text)]
    if letter.html:
        page = f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{letter.html}</body></html>\n'
        inner.append(_text("html", page))
    whole = _join("alternative", inner, boundary + "a")
    inline = [part for part in letter.parts if part.content_id]
    if inline:
        whole = _join("related", [whole, *(_file(part) for part in inline)], boundary + "r")
    files = [part for part in letter.parts if not part.content_id]
    return _join("mixed", [whole, *(_file(part) for part in files)], boundary + "m") if files else whole


def _join(kind: str, parts: Sequence[tuple[str, bytes]], boundary: str) -> tuple[str, bytes]:
    if len(parts) == 1:
        return parts[0]
    mark = boundary.encode()
    body = b"".join(
        b"--" + mark + b"\r\n" + head.encode("ascii") + b"\r\n" + inside + b"\r\n" for head, inside in parts
    )
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"', b"\r\n" + body + b"--" + mark + b"--\r\n"


def _text(kind: str, text: str) -> tuple[str, bytes]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    raw = lines.replace("\n", "\r\n").encode("utf-8", "replace")
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: "
    if raw.isascii() and max(map(len, raw.split(b"\n")), default=0) <= LONGEST_LINE:
        return head + "7bit", b"\r\n" + raw
    if len(raw.translate(None, delete=bytes(range(128)))) * 6 > len(raw):
        return head + "base64", b"\r\n" + _base64(raw)
    return head + "quoted-printable", b"\r\n" + binascii.b2a_qp(raw, istext=True)


def _file(part: Part) -> tuple[str, bytes]:
    kind = part.content_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", part.content_type, re.ASCII) else ""
    if not kind or kind.startswith(("multipart/", "message/")):
        kind = "application/octet-stream"
    name = clean(part.name).replace('"', "'").replace("\\", "_") or "file"
    shown = f'"{name}"' if name.isascii() else f'"{Header(name, "utf-8", maxlinelen=LONGEST_LINE).encode()}"'
    head = f"Content-Type: {kind}; name={shown}\r\nContent-Transfer-Encoding: base64\r\n"
    if part.content_id:
        head += f"Content-ID: <{_id(part.content_id)}>\r\n"
    place = "inline" if part.content_id else "attachment"
    return head + f"Content-Disposition: {place}; filename={shown}", b"\r\n" + _base64(part.content)


def _base64(raw: bytes) -> bytes:
    lines = base64.b64encode(raw)
    return b"".join(lines[at : at + 76] + b"\r\n" for at in range(0, len(lines), 76))


def _lines(text: str) -> str:
    """Escape text and keep its line breaks; addresses of pages become links."""
    out, at = [], 0
    for match in _LINK.finditer(text):
        link = escape(match[0], quote=True)
        out += [escape(text[at : match.start()]), f'<a href="{link}">{link}</a>']
        at = match.end()
    return "".join([*out, escape(text[at:])]).replace("\r\n", "\n").replace("\n", "<br>\n")
