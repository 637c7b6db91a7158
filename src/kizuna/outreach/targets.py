"""The customers of a play, one row each: who waits, who was written to or held back, who answered.

Rows are unique per play and identity, and decided under their own lock, so that whatever is killed and repeated nobody
gets a mail twice. What may be sent and when is decided in flows.outreach.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from kizuna.outreach.models import Play, Target, TargetState
from kizuna.tables.rows import of_shop

__all__ = ["TargetState"]

_IN_ONE_QUERY = 5_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """A customer to be enrolled in a play, under their strongest identity."""

    identity_id: int
    customer_id: int


def enrol(play: Play, chosen: Sequence[Chosen], now_us: int) -> int:
    """Let customers wait for a play's mail; who is in already stays as they are, who was left out waits again."""
    known = {row.identity_id: row for row in _of(play, [each.identity_id for each in chosen])}
    again = [row.pk for row in known.values() if row.state == TargetState.LEFT_OUT]
    Target.objects.filter(pk__in=again).update(state=TargetState.WAITING, reason="", due_us=now_us, chosen_us=now_us)
    fresh = [
        Target(
            shop_id=play.shop_id,
            play=play,
            identity_id=each.identity_id,
            customer_id=each.customer_id,
            due_us=now_us,
            chosen_us=now_us,
        )
        for each in chosen
        if each.identity_id not in known
    ]
    Target.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh) + len(again)


def withdraw(play: Play, identity_ids: Collection[int]) -> None:
    """Take customers who still wait out of a play: they are no longer meant."""
    for part in batched(identity_ids, _IN_ONE_QUERY):
        Target.objects.filter(play=play, identity_id__in=part, state=TargetState.WAITING).delete()


def list_due(play: Play, now_us: int, limit: int) -> list[int]:
    """List the rows whose turn it is, by number."""
    rows = Target.objects.filter(play=play, state=TargetState.WAITING, due_us__lte=now_us)
    return list(rows.order_by("due_us", "id").values_list("pk", flat=True)[:limit])


def lock_waiting(target_id: int) -> Target | None:
    """Lock a row that waits; None where somebody else has decided meanwhile."""
    return Target.objects.select_for_update().filter(pk=target_id, state=TargetState.WAITING).first()


def postpone(target: Target, due_us: int) -> None:
    """Let a row wait until later."""
    target.due_us = due_us
    target.save(update_fields=["due_us"])


def leave_out(target: Target, reason: str) -> None:
    """Note why a customer who waited is not written to."""
    target.state, target.reason = TargetState.LEFT_OUT, reason
    target.save(update_fields=["state", "reason"])


def decide(target: Target, conversation_id: int | None, segment: str, now_us: int) -> None:
    """Note that a customer was written to, or (without a conversation) held back by lot."""
    target.state = TargetState.HELD if conversation_id is None else TargetState.SENT
    target.conversation_id, target.segment, target.decided_us = conversation_id, segment, now_us
    target.save(update_fields=["state", "conversation_id", "segment", "decided_us"])


def is_held(play: Play, identity_id: int) -> bool:
    """Draw the lot of a customer in a play: always the same one, evenly over customers."""
    lot = hashlib.blake2b(f"{play.public_id}:{identity_id}".encode(), digest_size=8).digest()
    return int.from_bytes(lot, "big") < play.hold_out * 2**64


def list_by_conversations(shop_id: int, conversation_ids: Collection[int]) -> list[Target]:
    """List and lock the rows whose mails began these conversations."""
    rows = Target.objects.select_for_update(of=("self",)).filter(shop_id=shop_id, conversation_id__in=conversation_ids)
    return list(rows.select_related("play").order_by("id"))


def note_answer(target: Target, at_us: int) -> bool:
    """Note that a customer answered; False where that was known."""
    if target.state != TargetState.SENT:
        return False
    target.state, target.answered_us = TargetState.ANSWERED, at_us
    target.save(update_fields=["state", "answered_us"])
    return True


def stop_for(shop_id: int, identity_ids: Collection[int]) -> int:
    """Take a customer out of every play in which they wait: they are talking with us."""
    rows = of_shop(Target.objects.filter(identity_id__in=identity_ids, state=TargetState.WAITING), shop_id)
    return rows.delete()[0]


def follow(shop_id: int, owners: Mapping[int, int]) -> None:
    """Keep the copy of the customer right after identities went to others, {identity: customer}."""
    for part in batched(owners, _IN_ONE_QUERY):
        rows = list(of_shop(Target.objects.filter(identity_id__in=part), shop_id))
        moved = [row for row in rows if row.customer_id != owners[row.identity_id]]
        for row in moved:
            row.customer_id = owners[row.identity_id]
        Target.objects.bulk_update(moved, ["customer_id"], batch_size=500)


def _of(play: Play, identity_ids: Sequence[int]) -> list[Target]:
    return list(Target.objects.filter(play=play, identity_id__in=identity_ids))
