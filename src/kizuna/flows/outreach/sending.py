"""Sending dialogue mails: one customer at a time, judged anew at that moment, in a transaction of its own.

A target is decided under its lock together with the conversation that begins, so that a worker killed at any point
sends each customer the mail exactly once. Pausing and stopping hold from the next customer on.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from kizuna.conversations import threads
from kizuna.customers import links
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Beginning
from kizuna.flows.outreach import choosing, facing
from kizuna.flows.outreach.choosing import Asked, Example
from kizuna.jobs import standing
from kizuna.outreach import hours, plays, reached, targets, who
from kizuna.outreach.plays import PlayState, RulesDraft
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.outreach.models import Play, Target
    from kizuna.shops.models import Shop

AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class _Run:
    """What is the same for every customer of a play within one step."""

    shop: "Shop"
    play: "Play"
    asked: Asked
    rules: RulesDraft
    now: datetime

    @property
    def now_us(self) -> int:
        return periods.epoch_us(self.now)


@standing.pump("outreach.send", interval_s=5.0)
def send_due(now: datetime) -> bool:
    """Write to the next customers of every running play; True where more are due."""
    more = [send_some(play.shop, play, now) for play in plays.list_running()]
    return any(more)


def send_some(shop: "Shop", play: "Play", now: datetime) -> bool:
    """Write to the next customers of a play; True where more are due now."""
    now_us = periods.epoch_us(now)
    left = play.a_day - reached.count_sent_since(play, _midnight_us(shop, now_us))
    due = targets.list_due(play, now_us, min(AT_ONCE, left)) if left > 0 else []
    if not due:
        return False
    asked = choosing.asked_of(play, facing.team_name(shop.pk, play.team_id))
    run = _Run(shop, play, asked, plays.rules_of(shop.pk), now)
    for target_id in due:
        if not _send_one(run, target_id):
            return False
    return len(due) == AT_ONCE


@transaction.atomic
def _send_one(run: _Run, target_id: int) -> bool:
    """Decide on one customer; False where the play no longer runs."""
    links.lock(run.shop.pk)
    target = targets.lock_waiting(target_id)
    if target is None:
        return True
    if plays.get(run.shop.pk, run.play.public_id).state != PlayState.RUNNING:
        return False
    found = choosing.judge_one(run.shop, run.asked, target.identity_id, run.play, run.now_us)
    if found is None or found.reason in who.CHOICE:
        targets.withdraw(run.play, [target.identity_id])
    elif found.reason:
        targets.leave_out(target, found.reason)
    else:
        _write_or_wait(run, target, found)
    return True


def _write_or_wait(run: _Run, target: "Target", found: Example) -> None:
    """Write, hold back by lot, or wait until the cap and the customer's hours allow it."""
    person = found.person
    sent = facing.sent_to_customer(run.shop, person.customer_id, run.now_us)
    caps = [run.rules.cap, *([hours.PACES[person.pace]] if person.pace in hours.PACES else [])]
    allowed_us = max(hours.next_within(cap, sent, run.now_us) for cap in caps)
    due_us = hours.next_open(run.rules.window, ZoneInfo(person.zone or run.shop.timezone), allowed_us)
    if due_us > run.now_us:
        targets.postpone(target, due_us)
    elif targets.is_held(run.play, target.identity_id):
        targets.decide(target, None, person.segment, run.now_us)
    else:
        _write(run, target, found)


def _write(run: _Run, target: "Target", found: Example) -> None:
    assert found.letter is not None
    told = Beginning(
        team_id=run.play.team_id,
        identity_id=target.identity_id,
        subject=found.letter.subject,
        text=found.letter.text,
        marketing=True,
        state=threads.State.BEGUN,
        address=found.person.address,
        client_id=f"play-{target.pk}",
    )
    try:
        conversation = writing.begin(run.shop, told, None, run.now)
    except writing.Refused:
        targets.leave_out(target, "no_address")
        return
    targets.decide(target, conversation.pk, found.person.segment, run.now_us)


def _midnight_us(shop: "Shop", now_us: int) -> int:
    zone = ZoneInfo(shop.timezone)
    return periods.local_midnight_us(periods.day_index(now_us, zone), zone)
