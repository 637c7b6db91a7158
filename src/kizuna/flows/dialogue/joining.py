"""Two conversations of a customer become one, or a part of one becomes its own; several are handled at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import joining, threads
from kizuna.conversations.desk import Refused
from kizuna.conversations.threads import Author, Direction, Kind, NewMessage
from kizuna.flows.dialogue import handling, news
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Person, Shop

__all__ = ["Bulk", "Refused", "act_on", "merge", "split"]

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Bulk:
    """What to do with several conversations: take, close, spam, reopen, assign (to), tag (name), snooze (until)."""

    act: str
    to: "Person | None" = None
    tag: str = ""
    until: datetime | None = None


@transaction.atomic
def merge(shop: "Shop", kept_id: int, other_id: int, person: "Person | None", now: datetime) -> "Conversation":
    """Move everything of one conversation into another of the same customer. Raises Refused."""
    now_us = periods.epoch_us(now)
    # locked in the order of their numbers, so that two who merge crosswise never wait for each other
    locked = {each: threads.lock(shop.pk, each) for each in sorted({kept_id, other_id})}
    kept, other = locked[kept_id], locked[other_id]
    moved = joining.merge(kept, other, now_us)
    text = f"took in “{other.subject or 'another conversation'}” with {moved} entries"
    _tell(shop, kept.pk, "merged", text, person, now_us)
    return kept


@transaction.atomic
def split(
    shop: "Shop", conversation_id: int, numbers: Collection[int], person: "Person | None", now: datetime
) -> "Conversation":
    """Let some entries of a conversation become one of their own. Raises Refused."""
    now_us = periods.epoch_us(now)
    conversation = threads.lock(shop.pk, conversation_id)
    made = joining.split(conversation, numbers, now_us)
    _tell(
        shop, conversation.pk, "split", "gave a part to a conversation of its own", person, now_us, str(made.public_id)
    )
    _tell(shop, made.pk, "split", "began as a part of another", person, now_us, str(conversation.public_id))
    return made


def act_on(
    shop: "Shop", conversation_ids: Sequence[int], bulk: Bulk, person: "Person", now: datetime
) -> tuple[int, list[str]]:
    """Do one thing with several conversations, each by itself; how many changed, and why others could not."""
    done, refused = 0, list[str]()
    for each in conversation_ids[:MOST_AT_ONCE]:
        try:
            done += _act(shop, each, bulk, person, now)
        except Refused as refusal:
            refused.append(str(refusal))
    return done, sorted(set(refused))


def _act(shop: "Shop", conversation_id: int, bulk: Bulk, person: "Person", now: datetime) -> bool:
    match bulk.act:
        case "take":
            return handling.take(shop, conversation_id, person, now)
        case "close":
            return handling.close(shop, conversation_id, person, now)
        case "spam":
            return handling.mark_spam(shop, conversation_id, person, now)
        case "reopen":
            return handling.reopen(shop, conversation_id, person, now)
        case "assign":
            return handling.assign(shop, conversation_id, bulk.to, person, now)
        case "tag":
            return handling.tag(shop, conversation_id, bulk.tag, person, now)
        case "snooze" if bulk.until is not None:
            return handling.snooze(shop, conversation_id, bulk.until, person, now)
    raise Refused("choose what to do")


def _tell(
    shop: "Shop", conversation_id: int, happening: str, text: str, person: "Person | None", now_us: int, other: str = ""
) -> None:
    entry = NewMessage(
        Direction.WITHIN,
        Author.MACHINE if person is None else Author.PERSON,
        text,
        now_us,
        kind=Kind.HAPPENING,
        person_id=None if person is None else person.pk,
        remarks={"happening": happening, "other": other},
    )
    threads.append(shop.pk, conversation_id, entry, now_us)
    news.tell(shop.pk, conversation_id)
