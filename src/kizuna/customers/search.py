"""Finding customers by the beginning of anything: a name, an address, a phone number, an id, an order number.

Terms belong to identities and are stored as UTF-8 bytes (see SearchTerm), so a search is one range of an index on
SQLite and PostgreSQL alike, and a merge needs no re-indexing.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import connection

from kizuna.customers.models import Identity, IdentityKind, SearchTerm
from kizuna.tables import rows

MOST_BYTES = 160
MOST_TERMS = 40
MOST_WORDS = 6
_FOUND = (
    "SELECT customer_id FROM (SELECT i.customer_id AS customer_id, i.last_seen_us AS seen"
    " FROM customers_searchterm t JOIN customers_identity i ON i.id = t.identity_id"
    " WHERE t.shop_id = %s AND t.term >= %s AND t.term < %s"
)
_AND_ALSO = (
    " AND EXISTS (SELECT 1 FROM customers_identity j JOIN customers_searchterm o ON o.identity_id = j.id"
    " WHERE j.customer_id = i.customer_id AND o.term >= %s AND o.term < %s)"
)
_NEWEST_FIRST = " LIMIT %s) AS found GROUP BY customer_id ORDER BY MAX(seen) DESC, customer_id LIMIT %s"
_WORD = re.compile(r"[^\s,;:<>()\"|]+")
_PHONE = re.compile(r"[+(]?[\d\s()./+-]{5,}")


def find_customers(shop_id: int, text: str, limit: int) -> list[int]:
    """Find customers for whom every word of the text begins one of their terms; those seen last come first.

    Looks at no more than 50 times the limit of rows under a very short prefix, so that one letter stays fast.
    """
    ranges = [_range_of(word) for word in _words_asked(text)]
    if not ranges:
        return []
    ranges.sort(key=lambda bounds: -len(bounds[0]))
    sql = "".join([_FOUND, *[_AND_ALSO for _ in ranges[1:]], _NEWEST_FIRST])
    bounds = [bound for pair in ranges for bound in pair]
    with connection.cursor() as cursor:
        cursor.execute(sql, [shop_id, *bounds, max(limit * 50, 1000), limit])
        return [row[0] for row in cursor.fetchall()]


def index(shop_id: int, customer_ids: Collection[int]) -> None:
    """Write the terms that follow from what is said of these customers anew; order numbers stay."""
    said = list(
        Identity.objects.filter(shop_id=shop_id, customer_id__in=customer_ids).values_list(
            "id", "kind", "key", "profile"
        )
    )
    index_identities(shop_id, [(row[0], row[1], row[2], row[3]) for row in said])


def index_new(shop_id: int, identities: Iterable[tuple[int, int, str]]) -> None:
    """Write the terms of identities of whom nothing else is known yet: (id, kind, key)."""
    _insert(
        shop_id, {(each[0], term) for each in identities for term in _terms_of(each[1], each[2], {})}, is_order=False
    )


def index_identities(shop_id: int, identities: Collection[tuple[int, int, str, Mapping[str, Any]]]) -> None:
    """Write the terms of identities anew: (id, kind, key, what was said under it)."""
    wanted = {(identity_id, term) for identity_id, kind, key, said in identities for term in _terms_of(kind, key, said)}
    ids = [identity[0] for identity in identities]
    stored = {
        (identity_id, bytes(term)): row
        for row, identity_id, term in SearchTerm.objects.filter(
            shop_id=shop_id, identity_id__in=ids, is_order=False
        ).values_list("id", "identity_id", "term")
    }
    gone = [row for key, row in stored.items() if key not in wanted]
    if gone:
        SearchTerm.objects.filter(id__in=gone).delete()
    _insert(shop_id, (pair for pair in wanted if pair not in stored), is_order=False)


def add_order_numbers(shop_id: int, numbers: Mapping[int, Iterable[str]]) -> None:
    """Let customers be found by order numbers, {identity: numbers}; those already there are left alone."""
    pairs = {(identity_id, term) for identity_id, each in numbers.items() for number in each if (term := _term(number))}
    _insert(shop_id, pairs, is_order=True)


def _insert(shop_id: int, pairs: Iterable[tuple[int, bytes]], *, is_order: bool) -> None:
    told = [(shop_id, term, identity_id, is_order) for identity_id, term in sorted(pairs)]
    rows.insert("customers_searchterm", ("shop_id", "term", "identity_id", "is_order"), told, skip_known=True)


def _terms_of(kind: int, key: str, said: Mapping[str, Any]) -> set[bytes]:
    words: set[str] = set() if kind == IdentityKind.VISITOR and not said else {key}
    if kind == IdentityKind.PHONE:
        words |= _digits(key)
    if kind == IdentityKind.EMAIL:
        words |= _parts_of_address(key)
    for field in ("name", "email", "phone"):
        entry = said.get(field)
        if not entry or not isinstance(entry[0], str):
            continue
        words |= set(_WORD.findall(entry[0]))
        if field == "email":
            words |= _parts_of_address(entry[0])
        if field == "phone":
            words |= _digits(entry[0])
    return set(sorted(term for word in words if (term := _term(word)))[:MOST_TERMS])


def _parts_of_address(address: str) -> set[str]:
    local, _, host = address.partition("@")
    return {address, local, host, *re.split(r"[._+-]", local)}


def _digits(text: str) -> set[str]:
    digits = re.sub(r"\D", "", text)
    return {digits, digits.lstrip("0")} if digits else set()


def _term(word: str) -> bytes:
    folded = unicodedata.normalize("NFKC", word).casefold().strip()
    encoded = folded.encode("utf-8", "ignore")[:MOST_BYTES]
    return encoded.decode("utf-8", "ignore").encode()


def _words_asked(text: str) -> list[bytes]:
    words = [text] if _PHONE.fullmatch(text.strip()) else _WORD.findall(text)
    if len(words) == 1 and _PHONE.fullmatch(words[0].strip()) and not words[0].isdigit():
        words = sorted(_digits(words[0]), key=len)[:1]
    return [term for word in words[:MOST_WORDS] if (term := _term(word))]


def _range_of(term: bytes) -> tuple[bytes, bytes]:
    """Every string that begins with the term lies in [term, next): bytes of UTF-8 never reach FF."""
    return term, term + b"\xff"
