"""What the shop's page says of a visitor: attributes and labels, kept beside their chat for operators to read.

Nothing proves any of it, because whoever uses a browser can change what its page says; so nothing is decided by it.
What is kept is small whatever was sent: so many short values under short names.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kizuna.conversations.models import ChatState

MOST, LONGEST_NAME, LONGEST_VALUE = 30, 60, 200
LARGEST_NUMBER = 10**15


def read(attributes: object, labels: object) -> dict[str, Any]:
    """Give what may be kept of what a page said.

    >>> read({"plan": "gold", "items": [1, 2], "": 1, "gone": None}, ["vip", 7])
    {'attributes': {'plan': 'gold', 'items': '[1,2]'}, 'labels': ['vip', '7']}
    """
    told = attributes.items() if isinstance(attributes, Mapping) else ()
    named = [(_short(name, LONGEST_NAME), value) for name, value in told if value is not None]
    kept = {name: _plain(value) for name, value in named if name}
    said = [_short(each, LONGEST_NAME) for each in labels] if isinstance(labels, list) else []
    return {"attributes": dict(_newest(kept.items())), "labels": list(_newest(dict.fromkeys(filter(None, said))))}


def keep(shop_id: int, conversation_id: int, said: Mapping[str, Any]) -> None:
    """Keep what was read beside a chat, over what was said before. The caller commits."""
    rows = ChatState.objects.select_for_update(of=("self",)).filter(conversation__shop_id=shop_id)
    row = rows.filter(conversation_id=conversation_id).first()
    if row is None:
        return
    before = read(row.context.get("attributes"), row.context.get("labels"))
    attributes = {**before["attributes"], **said["attributes"]}
    row.context |= read(attributes, [*before["labels"], *said["labels"]])
    row.save(update_fields=["context"])


def show(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what a chat's page said as pairs of name and text, its labels last."""
    said = read(context.get("attributes"), context.get("labels"))
    pairs = [(name, str(value)) for name, value in said["attributes"].items()]
    return [*pairs, ("labels", ", ".join(said["labels"]))] if said["labels"] else pairs


def where(context: Mapping[str, Any]) -> str:
    """Say on which page a chat began: its title, else its address."""
    page = context.get("page")
    told = (page.get("title") or page.get("url")) if isinstance(page, Mapping) else page or context.get("url")
    return _short(told or "", LONGEST_VALUE)


def _plain(value: object) -> str | int | float | bool:
    if isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= LARGEST_NUMBER):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _short(text, LONGEST_VALUE)


def _short(value: object, most: int) -> str:
    return " ".join(str(value).split())[:most]


def _newest[T](all_of: Iterable[T]) -> list[T]:
    return list(all_of)[-MOST:]
