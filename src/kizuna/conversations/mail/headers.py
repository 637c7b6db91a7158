"""Headers of a mail as values: words decoded, addresses, message ids, dates. Nothing here raises.

Addresses are found before words are decoded, so that an encoded word never smuggles an address in.
"""

import base64
import binascii
import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import utils
from email.message import Message

from kizuna.conversations.mail import charsets

LONGEST_HEADER = 32 * 1024
LONGEST_ADDRESS = 254
LONGEST_ID = 250
_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_GAP = re.compile(r"(\?=)\s+(=\?[^?\s]{1,60}\?[bBqQ]\?)")
_ID = re.compile(r"<([^<>\s]{1,998})>")
_ADDRESS = re.compile(r"[^\s<>()@\"\\,:;\[\]\x00-\x1f\x7f]{1,64}@[^\s<>()@\"\\,:;\x00-\x1f\x7f]{1,190}")
_EARLIEST = 631_152_000


@dataclass(frozen=True, slots=True)
class Address:
    """An address in lower case, and the name written beside it."""

    address: str
    name: str = ""


def text_of(message: "Message[str, str]", name: str) -> str:
    """Read the first header of a name as text on one line; an empty word where there is none."""
    return decode_words(raw_of(message, name))


def raw_of(message: "Message[str, str]", name: str) -> str:
    """Read the first header of a name as it stands, unfolded."""
    wanted = name.lower()
    found = next((value for key, value in message.raw_items() if key.lower() == wanted), "")
    return _unfold(str(found))


def all_of(message: "Message[str, str]", name: str, most: int = 50) -> list[str]:
    """Read every header of a name in their order, unfolded."""
    wanted = name.lower()
    found = [_unfold(str(value)) for key, value in message.raw_items() if key.lower() == wanted]
    return found[:most]


def decode_words(value: str) -> str:
    """Decode the encoded words of a header; words that are none stay as they are."""
    joined = _GAP.sub(r"\1\2", value)
    pieces: list[tuple[str, bytes | str]] = []
    at = 0
    for word in _WORD.finditer(joined):
        if word.start() > at:
            pieces.append(("", joined[at : word.start()]))
        pieces.append((word[1], _word_bytes(word[2], word[3])))
        at = word.end()
    pieces.append(("", joined[at:]))
    text = "".join(_join(pieces))
    return " ".join(charsets.legible(text).split())


def addresses_of(message: "Message[str, str]", *names: str) -> tuple[list[Address], int]:
    """Read the addresses of some headers, each once; (they, how many an over-long header holds beyond them)."""
    found: dict[str, Address] = {}
    beyond = 0
    for name in names:
        for value in all_of(message, name):
            kept, rest = _cut(value)
            beyond += rest
            for shown, address in pairs_of(kept):
                known = clean_address(address)
                if known and known not in found:
                    found[known] = Address(known, decode_words(shown)[:200])
    return list(found.values()), beyond


def clean_address(text: str) -> str:
    """Write an address in lower case; an empty word where it is none."""
    lean = charsets.legible(text).strip().strip("<>").lower()
    return lean if len(lean) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(lean) else ""


def ids_of(message: "Message[str, str]", name: str, most: int = 100) -> list[str]:
    """Read message ids without their brackets, the newest last; of very many the first and the last are kept."""
    value = charsets.legible(" ".join(all_of(message, name)))
    found = [each for each in dict.fromkeys(_ID.findall(value)) if len(each) <= LONGEST_ID]
    if not found and name.lower() == "message-id" and value.strip() and len(value.split()) == 1:
        found = [value.strip().strip("<>")[:LONGEST_ID]]
    return found if len(found) <= most else [found[0], *found[-(most - 1) :]]


def date_us_of(message: "Message[str, str]") -> int | None:
    """Read when the sender says it was written, in epoch microseconds; None where that makes no sense."""
    try:
        moment = utils.parsedate_to_datetime(raw_of(message, "date")[:200])
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        seconds = int((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return seconds * 1_000_000 if seconds >= _EARLIEST else None


def fields_of(text: str) -> list[dict[str, str]]:
    """Read blocks of `Name: value` lines, as delivery reports have them; names in lower case."""
    blocks: list[dict[str, str]] = [{}]
    last = ""
    for line in text.replace("\r\n", "\n").split("\n")[:2000]:
        if not line.strip():
            blocks.append({})
            last = ""
        elif line[:1] in " \t" and last:
            blocks[-1][last] += " " + line.strip()
        else:
            name, colon, value = line.partition(":")
            last = name.strip().lower() if colon else ""
            if last:
                blocks[-1].setdefault(last, value.strip()[:2000])
    return [block for block in blocks if block]


def _unfold(value: str) -> str:
    return re.sub(r"[\r\n]+[ \t]*", " ", value[: 4 * LONGEST_HEADER]).strip()


def _word_bytes(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return quopri.decodestring(raw.replace(b" ", b"_"), header=True)
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return raw


def _join(pieces: Sequence[tuple[str, bytes | str]]) -> Iterator[str]:
    """Words of one charset are decoded together: some writers cut in the middle of a character."""
    charset, held = "", b""
    for label, piece in pieces:
        if isinstance(piece, bytes):
            if held and label.lower() != charset:
                yield charsets.decode(held, charset)[0]
                held = b""
            charset, held = label.lower(), held + piece
        elif piece:
            if held:
                yield charsets.decode(held, charset)[0]
                held = b""
            yield piece
    if held:
        yield charsets.decode(held, charset)[0]


def _cut(value: str) -> tuple[str, int]:
    if len(value) <= LONGEST_HEADER:
        return value, 0
    end = value.rfind(",", 0, LONGEST_HEADER)
    end = end if end > 0 else LONGEST_HEADER
    return value[:end], value.count("@", end)


def pairs_of(value: str) -> list[tuple[str, str]]:
    """Read (name, address) pairs from one header's text."""
    try:
        found = utils.getaddresses([value])
    except (TypeError, ValueError, IndexError, RecursionError):
        found = []
    if any(address for _, address in found):
        return found
    # what the standard's grammar does not take still names whom to answer
    return [("", address) for address in _ADDRESS.findall(_WORD.sub(" ", value))[:100]]
