"""Telling open pages that a conversation changed: a hint to look again, published after the commit."""

from functools import partial

from django.db import transaction

from kizuna.bus import notes


def tell(shop_id: int, conversation_id: int, **more: object) -> None:
    """Tell every open inbox of the shop, once the caller's transaction is committed."""
    body = {"conversation": conversation_id, **more}
    transaction.on_commit(partial(notes.publish, f"shop:{shop_id}:inbox", body))
