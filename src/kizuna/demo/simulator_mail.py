"""Mail the simulated shop writes, and what becomes of it: consent, newsletters, opens by people and machines, clicks.

Clicks add stays to the world (so this part runs before simulator_visits); what customers write by themselves is
simulator_voice.
"""

from typing import Any

import numpy as np

from kizuna.demo.simulator_calendar import DAYS, Ints
from kizuna.demo.simulator_sales import DAY_US, HOUR_US
from kizuna.demo.simulator_world import Event, Session, World

NEWSLETTERS = (
    "First flush: the new teas are here",
    "How to fold a letter that needs no envelope",
    "Twelve days of indigo",
    "Cherry bark, and what it keeps",
    "The rainy-season reading list",
    "Inks for summer evenings",
    "A visit to the paper makers of Echizen",
    "Autumn papers, printed on Tuesday",
    "Small presents, quietly wrapped",
    "The tea calendar returns",
    "New year cards and brush pens",
    "What we learned from your letters",
)
_MACHINE_SHARE, _AWAY_SHARE = 0.35, 0.02


def add_mail(world: World, rng: np.random.Generator) -> None:
    """Ask for consent when people first come, write to those who gave it, and watch what they do."""
    truth, now_us = world.truth, world.plan.now_us
    count = len(truth.user_id)
    reads_by_machine = rng.random(count) < _MACHINE_SHARE
    patience = rng.exponential(600.0, count) * (0.4 + truth.engagement)
    first_us = {purchase.customer: purchase.at_us for purchase in reversed(world.purchases)}
    since = np.array([first_us.get(customer, now_us + 1) for customer in range(count)])
    gone_us = since + (patience * DAY_US).astype(np.int64)
    _ask_consent(world, since, gone_us)
    for number, subject in enumerate(NEWSLETTERS):
        day = 14 + number * (DAYS - 20) // len(NEWSLETTERS)
        sent_us = int(world.calendar.midnights[day]) + 9 * HOUR_US
        written = np.flatnonzero(truth.wants_mail & ~truth.is_guest & (since < sent_us) & (sent_us < gone_us))
        for customer in written.tolist():
            _write(world, (customer, sent_us, f"NL{number + 1:02d}", subject), bool(reads_by_machine[customer]), rng)


def _ask_consent(world: World, since: Ints, gone_us: Ints) -> None:
    """Consent is given or refused with the first order; some take it back later."""
    for customer, us in enumerate(since.tolist()):
        user = world.user_of(customer)
        if user is None or us > world.plan.now_us:
            continue
        wants = bool(world.truth.wants_mail[customer])
        said = {"purpose": "email_marketing", "evidence": "box at the checkout"}
        name = "Consent Given" if wants else "Consent Refused"
        world.events.append(Event(us + 2_000_000, "track", name, user, properties=said))
        if wants and gone_us[customer] <= world.plan.now_us:
            left = {"list_id": "newsletter", "email_id": "footer link"}
            world.events.append(Event(int(gone_us[customer]), "track", "Unsubscribed", user, properties=left))


def _write(world: World, mail: tuple[int, int, str, str], by_machine: bool, rng: np.random.Generator) -> None:
    customer, sent_us, number, subject = mail
    user = world.user_of(customer)
    email_id = f"{number}-{world.truth.user_id[customer]}"
    said = {"email_id": email_id, "campaign_id": number, "subject": subject}

    def emit(name: str, after_us: float, **more: Any) -> None:
        at_us = sent_us + int(after_us)
        if at_us <= world.plan.now_us:
            world.events.append(Event(at_us, "track", name, user, properties={**said, **more}))

    emit("Email Sent", rng.uniform(0, 0.3) * HOUR_US)
    if by_machine:
        emit("Email Opened", rng.uniform(0.35, 0.5) * HOUR_US, machine=True)
    alive = world.truth.alive_until[customer] * DAY_US > sent_us - int(world.calendar.midnights[0])
    opens = rng.random() < world.truth.engagement[customer] * (1.0 if alive else 0.35)
    if opens:
        later = rng.exponential(9.0) + 0.6
        emit("Email Opened", later * HOUR_US, machine=False)
        if rng.random() < 0.22:
            emit("Email Link Clicked", (later + 0.02) * HOUR_US, link_id="first", machine=False)
            campaign = {"source": "newsletter", "medium": "email", "name": number.lower()}
            arrived = sent_us + int((later + 0.03) * HOUR_US)
            if arrived <= world.plan.now_us:
                world.sessions.append(Session(customer, arrived, campaign=campaign))
    elif rng.random() < _AWAY_SHARE:
        away = {"subject": f"Out of office: {subject}", "machine": True, "auto_submitted": "auto-replied"}
        emit("Email Received", rng.uniform(0.4, 0.6) * HOUR_US, **away)
