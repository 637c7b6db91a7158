"""The panel's wire, read from bytes: what each request must look like, and what makes one refused. No database.

Bodies are JSON whatever their content type says, so that no preflight is needed; lengths are limited here, once.
Half characters, which browsers send when a text is cut inside an emoji, and the character NUL are replaced.
"""

import re
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

LONGEST_BODY = 64 * 1024
LONGEST_TEXT = 10_000
MOST_FILES = 10

type Short = Annotated[str, Meta(max_length=64)]
type Name = Annotated[str, Meta(max_length=200)]
type Token = Annotated[str, Meta(min_length=1, max_length=1_500)]
type Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
type ClientId = Annotated[str, Meta(min_length=1, max_length=64)]
type Number = Annotated[int, Meta(ge=0, le=2_000_000_000)]


class Refused(Exception):
    """The request can never succeed; says with which status, why, and which field is at fault."""

    def __init__(self, status: int, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field


class Later(Exception):
    """A passing fault: the panel should come back."""

    def __init__(self, status: int, message: str, after_s: float) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.after_s = after_s


class Page(Struct, frozen=True):
    """The page a visitor looks at."""

    url: Annotated[str, Meta(max_length=4_000)] = ""
    title: Annotated[str, Meta(max_length=1_000)] = ""
    referrer: Annotated[str, Meta(max_length=4_000)] = ""


class Cart(Struct, frozen=True):
    """What lies in the cart."""

    minor: Annotated[int, Meta(ge=0, le=10**12)] = 0
    currency: Annotated[str, Meta(max_length=3)] = ""


class User(Struct):
    """Whom the shop says the visitor is; without a signature nobody is believed."""

    identifier: Annotated[str, Meta(max_length=255)] = ""
    identifier_hash: Annotated[str, Meta(max_length=128)] = ""
    jwt: Annotated[str, Meta(max_length=4_096)] = ""
    name: Name = ""
    email: Annotated[str, Meta(max_length=254)] = ""


class Hello(Struct):
    """A panel comes up."""

    key: Annotated[str, Meta(min_length=1, max_length=200)]
    visitor: Annotated[str, Meta(max_length=200)] = ""
    token: Annotated[str, Meta(max_length=1_500)] = ""
    user: User | None = None
    page: Page = Page()
    cart: Cart = Cart()
    locale: Short = ""
    consent: Any = None


class Open(Struct):
    """A chat begins."""

    token: Token
    client_id: ClientId
    text: Text = ""
    name: Name = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    language: Short = ""
    invitation: Short = ""
    context: dict[str, Any] = {}


class Say(Struct):
    """Words for a chat."""

    token: Token
    conversation: UUID
    client_id: ClientId
    text: Text = ""
    attachments: Annotated[list[Short], Meta(max_length=MOST_FILES)] = []


class Stream(Struct):
    """A panel listens, from an entry on."""

    token: Token
    conversation: UUID | None = None
    after: Number = 0


class InChat(Struct):
    """Something small within a chat: typing, closing, reading up to a number, an address for the transcript."""

    token: Token
    conversation: UUID
    number: Number = 0
    delivered: Number = 0
    email: Annotated[str, Meta(max_length=254)] = ""


class About(Struct):
    """What the shop's page says of the visitor, for the chat that is open."""

    token: Token
    conversation: UUID
    attributes: dict[str, Any] = {}
    labels: list[Any] = []


class Upload(Struct):
    """A file for a chat."""

    token: Token
    conversation: UUID
    name: Annotated[str, Meta(max_length=400)] = "file"
    type: Annotated[str, Meta(max_length=200)] = ""


class Glance(Struct):
    """Which page a visitor looks at now."""

    token: Token
    page: Page = Page()
    cart: Cart = Cart()
    locale: Short = ""


class Invited(Struct):
    """A rule invited the visitor, or would have; what came of it."""

    token: Token
    client_id: ClientId
    rule: Short = ""
    url: Annotated[str, Meta(max_length=4_000)] = ""
    outcome: Short = ""


class Search(Struct):
    """A question to the knowledge base."""

    token: Token
    words: Annotated[str, Meta(max_length=500)]
    language: Short = ""


class Article(Struct):
    """An answer that is read, and whether it helped."""

    token: Token
    article: Annotated[str, Meta(min_length=1, max_length=200)]
    language: Short = ""
    helpful: bool | None = None


class Defer(Struct):
    """What a visitor leaves where nobody can answer now."""

    token: Token
    client_id: ClientId
    email: Annotated[str, Meta(max_length=254)]
    conversation: UUID | None = None
    name: Name = ""
    text: Text = ""
    reason: Short = "no_hours"
    language: Short = ""
    context: dict[str, Any] = {}


class Rate(Struct):
    """How a chat was."""

    token: Token
    conversation: UUID
    answers: dict[Short, int | Annotated[str, Meta(max_length=2_000)]]


class Report(Struct):
    """What a panel counted of the system."""

    token: Token
    chats: Number = 0
    reconnects: Number = 0
    failures: Number = 0
    delivery_ms: dict[Short, Number] = {}


class DeskWords(Struct):
    """An operator's words for a chat; `card` shows a product, `choices` are answers to tap."""

    conversation: UUID
    client_id: ClientId
    text: Text = ""
    attachments: Annotated[list[Short], Meta(max_length=MOST_FILES)] = []
    card: dict[str, Annotated[str, Meta(max_length=1_000)]] = {}
    choices: Annotated[list[Annotated[str, Meta(max_length=80)]], Meta(max_length=8)] = []


class DeskMark(Struct):
    """An operator types in a chat, or has seen it up to a number."""

    conversation: UUID
    number: Number = 0


_HALF = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u(?:[dD][89a-fA-F][0-9a-fA-F]{2}|0000))"
)
_decoders: dict[type[Struct], Any] = {}


def parse[S: Struct](shape: type[S], body: bytes) -> S:
    """Read a body of this shape. Raises Refused."""
    decoder = _decoders.get(shape)
    if decoder is None:
        decoder = _decoders[shape] = msgspec.json.Decoder(shape)
    if b"\\u" in body:
        body = _HALF.sub(lambda found: b"\\ufffd" if found.group("half") else found.group(), body)
    try:
        read: S = decoder.decode(body)
    except msgspec.ValidationError as problem:
        message, _, path = str(problem).partition(" - at `$.")
        raise Refused(400, message, path.rstrip("`")) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "the body is not JSON", "body") from None
    return read


def write(content: object) -> bytes:
    """Write an answer; text that Django holds for safe markup is text here."""
    return msgspec.json.encode(content, enc_hook=_plain)


def event(name: str, content: object, number: int | None = None) -> bytes:
    """Write a server-sent event; JSON has no line breaks, so one line holds it."""
    head = b"" if number is None else b"id: %d\n" % number
    return b"%bevent: %b\ndata: %b\n\n" % (head, name.encode(), msgspec.json.encode(content))


def _plain(value: object) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} cannot be written")
