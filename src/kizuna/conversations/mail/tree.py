"""The bytes of a mail as a tree of parts, on a small safe policy of our own: nothing that is sent to us raises.

The standard policy that knows modern headers raises on hostile ones; here headers stay plain text and are read one by
one (headers.py). Mails built to exhaust memory keep their headers and the beginning of their text: the raw mail stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email._policybase import Compat32
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from kizuna.conversations.mail import charsets

DEEPEST = 30
MOST_LINES = 1_000_000
MOST_BOUNDARIES = 20_000
LONGEST_HEADERS = 512 * 1024
LONGEST_PLAIN = 512 * 1024
type Mail = Message[str, str]


class SafePolicy(Compat32):
    """Headers as plain text; 8-bit bytes become legible text when a header is asked for."""

    def header_fetch_parse(self, name: str, value: Any) -> str:
        """Give a header as text without surrogates."""
        return charsets.legible(str(value))


POLICY = SafePolicy()


@dataclass(frozen=True, slots=True)
class Node:
    """One part, how deep it lies, and the parts in it."""

    mail: Mail
    depth: int
    children: "tuple[Node, ...]" = ()

    @property
    def kind(self) -> str:
        """The content type, in lower case."""
        return content_type(self.mail)


@dataclass(slots=True)
class Tree:
    """A mail's parts and what was wrong with reading them."""

    root: Node
    problems: list[str] = field(default_factory=list)


def read(raw: bytes) -> Tree:
    """Read a mail into its parts; what was left out or could not be read is named in `problems`."""
    problems: list[str] = []
    lean = _lean(raw, problems)
    plain = bool(problems)
    if raw.count(b"\n") > MOST_LINES or raw.count(b"\n--") > MOST_BOUNDARIES:
        problems.append("too_many_lines")
        plain = True
    if not plain:
        try:
            return Tree(_node(message_from_bytes(lean, policy=POLICY), 0, problems), problems)
        except Exception as fault:
            problems.append("structure" if not isinstance(fault, RecursionError) else "too_deep")
    return Tree(Node(_headers_only(lean), 0), problems)


def walk(node: Node) -> Iterator[Node]:
    """Go through a part and all parts in it, in their order."""
    stack = [node]
    while stack:
        each = stack.pop()
        yield each
        stack.extend(reversed(each.children))


def content_type(mail: Mail) -> str:
    """Read the content type in lower case; text/plain where none makes sense."""
    try:
        return mail.get_content_type()
    except Exception:
        return "text/plain"


def parameter(mail: Mail, name: str, header: str = "content-type") -> str:
    """Read a parameter of a header, continued and encoded ones included; an empty word where there is none."""
    try:
        value = mail.get_param(name, "", header)
    except Exception:
        return ""
    if isinstance(value, tuple):
        charset, _, content = value
        raw = str(content).encode("latin-1", "replace")
        return charsets.decode(raw, charset or "utf-8")[0]
    return charsets.legible(str(value or ""))


def disposition(mail: Mail) -> str:
    """Read the content disposition: inline, attachment or an empty word."""
    try:
        return mail.get_content_disposition() or ""
    except Exception:
        return ""


def payload(mail: Mail) -> bytes:
    """Give the bytes of a part, its transfer encoding undone as far as it can be."""
    try:
        content = mail.get_payload(decode=True)
    except Exception:
        content = None
    if isinstance(content, bytes):
        return content
    held = mail.get_payload()
    return held.encode("utf-8", "surrogateescape") if isinstance(held, str) else b""


def whole(mail: Mail) -> bytes:
    """Write a part with its headers as bytes again, for keeping a forwarded mail; empty where that fails."""
    try:
        return mail.as_bytes()
    except Exception:
        return b""


def _node(mail: Mail, depth: int, problems: list[str]) -> Node:
    """Build the tree with a stack of its own, so that no depth exhausts Python's."""
    order: list[tuple[Mail, int, int]] = [(mail, 0, -1)]
    at = 0
    while at < len(order):
        each, level, _ = order[at]
        parts = each.get_payload() if each.is_multipart() else []
        inner = [part for part in parts if isinstance(part, Message)] if isinstance(parts, list) else []
        if inner and level >= DEEPEST:
            if "too_deep" not in problems:
                problems.append("too_deep")
        else:
            order.extend((part, level + 1, at) for part in inner)
        at += 1
    children: dict[int, list[Node]] = {}
    for number in range(len(order) - 1, -1, -1):
        each, level, parent = order[number]
        built = Node(each, level + depth, tuple(reversed(children.pop(number, []))))
        if parent < 0:
            return built
        children.setdefault(parent, []).append(built)
    raise AssertionError("a tree has a root")


def _lean(raw: bytes, problems: list[str]) -> bytes:
    """Cut headers of more than half a megabyte at a line's end: nobody's mail has them."""
    ends = [end for mark in (b"\r\n\r\n", b"\n\n") if (end := raw.find(mark, 0, LONGEST_HEADERS)) >= 0]
    if ends or len(raw) <= LONGEST_HEADERS:
        return raw
    problems.append("headers_too_long")
    return raw[: raw.rfind(b"\n", 0, LONGEST_HEADERS) + 1] or raw[:LONGEST_HEADERS]


def _headers_only(lean: bytes) -> Mail:
    """Read the headers alone; the beginning of the rest becomes one plain text."""
    try:
        mail = BytesHeaderParser(policy=POLICY).parsebytes(lean[: LONGEST_HEADERS + LONGEST_PLAIN])
    except Exception:
        mail = Message(policy=POLICY)
        mail.set_payload(lean[:LONGEST_PLAIN].decode("utf-8", "surrogateescape"))
    for name in ("content-type", "content-transfer-encoding", "content-disposition"):
        del mail[name]
    return mail
