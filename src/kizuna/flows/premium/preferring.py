"""What customers prefer: which way and how often they are written to, their language, topics, and what they agree to.

Consent is recorded as everywhere, as a fact with evidence; the rest is part of the profile, said by themselves.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.customers import addresses, consent, links, profiles
from kizuna.customers.profiles import ProfileChange
from kizuna.flows import happenings
from kizuna.flows.happenings import Happening
from kizuna.html import words
from kizuna.outreach import suppression, who
from kizuna.science import periods
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

CHANNELS = ("email", "phone", "post", "chat", "portal")
FREQUENCIES = ("gladly", "monthly", "seldom")
TOPICS = tuple(who.TOPICS)
MARKETING = "email_marketing"
PURPOSES = (MARKETING, "surveys", "analytics")
_TRAITS = ("preferred_channels", "preferred_frequency", "preferred_topics")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a customer settled; None where nothing was said about a purpose yet."""

    language: str = ""
    channels: tuple[str, ...] = ()
    frequency: str = ""
    topics: tuple[str, ...] = ()
    consents: tuple[tuple[str, bool | None], ...] = ()


def read(shop: "Shop", customer_id: int) -> Preferences:
    """Read what a customer settled."""
    customer = profiles.find_by_id(shop.pk, customer_id)
    if customer is None:
        return Preferences()
    given = consent.current(shop.pk, customer_id)
    said = {each: given[each].granted if each in given else None for each in PURPOSES}
    consents = tuple((each, _holds(each, said[each])) for each in PURPOSES)
    channels, frequency, topics = (customer.traits.get(name) for name in _TRAITS)
    return Preferences(
        customer.language,
        _among(channels, CHANNELS),
        frequency if frequency in FREQUENCIES else "",
        _among(topics, TOPICS),
        consents,
    )


@transaction.atomic
def settle(shop: "Shop", customer_id: int, identity_id: int, wanted: Preferences, now: datetime) -> None:
    """Keep what a customer prefers; only a consent that differs from what holds is recorded. Raises Refused."""
    _check(wanted)
    now_us = periods.epoch_us(now)
    links.lock(shop.pk)
    before = dict(read(shop, customer_id).consents)
    change = ProfileChange(
        now_us,
        language=wanted.language or None,
        traits={
            "preferred_channels": list(wanted.channels),
            "preferred_frequency": wanted.frequency,
            "preferred_topics": list(wanted.topics),
        },
    )
    strongest = links.find_strongest(shop.pk, customer_id)
    profiles.record(shop.pk, [(identity_id if strongest is None else strongest[0], change)])
    for purpose, granted in wanted.consents:
        if granted is None or before.get(purpose) == granted:
            continue
        name = "Consent Given" if granted else "Consent Refused"
        key = f"consent-{identity_id}-{purpose}-{now_us}"
        told = Happening(name, identity_id, now_us, key, {"purpose": purpose, "evidence": "premium site"})
        happenings.record(shop, told, now_us)
        if granted and purpose == MARKETING:
            suppression.end_refusals(shop.pk, addresses.trusted_of(shop.pk, customer_id), now_us)


def _holds(purpose: str, said: bool | None) -> bool:
    """What holds where nothing was said: questions after a wish are asked until somebody says no, all else is no."""
    return purpose == "surveys" if said is None else said


def _among(said: object, known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for each in known if isinstance(said, list) and each in said)


def _check(wanted: Preferences) -> None:
    if wanted.language and wanted.language not in words.LANGUAGES:
        raise Refused("language", "choose one of the languages")
    if not set(wanted.channels) <= set(CHANNELS) or not set(wanted.topics) <= set(TOPICS):
        raise Refused("channels", "choose among what is offered")
    if wanted.frequency and wanted.frequency not in FREQUENCIES:
        raise Refused("frequency", "choose one of the answers")
