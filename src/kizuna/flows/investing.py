"""Booking what a dialogue costs as an investment in the relationship: time, messages, goods, discounts, promotion.

Each is booked once per source, at the cost that holds then. It never enters net profit or the portfolio.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import contacts, threads
from kizuna.money import currency
from kizuna.relationships import investment_terms, investments
from kizuna.relationships.investment_terms import Terms
from kizuna.relationships.investments import Booking, InvestmentKind, InvestmentView
from kizuna.science import periods
from kizuna.shops import audit, rates
from kizuna.shops.tenants import MOST_MINOR, Refused

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

DOLLAR = "USD"
LONGEST_SITTING_S = 12 * 3600
MOST_MINUTES = 60 * 24 * 31


@dataclass(frozen=True, slots=True)
class Goods:
    """What was given for a wish: goods, or a discount on request; `ref` tells several of one wish apart."""

    identity_id: int
    wish_id: int
    amount_minor: int
    kind: str = InvestmentKind.GOODS
    conversation_id: int | None = None
    ref: str = ""


def terms_of(shop: "Shop", now: datetime) -> Terms:
    """What an hour and a contact cost the shop: as decided, else the model's figures at its own dollar rate (or 1)."""
    decided = investment_terms.find(shop.pk)
    if decided is not None:
        return decided
    try:
        rate = rates.rate_on(shop, DOLLAR, now.date())
    except rates.UnknownRate:
        rate = Decimal(1)
    return investment_terms.assumed(rate, 10 ** currency.exponent(shop.currency))


@transaction.atomic
def change_terms(shop: "Shop", terms: Terms, person: "Person | None", now: datetime) -> None:
    """Decide what an hour and a contact cost, and the budgets. Raises Refused with the field."""
    _check(terms)
    before = investment_terms.find(shop.pk)
    investment_terms.keep(shop.pk, terms, now)
    was = None if before is None else _told(before)
    audit.record(shop, person, "investment_terms_changed", "investments", was, _told(terms), now)


@transaction.atomic
def book_minutes(
    shop: "Shop", conversation_id: int, person: "Person | None", seconds: float, now: datetime, sitting: str = ""
) -> bool:
    """Book the time that somebody had a conversation before them; False where this sitting is booked, or nobody's.

    A `sitting` names it; without one the same person, conversation and second are the same.
    """
    talk = threads.find(shop.pk, conversation_id)
    if talk is None or talk.identity_id is None or not 0 < seconds <= LONGEST_SITTING_S:
        return False
    now_us = periods.epoch_us(now)
    minutes = seconds / 60
    person_id = None if person is None else person.pk
    booking = Booking(
        identity_id=talk.identity_id,
        kind=InvestmentKind.MINUTES,
        amount_minor=terms_of(shop, now).minutes_minor(minutes),
        at_us=now_us,
        source_kind="sitting",
        source_ref=(sitting or f"{talk.pk}-{person_id or 0}-{now_us // 1_000_000}")[:100],
        minutes=minutes,
        channel=talk.channel,
        conversation_id=talk.pk,
        person_id=person_id,
    )
    return investments.book(shop.pk, booking)


@transaction.atomic
def book_message(shop: "Shop", message_id: int, channel: str, now: datetime) -> bool:
    """Book what one message or call costs by its channel; False where it is booked, or belongs to no customer."""
    told = contacts.find_message(shop.pk, message_id)
    if told is None or told.identity_id is None:
        return False
    booking = Booking(
        identity_id=told.identity_id,
        kind=InvestmentKind.CHANNEL,
        amount_minor=terms_of(shop, now).channel_minor.get(channel, 0),
        at_us=periods.epoch_us(now),
        source_kind="message",
        source_ref=told.public_id,
        channel=channel,
        conversation_id=told.conversation_id,
    )
    return investments.book(shop.pk, booking)


@transaction.atomic
def book_goods(shop: "Shop", goods: Goods, now: datetime) -> bool:
    """Book goods or a discount given for a wish; False where it is booked. Raises Refused."""
    _check_amount("amount", goods.amount_minor)
    booking = Booking(
        identity_id=goods.identity_id,
        kind=goods.kind,
        amount_minor=goods.amount_minor,
        at_us=periods.epoch_us(now),
        source_kind="wish",
        source_ref=f"{goods.wish_id}-{goods.kind}-{goods.ref}"[:100],
        conversation_id=goods.conversation_id,
        wish_id=goods.wish_id,
    )
    return investments.book(shop.pk, booking)


@transaction.atomic
def correct(
    shop: "Shop", investment_id: int, told: "Correction", person: "Person | None", now: datetime
) -> InvestmentView:
    """Correct the minutes or the amount of what was booked; returns it as it was. Raises Refused, LookupError."""
    terms = terms_of(shop, now)
    amount = told.amount_minor
    if told.minutes is not None:
        if not 0 <= told.minutes <= MOST_MINUTES:  # also refuses what is no number
            raise Refused("minutes", f"must lie between 0 and {MOST_MINUTES}")
        amount = terms.minutes_minor(told.minutes)
    _check_amount("amount", amount or 0)
    before = investments.correct(shop.pk, investment_id, amount or 0, told.minutes or 0.0, now)
    was = {"amount_minor": before.amount_minor, "minutes": before.minutes}
    after = {"amount_minor": amount, "minutes": told.minutes or 0.0}
    audit.record(shop, person, "investment_corrected", f"investment {investment_id}", was, after, now)
    return before


@dataclass(frozen=True, slots=True)
class Correction:
    """What it really was: minutes (the amount follows), or an amount."""

    minutes: float | None = None
    amount_minor: int | None = None


def _check(terms: Terms) -> None:
    _check_amount("hour", terms.hour_minor)
    for name, amounts in (
        ("channel", terms.channel_minor),
        ("budget", terms.budgets),
        ("winning", terms.winning_minor),
    ):
        for key, amount in amounts.items():
            _check_amount("winning" if name == "winning" else f"{name}_{key}", amount)
    if terms.landing_url and not terms.landing_url.startswith(("https://", "http://", "/")):
        raise Refused("landing_url", "give the whole address of your shop, beginning with https://")


def _check_amount(field: str, amount_minor: int) -> None:
    if not 0 <= amount_minor <= MOST_MINOR:
        raise Refused(field, "must be zero or more, and not absurdly large")


def _told(terms: Terms) -> dict[str, object]:
    return {
        "hour_minor": terms.hour_minor,
        "channel_minor": dict(terms.channel_minor),
        "budgets": dict(terms.budgets),
        "landing_url": terms.landing_url,
        "winning_minor": dict(terms.winning_minor),
    }
