"""Who is alerted when: a chat waits while consoles are closed, their own customer wrote, a note names them.

Runs after the live queue's own second (flows.live): it only reads turns and seats. Each reason alerts a person once;
mail goes only where nobody's console is open at all, and at most once in half an hour to each.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations.composing import BadAddress
from kizuna.conversations.live import seats, turns
from kizuna.conversations.live.seats import SeatState, Sitting
from kizuna.flows import alerts as flow
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Notice
from kizuna.jobs import queue, standing
from kizuna.science import periods
from kizuna.shops import alerts, tenants
from kizuna.shops.alerts import MAIL, MENTION, MINE, PUSH, WAITING, Chosen

if TYPE_CHECKING:
    from kizuna.conversations.models import Message
    from kizuna.shops.models import Alert, Person, Shop

SECOND_US = 1_000_000
LOOKING_US = 20 * SECOND_US
PUSH_AFTER_US = 5 * SECOND_US
MAIL_AFTER_US = 20 * SECOND_US
MAIL_REST_US = 1_800 * SECOND_US
_log = logging.getLogger(__name__)


@standing.pump("alerts.watch", interval_s=2.0)
def watch(now: datetime) -> bool:
    """Go through every shop in which anybody waits or is served; one that fails stops none of the others."""
    for shop_id in sorted(turns.list_shops_under_way()):
        try:
            watch_shop(tenants.get_shop_by_id(shop_id), now)
        except Exception:
            _log.exception("nobody of shop %d could be alerted", shop_id)
    return False


@transaction.atomic
def watch_shop(shop: "Shop", now: datetime) -> int:
    """Alert whom it concerns, each once; returns how many alerts are new."""
    listeners = alerts.list_listeners(shop.pk)
    if not listeners:
        return 0
    now_us = periods.epoch_us(now)
    sitting = {each.person.pk: each for each in seats.list_seats(shop.pk)}
    wanted = [*_waiting(shop, listeners, sitting, now_us), *_mine(shop, listeners, sitting, now_us)]
    return _send_new(shop, wanted, listeners, now)


@transaction.atomic
def mention(shop: "Shop", note: "Message", person_ids: Collection[int], now: datetime) -> int:
    """Alert those whom a note names, as they settled; by mail where their own console is closed. Each once."""
    now_us, about = periods.epoch_us(now), f"{flow.NOTE}{note.pk}"
    sitting = {each.person.pk: each for each in seats.list_seats(shop.pk)}
    listeners = [(person, chosen) for person, chosen in alerts.list_listeners(shop.pk) if person.pk in person_ids]
    wanted: list[Alert] = []
    for person, chosen in listeners:
        seat = sitting.get(person.pk)
        if not chosen.mentions or _looks(seat, now_us):
            continue
        if chosen.by_push:
            wanted.append(alerts.make(shop, person, PUSH, MENTION, about, note.conversation_id, now_us))
        if chosen.by_mail and (seat is None or not _is_open(seat, now_us)):
            wanted.append(alerts.make(shop, person, MAIL, MENTION, about, note.conversation_id, now_us))
    return _send_new(shop, wanted, listeners, now)


def _send_new(shop: "Shop", wanted: "list[Alert]", listeners: "list[tuple[Person, Chosen]]", now: datetime) -> int:
    """Store and send those alerts that are new; returns how many."""
    now_us = periods.epoch_us(now)
    fresh = alerts.begin(shop.pk, _one_mail_each(shop, alerts.leave_known(shop.pk, wanted), now_us))
    chosen = {person.pk: (person, each) for person, each in listeners}
    for alert in fresh:
        person, settled = chosen[alert.person_id]
        if alert.way == PUSH:
            key = f"alert:{alert.pk}"
            queue.enqueue_once(
                flow.deliver, key, shop_id=shop.pk, person_id=person.pk, alert_id=alert.pk, now_us=now_us
            )
        else:
            _mail(shop, alert, person, settled, now)
    return len(fresh)


def _waiting(
    shop: "Shop", listeners: "list[tuple[Person, Chosen]]", sitting: Mapping[int, Sitting], now_us: int
) -> "list[Alert]":
    """Alerts of chats that wait: by push to those who do not look, by mail where nobody's console is open."""
    found: list[Alert] = []
    nobody = not any(_is_open(each, now_us) for each in sitting.values())
    for turn in turns.list_waiting(shop.pk, now_us):
        about, waited_us = f"turn:{turn.pk}", now_us - turn.waited_since_us
        for person, chosen in listeners:
            if not chosen.waiting or _looks(sitting.get(person.pk), now_us):
                continue
            if chosen.by_push and waited_us >= PUSH_AFTER_US:
                found.append(alerts.make(shop, person, PUSH, WAITING, about, turn.conversation_id, now_us))
            if chosen.by_mail and nobody and waited_us >= MAIL_AFTER_US:
                found.append(alerts.make(shop, person, MAIL, WAITING, about, turn.conversation_id, now_us))
    return found


def _mine(
    shop: "Shop", listeners: "list[tuple[Person, Chosen]]", sitting: Mapping[int, Sitting], now_us: int
) -> "list[Alert]":
    """Alerts of words that wait for the operator who has the chat and looks elsewhere."""
    chosen = {person.pk: (person, each) for person, each in listeners}
    found = []
    for turn in turns.list_served(shop.pk):
        person, settled = chosen.get(turn.person_id or 0, (None, None))
        since_us = turn.conversation.waiting_since_us
        if person is None or settled is None or since_us is None or not (settled.mine and settled.by_push):
            continue
        if now_us - since_us >= PUSH_AFTER_US and not _looks(sitting.get(person.pk), now_us):
            about = f"chat:{turn.conversation_id}:{since_us}"
            found.append(alerts.make(shop, person, PUSH, MINE, about, turn.conversation_id, now_us))
    return found


def _mail(shop: "Shop", alert: "Alert", person: "Person", chosen: Chosen, now: datetime) -> None:
    subject, text = flow.mail_words(shop, alert, chosen)
    try:
        sending.send_notice(shop, Notice(person.email, subject, text, key=f"alert-{alert.pk}"), now)
    except BadAddress:
        return  # somebody whose address takes no mail: their browsers are alerted all the same
    alerts.note_sent(alert.pk, periods.epoch_us(now))


def _is_open(seat: Sitting, now_us: int) -> bool:
    """Whether somebody's console is open, whatever they do there."""
    return seat.state != SeatState.OFFLINE and not seats.is_gone(seat.seen_us, now_us)


def _looks(seat: Sitting | None, now_us: int) -> bool:
    """Whether somebody was at their console a moment ago: the page itself tells them."""
    return seat is not None and _is_open(seat, now_us) and now_us - max(seat.used_us, seat.since_us) < LOOKING_US


def _one_mail_each(shop: "Shop", found: "list[Alert]", now_us: int) -> "list[Alert]":
    """Keep only the first mail to each person, and none while the last one rests: several chats are one reason."""
    mailed: set[int] = set()
    kept = []
    for alert in found:
        if alert.way == MAIL:
            last_us = None if alert.person_id in mailed else alerts.last_us(shop.pk, alert.person_id, MAIL)
            if alert.person_id in mailed or (last_us is not None and now_us - last_us < MAIL_REST_US):
                continue
            mailed.add(alert.person_id)
        kept.append(alert)
    return kept


@standing.every("alerts.prune", cron="41 3 * * *")
def _prune(now: datetime) -> None:
    with transaction.atomic():
        alerts.prune(periods.epoch_us(now) - 30 * periods.DAY_US)
