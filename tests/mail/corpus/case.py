"""A case of the corpus: a mail, what it is about, and what must come of it. What is not expected is not looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

CRLF = "\r\n"
DEFAULTS = {
    "From": "Anna <anna@example.com>",
    "To": "care@shop.example",
    "Subject": "Green tea",
    "Date": "Sun, 22 Nov 2026 11:00:00 +0000",
}


@dataclass(frozen=True)
class Case:
    """A mail and its expected outcome; `about` names the complaint or rule it stands for.

    `expect` holds fields of ParsedMail by name, or one of: text_has, text_lacks, html_has, html_lacks, files, problem,
    cut, failure, way (what the flow does with it: new, same, aside, duplicate).
    """

    name: str
    raw: bytes
    about: str
    expect: dict[str, Any] = field(default_factory=dict)
    mail_from: str | None = "anna@example.com"


def mail(body: str | bytes = "Hello", /, **headers: str) -> bytes:
    """Write a mail with the usual headers; underscores in names are hyphens, an empty value leaves a header out."""
    told = {**DEFAULTS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if "Message-ID" not in told:
        told["Message-ID"] = "<case@example.com>"
    head = CRLF.join(f"{name}: {value}" for name, value in told.items() if value)
    content = body if isinstance(body, bytes) else body.replace("\r\n", "\n").replace("\n", CRLF).encode()
    return head.encode("utf-8", "surrogateescape") + (CRLF * 2).encode() + content + CRLF.encode()


def part(content: str | bytes, content_type: str = "text/plain; charset=utf-8", **headers: str) -> bytes:
    """Write one part of a multipart."""
    told = {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = CRLF.join(f"{name}: {value}" for name, value in told.items() if value)
    body = content if isinstance(content, bytes) else content.replace("\n", CRLF).encode()
    return head.encode() + (CRLF * 2).encode() + body


def multi(kind: str, parts: Sequence[bytes], *, boundary: str = "b1", end: bool = True, **headers: str) -> bytes:
    """Write a multipart mail."""
    more = headers.pop("parameters", "")
    return mail(
        _joined(parts, boundary, end),
        MIME_Version="1.0",
        Content_Type=f'multipart/{kind}; boundary="{boundary}"{more}',
        **headers,
    )


def inner(kind: str, parts: Sequence[bytes], *, boundary: str = "b2", parameters: str = "") -> bytes:
    """Write a multipart inside another."""
    return part(_joined(parts, boundary, True), f'multipart/{kind}; boundary="{boundary}"{parameters}')


def _joined(parts: Sequence[bytes], boundary: str, end: bool) -> bytes:
    line = CRLF.encode()
    body = b"".join(b"--" + boundary.encode() + line + each + line for each in parts)
    return body + (b"--" + boundary.encode() + b"--" if end else b"")
