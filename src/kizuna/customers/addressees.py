"""What a letter to a customer needs: address, names, language, the zone they live in; many customers at once.

Where a mail goes is the folded profile's e-mail address (customers.profiles); nothing here says whether it may be sent.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import batched
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from kizuna.customers.models import Customer
from kizuna.tables.rows import of_shop

_IN_ONE_QUERY = 5_000
_FIRST_NAME = ("first_name", "firstName", "given_name")
_ZONE = ("timezone", "time_zone", "tz")
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "sir", "madam"})


@dataclass(frozen=True, slots=True)
class Addressee:
    """One customer as the head of a letter needs them; '' where something is not known."""

    customer_id: int
    email: str
    name: str
    first_name: str
    language: str
    country: str
    zone: str
    channels: tuple[str, ...] = ()
    """The ways they want to be written to, as they settled; none: every way."""
    pace: str = ""
    """How often they want to be written to: gladly, monthly, seldom; '' where they never said."""
    topics: tuple[str, ...] = ()
    """What they want to read about, as they settled; none: everything."""


def read(shop_id: int, customer_ids: Collection[int]) -> dict[int, Addressee]:
    """Read the addressees among customers."""
    found: dict[int, Addressee] = {}
    names = ("id", "email", "name", "language", "country", "traits")
    for part in batched(customer_ids, _IN_ONE_QUERY):
        rows = of_shop(Customer.objects.filter(id__in=part), shop_id)
        for number, email, name, language, country, traits in rows.values_list(*names):
            first = _first_name(name, traits)
            found[number] = Addressee(
                number, email.lower(), name, first, language, country, _zone(traits), *_wished(traits)
            )
    return found


def zone_of(addressee: Addressee, otherwise: str) -> ZoneInfo:
    """Give the zone a customer lives in, else the one told."""
    return ZoneInfo(addressee.zone or otherwise)


def _first_name(name: str, traits: Mapping[str, Any]) -> str:
    """The trait if there is one; else the first word of a name of several that is no title and no initial."""
    for key in _FIRST_NAME:
        said = traits.get(key)
        if isinstance(said, str) and said.strip():
            return said.strip()[:80]
    words = [word for word in name.split() if word.strip(".").casefold() not in _TITLES]
    if len(words) < 2 or len(words[0].strip(".")) < 2 or "," in name or "@" in name:
        return ""
    return words[0]


def _wished(traits: Mapping[str, Any]) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    pace = traits.get("preferred_frequency")
    return (
        _words(traits.get("preferred_channels")),
        pace if isinstance(pace, str) else "",
        _words(traits.get("preferred_topics")),
    )


def _words(said: object) -> tuple[str, ...]:
    return tuple(each for each in said if isinstance(each, str)) if isinstance(said, list) else ()


def _zone(traits: Mapping[str, Any]) -> str:
    for key in _ZONE:
        said = traits.get(key)
        if isinstance(said, str) and said in available_timezones():
            return said
    return ""
