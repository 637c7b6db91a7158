"""Alerts that arrive: what somebody settled, their browsers, a test that shows whether one got it, and the sending.

What an alert says is written when it is sent, for somebody who may see the chat at that moment; names and words only
where that person asked for them, because a notification is read by whoever sees the screen.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.tasks import task

from kizuna.conversations import desk, threads
from kizuna.conversations.live import state as chat_state
from kizuna.customers import profiles
from kizuna.flows import alerts_push
from kizuna.flows.alerts_push import GONE, TAKEN, Outcome
from kizuna.science import periods
from kizuna.shops import alerts, devices, tenants
from kizuna.shops.alerts import MENTION, MINE, Chosen
from kizuna.shops.devices import Subscription
from kizuna.shops.tenants import NotThere, Refused

if TYPE_CHECKING:
    from kizuna.shops.models import Alert, Device, Person, Shop

__all__ = ["Chosen", "NotThere", "Refused", "Subscription"]

WORDS = 120
NOTE = "note:"


@transaction.atomic
def choose(shop: "Shop", person: "Person", wanted: Chosen) -> None:
    """Settle what somebody is alerted of in a shop."""
    alerts.choose(shop.pk, person.pk, wanted)


@transaction.atomic
def add_device(shop: "Shop", person: "Person", told: Subscription, now: datetime) -> "Device":
    """Keep a browser that agreed to be alerted. Raises Refused."""
    alerts_push.check(told)
    if alerts.chosen_by(shop.pk, person.pk) is None:
        alerts.choose(shop.pk, person.pk, Chosen())
    return devices.add(person, told, periods.epoch_us(now))


@transaction.atomic
def remove_device(person: "Person", public_id: str) -> None:
    """Send no more to one of somebody's own browsers. Raises NotThere."""
    devices.remove([devices.get(person.pk, public_id).pk])


def test(shop: "Shop", person: "Person", public_id: str, now: datetime) -> Outcome:
    """Send a test to one of somebody's own browsers, at once, outside of any transaction. Raises NotThere."""
    now_us = periods.epoch_us(now)
    with transaction.atomic():
        device = devices.get(person.pk, public_id)
        key = devices.begin_test(device, now_us)
    message = {
        "title": "It works",
        "body": f"Alerts of {shop.name} reach this browser.",
        "url": f"/s/{shop.slug}/settings/alerts/",
        "tag": "kizuna-test",
        "shown": f"/alerts/shown/{key}/",
    }
    return _send(device, message, now_us)


@transaction.atomic
def note_shown(test_key: str, now: datetime) -> bool:
    """Note that a browser says it showed the test."""
    return devices.note_shown(test_key, periods.epoch_us(now))


@task()
def deliver(shop_id: int, person_id: int, alert_id: int, now_us: int) -> str:
    """Send an alert to every browser of a person, if they may still see it; says what became of it."""
    shop = tenants.get_shop_by_id(shop_id)
    alert = alerts.find(shop_id, alert_id)
    chosen = next((each for person, each in alerts.list_listeners(shop_id) if person.pk == person_id), None)
    if alert is None or alert.person_id != person_id or chosen is None or not chosen.by_push:
        return "nobody to alert"
    if _is_over(shop, alert):
        return "answered meanwhile"
    title, body = words_of(shop, alert, chosen)
    message = {"title": title, "body": body, "url": url_of(shop, alert), "tag": f"kizuna-{alert.conversation_id}"}
    found = [_send(device, message, now_us).state for device in devices.list_of(person_id)]
    if TAKEN in found:
        with transaction.atomic():
            alerts.note_sent(alert_id, now_us)
    return ", ".join(found) or "no browser"


def words_of(shop: "Shop", alert: "Alert", chosen: Chosen) -> tuple[str, str]:
    """Write what an alert says to somebody who may see the chat."""
    if alert.kind == MENTION:
        return _mention_words(shop, alert, chosen)
    title = "A customer wrote to you" if alert.kind == MINE else "A chat waits"
    conversation = threads.find(shop.pk, alert.conversation_id) if chosen.with_words else None
    if conversation is None:
        return title, shop.name
    said = chat_state.find(conversation.pk)
    known = profiles.cards(shop.pk, [conversation.customer_id]) if conversation.customer_id else {}
    card = known.get(conversation.customer_id or 0)
    name = (card.name if card else "") or (said.name if said else "") or "Somebody"
    return (
        f"{name} {'wrote to you' if alert.kind == MINE else 'waits'}",
        f"{conversation.preview[:WORDS]} · {shop.name}",
    )


def url_of(shop: "Shop", alert: "Alert") -> str:
    """Write where the chat is answered, or the note is read."""
    conversation = threads.find(shop.pk, alert.conversation_id) if alert.kind == MENTION else None
    return f"/s/{shop.slug}/live/" if conversation is None else f"/s/{shop.slug}/inbox/{conversation.public_id}/"


def mail_words(shop: "Shop", alert: "Alert", chosen: Chosen) -> tuple[str, str]:
    """Write the mail for when nobody's console is open: (subject, text)."""
    title, body = words_of(shop, alert, chosen)
    why = (
        "Somebody named you in a note."
        if alert.kind == MENTION
        else "Somebody waits in the panel and no console is open."
    )
    text = (
        f"{body}\n\n{why}\n"
        f"{'Read it' if alert.kind == MENTION else 'Answer'} here: {settings.PUBLIC_URL}{url_of(shop, alert)}\n\n"
        "You get at most one such mail in half an hour."
        f" Change it: {settings.PUBLIC_URL}/s/{shop.slug}/settings/alerts/\n"
    )
    return f"{title} at {shop.name}" if shop.name not in title else title, text


def note_of(about: str) -> int:
    """The number of the note that an alert is about."""
    return int(about.removeprefix(NOTE))


def _is_over(shop: "Shop", alert: "Alert") -> bool:
    """Whether what somebody was to be alerted of has been seen or answered meanwhile."""
    if alert.kind == MENTION:
        return desk.is_mention_seen(shop.pk, note_of(alert.about), alert.person_id)
    conversation = threads.find(shop.pk, alert.conversation_id)
    return conversation is None or not conversation.awaits_us


def _mention_words(shop: "Shop", alert: "Alert", chosen: Chosen) -> tuple[str, str]:
    note = threads.find_message(shop.pk, note_of(alert.about)) if chosen.with_words else None
    if note is None or note.person is None:
        return "You were named in a note", shop.name
    return f"{note.person.name or note.person.email} named you", f"{note.text[:WORDS]} · {shop.name}"


def _send(device: "Device", message: dict[str, str], now_us: int) -> Outcome:
    told = Subscription(device.endpoint, device.p256dh, device.auth)
    outcome = alerts_push.send(told, message)
    with transaction.atomic():
        if outcome.state == GONE:
            devices.remove([device.pk])
        else:
            devices.note_taken(device.pk, outcome.problem, now_us)
    return outcome
