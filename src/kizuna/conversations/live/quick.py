"""The few rows that storing words reads and writes, in fixed statements: composing them anew costs more than running.

Every lock is taken in order of the chat's number, as everywhere, so that two who store or mark never wait in a circle.
Callers hold the transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection

from kizuna.conversations.models import Channel, Conversation, Message, Turn, TurnState

_MOVES = (
    *("state", "preview", "awaits_us", "snoozed_until_us", "last_message_us", "last_inbound_us"),
    *("waiting_since_us", "first_inbound_us", "first_response_us", "closed_us", "last_number"),
)
_CHAT = ("id", "shop_id", "identity_id", *_MOVES)
_TURN = ("id", "conversation_id", "state", "person_id", "entered_us", "served_us", "answered_us")
_UPDATE = f"UPDATE conversations_conversation SET {', '.join(f'{name} = %s' for name in _MOVES)} WHERE id = %s"  # noqa: S608


def lock_chats(conversation_ids: Collection[int]) -> dict[int, Conversation]:
    """Lock chats in the order of their numbers; only what words move is read of them."""
    wanted = sorted(conversation_ids)
    asked = f"SELECT {', '.join(_CHAT)} FROM conversations_conversation WHERE id IN ({_marks(wanted)}) AND channel = %s"  # noqa: S608
    found = {}
    for row in _run(f"{asked} ORDER BY id{_for_update()}", [*wanted, Channel.CHAT.value]):
        chat = found[row[0]] = _make(Conversation, _CHAT, row)
        chat.awaits_us = bool(chat.awaits_us)
    return found


def lock_turns(conversation_ids: Collection[int]) -> dict[int, Turn]:
    """Lock the turns under way of locked chats."""
    wanted = sorted(conversation_ids)
    if not wanted:
        return {}
    asked = f"SELECT {', '.join(_TURN)} FROM conversations_turn WHERE conversation_id IN ({_marks(wanted)})"  # noqa: S608
    under_way = [TurnState.WAITING.value, TurnState.SERVED.value]
    ordered = f"{asked} AND state IN (%s, %s) ORDER BY conversation_id{_for_update()}"
    return {row[1]: _make(Turn, _TURN, row) for row in _run(ordered, [*wanted, *under_way])}


def find_known(conversation_ids: Collection[int], client_ids: Collection[str]) -> dict[tuple[int, str], Message]:
    """Find which of these client ids are stored already; nearly always none is."""
    if not client_ids:
        return {}
    chats, clients = sorted(conversation_ids), sorted(client_ids)
    asked = f"SELECT id FROM conversations_message WHERE conversation_id IN ({_marks(chats)})"  # noqa: S608
    given = " AND NOT (client_id = '')"  # as the index of client ids says, which SQLite else would not use
    found = _run(f"{asked} AND client_id IN ({_marks(clients)}){given}", [*chats, *clients])
    if not found:
        return {}
    rows = Message.objects.filter(pk__in=[row[0] for row in found])
    return {(each.conversation_id, each.client_id): each for each in rows}


def move(chats: Iterable[Conversation]) -> None:
    """Write what words moved of locked chats."""
    rows = [(*(getattr(chat, name) for name in _MOVES), chat.pk) for chat in chats]
    with connection.cursor() as cursor:
        cursor.executemany(_UPDATE, rows)


def note_behind(conversation_ids: Collection[int]) -> None:
    """Note that something was said in chats that is to be followed, one after the other as marks are written too."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE conversations_chatstate SET is_behind = TRUE WHERE conversation_id = %s AND NOT is_behind",
            [(each,) for each in sorted(conversation_ids)],
        )


def _make[M: (Conversation, Turn)](model: type[M], names: Sequence[str], row: Sequence[Any]) -> M:
    """Make a row of a model of some columns, which Django takes in its own order."""
    told = dict(zip(names, row, strict=True))
    return model.from_db(
        "default", names, [told[each.attname] for each in model._meta.concrete_fields if each.attname in told]
    )


def _run(asked: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(asked, values)
        return list(cursor.fetchall())


def _marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _for_update() -> str:
    return " FOR UPDATE" if connection.features.has_select_for_update else ""
