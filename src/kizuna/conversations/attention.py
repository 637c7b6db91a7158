"""Who has a conversation in front of them, who types, and how long: heartbeats of open pages made into rows.

A page beats while it is visible, focused and used; its seconds are believed only as far as time has passed since the
beat before. Callers hold the transaction.
"""

from dataclasses import dataclass

from kizuna.conversations.models import Attention, Conversation, Presence

BEAT_S = 10
FRESH_US = 35_000_000
TYPING_US = 12_000_000
LONGEST_S = 12 * 3600
SLACK_S = 2


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who has the conversation open now."""

    person_id: int
    name: str
    types: bool


def beat(conversation: Conversation, person_id: int, seconds: int, *, types: bool, now_us: int) -> bool:
    """Note that somebody is there and for how long they were; True where others see something new."""
    row, is_new = Presence.objects.get_or_create(
        conversation=conversation, person_id=person_id, defaults={"seen_us": now_us}
    )
    was_here = not is_new and now_us - row.seen_us < FRESH_US
    was_typing = was_here and now_us - row.typed_us < TYPING_US
    row.seen_us = now_us
    row.typed_us = now_us if types else row.typed_us
    row.save(update_fields=["seen_us", "typed_us"])
    _add(conversation, person_id, seconds, now_us)
    return not was_here or (types and not was_typing)


def leave(conversation: Conversation, person_id: int) -> bool:
    """Note that somebody has closed the page; False where nobody knew of them."""
    here = Presence.objects.filter(conversation=conversation, person_id=person_id, seen_us__gt=0)
    return here.update(seen_us=0, typed_us=0) > 0


def list_present(conversation_id: int, but: int, now_us: int) -> list[Present]:
    """List who else has the conversation in front of them."""
    rows = Presence.objects.filter(conversation_id=conversation_id, seen_us__gt=now_us - FRESH_US).exclude(
        person_id=but
    )
    return [
        Present(each.person_id, each.person.name or each.person.email, now_us - each.typed_us < TYPING_US)
        for each in rows.select_related("person").order_by("person_id")
    ]


def typed_us(conversation_id: int, person_id: int) -> int:
    """Say when somebody last typed an answer; 0 where they never did or have left."""
    rows = Presence.objects.filter(conversation_id=conversation_id, person_id=person_id)
    return rows.values_list("typed_us", flat=True).first() or 0


def list_under_way(conversation_id: int) -> list[Attention]:
    """List the minutes measured and not booked yet, one row per person."""
    rows = Attention.objects.filter(conversation_id=conversation_id, booked_us=None, seconds__gt=0)
    return list(rows.select_related("person").order_by("person_id"))


def set_seconds(conversation: Conversation, person_id: int, seconds: int) -> None:
    """Correct how long it took somebody, before it is booked; what was measured is kept beside it."""
    row, _ = Attention.objects.get_or_create(
        conversation=conversation, person_id=person_id, booked_us=None, defaults={"shop_id": conversation.shop_id}
    )
    row.seconds = min(max(seconds, 0), LONGEST_S)
    row.save(update_fields=["seconds"])


def end(conversation_id: int, now_us: int) -> list[Attention]:
    """Take what is not booked yet to be booked now; a row is given once."""
    rows = list(Attention.objects.select_for_update().filter(conversation_id=conversation_id, booked_us=None))
    Attention.objects.filter(pk__in=[each.pk for each in rows]).update(booked_us=now_us)
    return [each for each in rows if each.seconds > 0]


def _add(conversation: Conversation, person_id: int, seconds: int, now_us: int) -> None:
    row, is_new = Attention.objects.get_or_create(
        conversation=conversation, person_id=person_id, booked_us=None, defaults={"shop_id": conversation.shop_id}
    )
    passed = BEAT_S if is_new or not row.beat_us else max(0, (now_us - row.beat_us) // 1_000_000) + SLACK_S
    believed = max(0, min(seconds, passed, 2 * BEAT_S, LONGEST_S - row.seconds))
    row.seconds += believed
    row.measured_seconds += believed
    row.beat_us = now_us
    row.save(update_fields=["seconds", "measured_seconds", "beat_us"])
