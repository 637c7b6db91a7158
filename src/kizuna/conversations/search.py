"""Finding conversations by words of their subject, their people and what was written, newest first.

Terms are UTF-8 bytes, so that the beginning of a word is one range of an index on SQLite and PostgreSQL alike. Scripts
without spaces are kept in pairs of signs. A search looks at no more rows than `_MOST_LOOKED_AT` per word.
"""

import re
import unicodedata
from collections.abc import Iterable

from django.db import connection

from kizuna.conversations.models import Message
from kizuna.tables import rows

MOST_TERMS = 120
MOST_WORDS = 6
MOST_BYTES = 60
_MOST_LOOKED_AT = 5_000
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_ADDRESS = re.compile(r"[^\s<>,;]+@[^\s<>,;]+")
_TABLE = "conversations_term"


def index(message: Message) -> None:
    """Let the conversation of an entry be found by its words; those it has already stay as they are."""
    index_many([message])


def index_many(messages: Iterable[Message]) -> None:
    """Let the conversations of many entries be found by their words."""
    found: dict[tuple[int, bytes, int], None] = {}
    for message in messages:
        people = [message.from_name, message.from_address, *message.recipients.get("to", ())]
        told = [message.subject, *people, message.text[:20_000]]
        for term in _terms(" ".join(told)):
            found[message.shop_id, term, message.conversation_id] = None
    rows.insert(_TABLE, ("shop_id", "term", "conversation_id"), list(found), skip_known=True)


def move(shop_id: int, from_id: int, to_id: int) -> None:
    """Let a conversation be found by another one's words as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_TABLE} (shop_id, term, conversation_id)"  # noqa: S608
            f" SELECT shop_id, term, %s FROM {_TABLE} WHERE conversation_id = %s AND shop_id = %s"
            " ON CONFLICT DO NOTHING",
            [to_id, from_id, shop_id],
        )


def find(shop_id: int, text: str, limit: int) -> list[int]:
    """Find conversations in which every word of the text begins a word; the newest first."""
    words = sorted(_asked(text), key=len, reverse=True)[:MOST_WORDS]
    if not words:
        return []
    found = _walk(shop_id, words, "t.term = %s", [words[0]], limit)
    if len(found) < limit:
        begins = _walk(shop_id, words, "t.term >= %s AND t.term < %s", [words[0], words[0] + b"\xff"], limit)
        found = sorted({*found, *begins}, reverse=True)[:limit]
    return found


def _walk(shop_id: int, words: list[bytes], condition: str, values: list[bytes], limit: int) -> list[int]:
    others = "".join(
        f" AND EXISTS (SELECT 1 FROM {_TABLE} o WHERE o.conversation_id = t.conversation_id"  # noqa: S608
        " AND o.term >= %s AND o.term < %s)"
        for _ in words[1:]
    )
    bounds = [bound for word in words[1:] for bound in (word, word + b"\xff")]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT conversation_id FROM"  # noqa: S608
            f" (SELECT t.conversation_id FROM {_TABLE} t WHERE t.shop_id = %s AND {condition}"
            f" ORDER BY t.term DESC, t.conversation_id DESC LIMIT {_MOST_LOOKED_AT}) AS t"
            f" WHERE TRUE{others} ORDER BY conversation_id DESC LIMIT %s",
            [shop_id, *values, *bounds, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def _terms(text: str) -> list[bytes]:
    folded = _fold(text)
    kept: dict[bytes, None] = {}
    for term in (*_ADDRESS.findall(folded), *_pieces(folded)):
        if len(kept) >= MOST_TERMS:
            break
        kept[_encode(term)] = None
    return [term for term in kept if len(term) > 1]


def _asked(text: str) -> set[bytes]:
    folded = _fold(text)
    addresses = _ADDRESS.findall(folded)
    rest = _ADDRESS.sub(" ", folded)
    return {term for word in (*addresses, *_pieces(rest)) if (term := _encode(word))}


def _pieces(folded: str) -> Iterable[str]:
    for word in _WORD.findall(folded):
        runs = _UNSPACED.findall(word)
        if not runs:
            yield word
            continue
        for run in runs:
            if len(run) == 1:
                yield run
            yield from (run[place : place + 2] for place in range(len(run) - 1))
        yield from _WORD.findall(_UNSPACED.sub(" ", word))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _encode(word: str) -> bytes:
    return word.encode("utf-8", "ignore")[:MOST_BYTES].decode("utf-8", "ignore").encode()
