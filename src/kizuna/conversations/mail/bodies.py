"""Which parts of a mail are what was written, and which are files: text, HTML, attachments with their limits.

Nothing is left out silently: what goes beyond a limit is named in `cut`.
"""

import re
from dataclasses import dataclass, field
from html import escape

from kizuna.conversations.mail import charsets, tree
from kizuna.conversations.mail.headers import decode_words
from kizuna.conversations.mail.parsed import File
from kizuna.conversations.mail.tree import Node
from kizuna.html import sanitise

MOST_FILES = 200
MOST_NAMED = 50
LONGEST_TEXT = 200_000
LONGEST_HTML = 1_000_000
LONGEST_NAME = 180
_ENDINGS = {
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "text/html": ".html",
    "text/plain": ".txt",
    "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
}
_REPORTS = {"message/delivery-status", "message/feedback-report", "message/global-delivery-status"}
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]+")


@dataclass(slots=True)
class Body:
    """What was written, and the files."""

    text: str = ""
    html: str = ""
    files: list[File] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)


def read(root: Node) -> Body:
    """Read text, HTML and files of a mail."""
    body = Body()
    text, html = _read(root, body, inside="")
    if not text.strip() and html:
        text = sanitise.to_text(html[:LONGEST_HTML])
    if len(text) > LONGEST_TEXT:
        body.cut.append(f"text after {LONGEST_TEXT} characters")
    if len(html) > LONGEST_HTML:
        body.cut.append(f"HTML after {LONGEST_HTML} characters")
    body.text, body.html = text[:LONGEST_TEXT], html[:LONGEST_HTML]
    return body


def _read(node: Node, body: Body, inside: str) -> tuple[str, str]:
    if node.children and node.kind != "message/rfc822":
        each = [_read(child, body, node.kind) for child in node.children]
        return _choose(each) if node.kind == "multipart/alternative" else _concatenate(each)
    if node.mail.is_multipart() and node.kind.startswith("multipart/"):
        body.cut.append(f"parts nested deeper than {tree.DEEPEST}")
        return "", ""
    if node.kind in _REPORTS or (node.kind.startswith("message/") and inside == "multipart/report"):
        _keep(node, body, inside)
        return "", ""
    if _is_written(node):
        return _written(node, body)
    _keep(node, body, inside)
    return "", ""


def _is_written(node: Node) -> bool:
    if node.kind.startswith("multipart/"):
        return True  # its parts cannot be told apart: all of it is shown
    if node.kind not in {"text/plain", "text/html"}:
        return False
    return tree.disposition(node.mail) != "attachment" and not _given_name(node)


def _written(node: Node, body: Body) -> tuple[str, str]:
    charset = tree.parameter(node.mail, "charset")
    text, true = charsets.decode(tree.payload(node.mail), charset)
    if not true and "charset" not in body.problems:
        body.problems.append("charset")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if node.kind == "text/html":
        return "", text
    if tree.parameter(node.mail, "format").lower() == "flowed":
        text = _unflow(text, delete=tree.parameter(node.mail, "delsp").lower() == "yes")
    return text, ""


def _choose(each: list[tuple[str, str]]) -> tuple[str, str]:
    """Several forms of one text: the first plain one, the last HTML one."""
    text = next((text for text, _ in each if text.strip()), "")
    html = next((html for _, html in reversed(each) if html.strip()), "")
    return text, html


def _concatenate(each: list[tuple[str, str]]) -> tuple[str, str]:
    """Parts that follow each other: all of them, as text and, where one is HTML, as HTML."""
    kept = [(text, html) for text, html in each if text.strip() or html.strip()]
    if len(kept) == 1:
        return kept[0]
    texts = [text if text.strip() else sanitise.to_text(html[:LONGEST_HTML]) for text, html in kept]
    htmls = [html or f"<pre>{escape(text)}</pre>" for text, html in kept] if any(html for _, html in kept) else []
    return "\n\n".join(text.strip("\n") for text in texts), "\n".join(htmls)


def _keep(node: Node, body: Body, inside: str) -> None:
    name = _file_name(node, len(body.files) + 1)
    if len(body.files) >= MOST_FILES:
        beyond = [each for each in body.cut if each.startswith("attachment")]
        if len(beyond) < MOST_NAMED:
            body.cut.append(f"attachment {name[:60]}")
        elif len(beyond) == MOST_NAMED:
            body.cut.append("attachments beyond these")
        return
    if node.kind.startswith("message/") and node.mail.is_multipart():
        content = _message_bytes(node)
        if not content:
            body.problems.append("attached_mail")
    else:
        content = tree.payload(node.mail)
    inline = tree.disposition(node.mail) == "inline" or (inside == "multipart/related" and bool(_content_id(node)))
    body.files.append(File(name, node.kind[:120], content, _content_id(node), inline))


def _message_bytes(node: Node) -> bytes:
    """The attached mail, or the blocks of a delivery report, without the headers of the part that carries it."""
    parts = node.mail.get_payload()
    inner = [tree.whole(part) for part in parts if not isinstance(part, str)] if isinstance(parts, list) else []
    return b"\n".join(inner)


def _content_id(node: Node) -> str:
    try:
        value = str(node.mail.get("content-id", "") or "")
    except Exception:
        return ""
    return charsets.legible(value).strip().strip("<>").strip()[:250]


def _given_name(node: Node) -> str:
    given = tree.parameter(node.mail, "filename", "content-disposition") or tree.parameter(node.mail, "name")
    return decode_words(given)


def _file_name(node: Node, number: int) -> str:
    """A name without folders, control characters and marks that turn the direction of writing."""
    given = _UNSAFE.sub(" ", _given_name(node)).strip(" .")
    name = " ".join(given.split()) or f"part-{number}{_ENDINGS.get(node.kind, '.bin')}"
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: LONGEST_NAME - 12]}.{ending[:10]}" if dot else name[:LONGEST_NAME]


def _unflow(text: str, *, delete: bool) -> str:
    """Join the lines that format=flowed broke (RFC 3676)."""
    lines: list[str] = []
    depth, joined = 0, False
    for line in text.split("\n"):
        quotes = len(line) - len(line.lstrip(">"))
        content = line[quotes:].removeprefix(" ")
        soft = content.endswith(" ") and content != "-- "
        shown = content[:-1] if soft and delete else content
        if joined and quotes == depth and content != "-- ":
            lines[-1] += shown
        else:
            lines.append((">" * quotes + " " if quotes else "") + shown)
        depth, joined = quotes, soft
    return "\n".join(lines)
