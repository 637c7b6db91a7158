"""To whom an answer goes: read from the thread itself, so that everybody who takes part keeps receiving it.

Pure but for reading the thread. Addresses are compared in lower case; our own never receive an answer.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kizuna.conversations.models import Conversation, Direction, Kind, Message, Team


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who receives an answer."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()


def of_answer(conversation: Conversation) -> Recipients:
    """Find to whom an answer goes: who wrote last, everybody they wrote to besides us; else whom we wrote to."""
    last = _last(conversation, Direction.IN)
    ours = _our_addresses(conversation.shop_id)
    if last is not None and last.from_address:
        told = last.recipients
        to = _unique([last.from_address], ours)
        copies = _unique([*told.get("to", ()), *told.get("cc", ())], {*ours, *to})
        return Recipients(tuple(to), tuple(copies))
    sent = _last(conversation, Direction.OUT)
    if sent is not None:
        to = _unique(sent.recipients.get("to", ()), ours)
        return Recipients(tuple(to), tuple(_unique(sent.recipients.get("cc", ()), {*ours, *to})))
    return Recipients()


def list_participants(messages: Iterable[Message]) -> list[str]:
    """List every address that a thread was written from or to, as first seen."""
    told: list[str] = []
    for message in messages:
        if message.kind == Kind.MESSAGE:
            told += [message.from_address, *message.recipients.get("to", ()), *message.recipients.get("cc", ())]
    return _unique(told, ())


def _last(conversation: Conversation, direction: str) -> Message | None:
    entries = Message.objects.filter(conversation=conversation, kind=Kind.MESSAGE, direction=direction)
    if direction == Direction.IN:
        entries = entries.filter(is_automatic=False)
    return entries.order_by("-number").first()


def _our_addresses(shop_id: int) -> set[str]:
    return set(Team.objects.filter(shop_id=shop_id).exclude(address="").values_list("address", flat=True))


def _unique(addresses: Iterable[str], without: Collection[str]) -> list[str]:
    kept: dict[str, None] = {}
    for address in addresses:
        folded = address.strip().lower()
        if folded and folded not in without and not _is_reply_address(folded, without):
            kept[folded] = None
    return list(kept)


def _is_reply_address(address: str, ours: Collection[str]) -> bool:
    local, _, domain = address.partition("@")
    return local.startswith("reply+") and any(each.endswith(f"@{domain}") for each in ours)
