"""The live debugger: what arrives, what became of it, and what was dropped, why, and how to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from kizuna.shops import sources
from kizuna.tracking import arrivals
from kizuna.tracking.arrivals import Filters
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.words import MENDING

if TYPE_CHECKING:
    from kizuna.shops.models import Shop
    from kizuna.tracking.models import Arrival

DAY_US = 86_400_000_000
SHOWN = 100
DAYS = 7


@dataclass(frozen=True)
class Line:
    """One arrival with its source's name and the meaning of its outcome."""

    arrival: "Arrival"
    source: str
    words: str
    accepted: bool
    mend: str


@dataclass(frozen=True)
class Drop:
    """How many events were dropped for one reason, and how to mend it."""

    outcome: str
    words: str
    count: int
    mend: str


@shop_page("debug")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the newest arrivals, or to htmx only those after the newest one it has."""
    names = {source.pk: source.name for source in sources.list_sources(shop)}
    chosen = _filters(request, names)
    after = _number(request.GET.get("after", ""))
    found = arrivals.list_newest(shop.pk, after or 0, chosen, SHOWN)
    context = {
        "lines": [_line(arrival, names) for arrival in found],
        "newest": found[0].pk if found else after or arrivals.newest_id(shop.pk),
    }
    if request.htmx and after is not None:
        return render(request, "console/debugger/lines.html", context | {"fresh": True})
    if request.htmx and request.htmx.target == "arrivals":
        return render(request, "console/debugger/lines.html", context)
    today = int(timezone.now().timestamp() * 1_000_000) // DAY_US
    context |= {
        "sources": sorted(names.items(), key=lambda item: item[1].lower()),
        "outcomes": sorted(arrivals.OUTCOMES.items(), key=lambda item: item[1]),
        "chosen": chosen,
        "drops": _drops(arrivals.count_drops(shop.pk, today - DAYS)),
        "days": DAYS,
        "at_once": arrivals.TAKEN_AT_ONCE,
    }
    return render(request, "console/debugger/page.html", context)


def _filters(request: ShopRequest, names: dict[int, str]) -> Filters:
    source = _number(request.GET.get("source", ""))
    outcome = request.GET.get("outcome", "")
    return Filters(
        source_id=source if source in names else None,
        outcome=outcome if outcome in arrivals.OUTCOMES else None,
        dropped_only=outcome == "dropped" or request.GET.get("dropped") == "1",
        text=request.GET.get("q", "").strip()[:80],
    )


def _line(arrival: "Arrival", names: dict[int, str]) -> Line:
    return Line(
        arrival=arrival,
        source=names.get(arrival.source_id, "a source that is gone"),
        words=arrivals.OUTCOMES.get(arrival.outcome, arrival.outcome.replace("_", " ")),
        accepted=arrival.outcome == arrivals.ACCEPTED,
        mend=MENDING.get(arrival.outcome, ""),
    )


def _drops(counts: dict[str, int]) -> Sequence[Drop]:
    rows = [
        Drop(outcome, arrivals.OUTCOMES.get(outcome, outcome.replace("_", " ")), count, MENDING.get(outcome, ""))
        for outcome, count in counts.items()
    ]
    return sorted(rows, key=lambda drop: -drop.count)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 18 else None
