"""What panels and consoles report without words: read and delivered up to, typing, still there, looking at a page.

It comes often and matters little, so the door gathers it and writes it here once a second.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from django.db import transaction

from kizuna.conversations.live import online, state
from kizuna.conversations.live.online import Glance
from kizuna.conversations.live.state import Marks
from kizuna.customers import identity, links
from kizuna.flows.live import news
from kizuna.jobs import standing
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

__all__ = ["Gathered", "Glance", "Marks", "describe_source", "seen", "sweep", "write"]

KEPT = timedelta(hours=1)


@dataclass(slots=True)
class Gathered:
    """What one process gathered for one shop since it wrote last."""

    marks: dict[int, Marks] = field(default_factory=dict)
    glances: dict[str, Glance] = field(default_factory=dict)
    there: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    visitors_type: set[int] = field(default_factory=set)
    people_type: dict[int, str] = field(default_factory=dict)

    def mark(self, conversation_id: int, marks: Marks) -> None:
        """Take the further of what is known of a chat and this."""
        self.marks.setdefault(conversation_id, Marks()).raise_to(marks)


def write(gathered: Mapping[int, Gathered], now_us: int, origin: str = "") -> None:
    """Write what was gathered, by shop, and tell whoever it concerns in other processes.

    Marks are a transaction of their own: what somebody read must not be lost with where somebody looked.
    """
    with transaction.atomic():
        _write_marks(gathered, origin)
    with transaction.atomic():
        _write_visitors(gathered, now_us)


def _write_marks(gathered: Mapping[int, Gathered], origin: str) -> None:
    state.note({chat: marks for each in gathered.values() for chat, marks in each.marks.items()})
    for shop_id, each in sorted(gathered.items()):
        marks = [
            [chat, told.delivered, told.read, told.seen]
            for chat, told in sorted(each.marks.items())
            if told.delivered or told.read or told.seen
        ]
        if marks:
            news.tell_desk(shop_id, "marks", marks=marks, origin=origin)
        if each.visitors_type or each.people_type:
            people = sorted([chat, name] for chat, name in each.people_type.items())
            news.tell_desk(shop_id, "typing", visitors=sorted(each.visitors_type), people=people, origin=origin)


def _write_visitors(gathered: Mapping[int, Gathered], now_us: int) -> None:
    online.upsert_many([glance for shop_id, each in gathered.items() for glance in _known(shop_id, each.glances)])
    for shop_id, each in sorted(gathered.items()):
        online.touch(shop_id, each.there - set(each.glances), now_us)
        online.leave(shop_id, each.gone - set(each.glances), now_us)
        if each.glances or each.gone:
            news.tell_desk(shop_id, "visitors")


@transaction.atomic
def seen(shop: "Shop", conversation_id: int, number: int) -> None:
    """Note that somebody of the shop has seen a chat up to an entry."""
    state.note({conversation_id: Marks(seen=number)})
    news.tell_desk(shop.pk, "marks", marks=[[conversation_id, 0, 0, number]], origin="")


@standing.every("live.sweep_online", cron="*/20 * * * *")
def sweep(now: datetime) -> None:
    """Forget visitors who left the pages an hour ago."""
    online.sweep(periods.epoch_us(now - KEPT))


def describe_source(url: str, referrer: str) -> str:
    """Say where a visit came from: its campaign, else the site that led here.

    >>> describe_source("https://tea.example/?utm_source=mail&utm_campaign=spring", "")
    'spring (mail)'
    >>> describe_source("https://tea.example/", "https://www.search.example/find?q=tea")
    'www.search.example'
    """
    asked = parse_qs(_split(url)[1])
    campaign, source = (asked.get(name, [""])[0][:90] for name in ("utm_campaign", "utm_source"))
    if campaign or source:
        return f"{campaign} ({source})" if campaign and source else campaign or source
    host = _split(referrer)[0]
    return "" if host == _split(url)[0] else host[:200]


def _split(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.query
    except ValueError:
        return "", ""


def _known(shop_id: int, glances: Mapping[str, Glance]) -> Collection[Glance]:
    """Say whose glances these are, where the shop knows the visitor key."""
    found = identity.find_visitors(shop_id, list(glances)) if glances else {}
    owners = links.customers_of(shop_id, list(found.values())) if found else {}
    return [
        replace(each, identity_id=found[key], customer_id=owners.get(found[key])) if key in found else each
        for key, each in glances.items()
    ]
