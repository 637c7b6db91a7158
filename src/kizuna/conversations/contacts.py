"""Who wrote to whom and when, over all conversations of some customers: what stages are reckoned from.

Read-only. A contact is a message that a person wrote or chose to send; automatic answers and notes are none.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kizuna.conversations.models import Conversation, Direction, Kind, Message, SendState, State

type Ints = NDArray[np.int64]

_NEVER_ARRIVED = (SendState.FAILED, SendState.BOUNCED, SendState.WITHDRAWN)
_TOGETHER = 500
_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Contact:
    """One message between the shop and a customer."""

    identity_id: int
    at_us: int
    inbound: bool
    channel: str
    ref: str
    conversation_id: int
    writer_id: int | None = None


def contacts_of(shop_id: int, identity_ids: Collection[int]) -> list[Contact]:
    """Read the contacts of identities, those of one conversation in their order; mail that never arrived is none.

    `writer_id` tells which identity wrote, where that is known: a friend in copy may be another customer.
    """
    found: list[Contact] = []
    ordered = sorted(set(identity_ids))
    for start in range(0, len(ordered), _TOGETHER):
        rows = Message.objects.filter(
            shop_id=shop_id,
            conversation__shop_id=shop_id,
            conversation__identity_id__in=ordered[start : start + _TOGETHER],
            kind=Kind.MESSAGE,
            is_automatic=False,
            direction__in=[Direction.IN, Direction.OUT],
        ).exclude(outgoing__state__in=_NEVER_ARRIVED)
        columns = ("at_us", "direction", "channel", "public_id", "conversation_id", "identity_id")
        ordered_rows = rows.order_by("conversation_id", "number").values_list("conversation__identity_id", *columns)
        for identity_id, at_us, direction, channel, public_id, conversation_id, writer_id in ordered_rows:
            inbound = direction == Direction.IN
            writer = writer_id if inbound else None
            found.append(Contact(identity_id, at_us, inbound, channel, str(public_id), conversation_id, writer))
    return found


def list_identities(shop_id: int) -> list[int]:
    """List the identities of a shop that any conversation belongs to."""
    rows = Conversation.objects.filter(shop_id=shop_id).exclude(identity=None)
    return list(rows.values_list("identity_id", flat=True).distinct())


def inbound_columns(shop_id: int) -> tuple[Ints, Ints]:
    """Read (identity, instant) of everything that customers of a shop wrote, as two arrays."""
    return _columns(shop_id, [Direction.IN])


def said_columns(shop_id: int) -> tuple[Ints, Ints]:
    """Read (identity, instant) of every message between a shop and its customers, written by people; both ways."""
    return _columns(shop_id, [Direction.IN, Direction.OUT])


def _columns(shop_id: int, directions: list[str]) -> tuple[Ints, Ints]:
    rows = Message.objects.filter(
        shop_id=shop_id, kind=Kind.MESSAGE, direction__in=directions, is_automatic=False
    ).filter(conversation__identity__isnull=False)
    if Direction.OUT in directions:
        rows = rows.exclude(outgoing__state__in=_NEVER_ARRIVED)
    pairs = rows.values_list("conversation__identity_id", "at_us").iterator(_CHUNK)
    table = np.fromiter((number for pair in pairs for number in pair), dtype=np.int64)
    return table[::2].copy(), table[1::2].copy()


@dataclass(frozen=True, slots=True)
class Told:
    """Whose conversation a message belongs to."""

    public_id: str
    identity_id: int | None
    conversation_id: int
    channel: str
    at_us: int


def find_message(shop_id: int, message_id: int) -> Told | None:
    """Find whose conversation a message belongs to."""
    columns = ("public_id", "conversation__identity_id", "conversation_id", "channel", "at_us")
    row = Message.objects.filter(shop_id=shop_id, pk=message_id).values_list(*columns).first()
    return None if row is None else Told(str(row[0]), *row[1:])


def closed_columns(shop_id: int) -> tuple[Ints, Ints, list[str]]:
    """Read every conversation that was brought to its end: its number, when, and its channel."""
    closed = Conversation.objects.filter(shop_id=shop_id, state=State.CLOSED, merged_into=None)
    rows = list(closed.exclude(closed_us=None).values_list("id", "closed_us", "channel").iterator(_CHUNK))
    numbers = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2)
    return numbers[:, 0].copy(), numbers[:, 1].copy(), [row[2] for row in rows]
