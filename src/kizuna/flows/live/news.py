"""Telling open panels and consoles that something moved in live chat: hints to look again, published after the commit.

Channel `shop:<id>:live`. A body has `conversation` (one changed), `desk` (what moved for everybody who serves) or
`heads` ([[conversation, last number], ...] of what was said, with the `origin` that showed it in its own process).
"""

from collections.abc import Mapping
from functools import partial

from django.db import transaction

from kizuna.bus import notes


def channel(shop_id: int) -> str:
    """Name the channel of a shop's live chats."""
    return f"shop:{shop_id}:live"


def tell(shop_id: int, conversation_id: int, **more: object) -> None:
    """Tell whoever has this chat open that it changed, once the caller's transaction is committed."""
    _publish(shop_id, {"conversation": conversation_id, **more})


def tell_desk(shop_id: int, what: str, **more: object) -> None:
    """Tell every console of the shop what moved: `queue`, `seats`, `visitors` ..."""
    _publish(shop_id, {"desk": what, **more})


def tell_heads(shop_id: int, heads: Mapping[int, int], origin: str = "") -> None:
    """Tell up to which number chats have entries now; `origin` is the process that has shown them already."""
    body = {"heads": sorted([chat, number] for chat, number in heads.items()), "origin": origin}
    notes.publish(channel(shop_id), body)  # in the caller's transaction: seen with it, and one commit instead of two


def _publish(shop_id: int, body: dict[str, object]) -> None:
    transaction.on_commit(partial(notes.publish, channel(shop_id), body))
