"""The portfolio page: the picture now or at a snapshot, its legend in words, selections beside it, places of movers.

Up to MOST_DOTS customers are dots. Above that the last snapshot is drawn as density with the most valuable customers
as dots on it, so that the page costs the same for a thousand customers and for a million.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString

from kizuna.flows import portfolio as portfolio_flow
from kizuna.flows import snapshots as snapshot_flow
from kizuna.html import charts, figures
from kizuna.html.scales import SymLog
from kizuna.money import currency
from kizuna.relationships import lists, snapshots
from kizuna.relationships.lists import Dot, Filters, SegmentTotal
from kizuna.relationships.snapshots import SnapshotView
from kizuna.web.console import amounts
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages import chosen, plot
from kizuna.web.console.pages.chosen import MOST_DOTS
from kizuna.web.console.pages.concentration import shares_held
from kizuna.web.console.pages.filters import ListState, parse_list
from kizuna.web.console.pages.totals import count_now, count_then, placed_in
from kizuna.web.console.pages.words import SEGMENTS, SegmentWords, concentration_words

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

DOTS_OVER_DENSITY = 500
MOST_MOVED = 200
MOST_SLIDER = 400
WIDEST_STEP_DAYS = 8


@dataclass(frozen=True)
class Moment:
    """One stop of the time slider."""

    id: int
    as_of_us: int
    label: str


@dataclass(frozen=True)
class LegendEntry:
    """One segment beside the picture."""

    words: SegmentWords
    customers: int
    net_profit: str
    share: str
    customer_share: str
    chosen: bool


@dataclass(frozen=True)
class Picture:
    """The picture and what is said around it."""

    svg: SafeString
    legend: Sequence[LegendEntry]
    shares: SafeString
    caption: str
    concentration: str
    shares_held: SafeString
    placed: int
    snapshot: SnapshotView | None
    past: bool
    totals: Mapping[str, SegmentTotal]


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the portfolio, or only the picture to htmx."""
    now_us = _now_us()
    shop_now_us = portfolio_flow.shop_now(shop, now_us)
    state = parse_list(request.GET, shop, shop_now_us)
    last = snapshots.find_last(shop.pk)
    past = _asked_snapshot(request, shop, last)
    picture = _picture(shop, state, last, past)
    context = {"picture": picture, "state": state, "now_us": now_us, "shop_now_us": shop_now_us}
    if request.htmx and request.htmx.target == "picture":
        return render(request, "console/portfolio/picture.html", context)
    kept = snapshots.list_snapshots(shop.pk)
    moments = _moments(shop, kept)
    at = next((index for index, moment in enumerate(moments) if past and moment.id == past.id), len(moments))
    context |= {
        "moments": moments,
        "at": at,
        "gap": _last_gap(kept),
        "made_up_for": snapshot_flow.MOST_MISSED,
        "countries": lists.list_countries(shop.pk),
        "listed": chosen.list_first(shop, state, past, picture.totals),
        "empty": not picture.placed and lists.is_empty(shop.pk),
        "earlier": None if picture.placed else _last_placed(shop),
        "stale": shop_now_us != now_us,
    }
    return render(request, "console/portfolio/page.html", context)


@shop_page("view")
def selection(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the customers inside a drawn shape or around a chosen dot, most profitable first."""
    state = parse_list(request.GET, shop, portfolio_flow.shop_now(shop, _now_us()))
    last = snapshots.find_last(shop.pk)
    past = _asked_snapshot(request, shop, last)
    ids, shape = request.GET.getlist("id"), request.GET.get("shape", "")
    try:
        if ids:
            listed = chosen.list_ids(shop, ids)
        elif shape:
            listed = chosen.list_inside(shop, state, past or crowded(last, state), shape, past is not None)
        else:
            listed = chosen.list_first(shop, state, past, count_now(shop.pk, last))
    except ValueError as error:
        return HttpResponseBadRequest(str(error))
    return render(request, "console/portfolio/list.html", {"listed": listed, "state": state, "past": past})


@shop_page("view")
def places(request: ShopRequest, shop: "Shop") -> JsonResponse:
    """Give the present places of customers who just moved."""
    wanted = []
    for text in request.GET.getlist("id")[:MOST_MOVED]:
        try:
            wanted.append(UUID(text))
        except ValueError:
            continue
    found = lists.list_places(shop.pk, wanted)
    return JsonResponse({"places": [_place(dot) for dot in found]})


def crowded(last: SnapshotView | None, state: ListState) -> SnapshotView | None:
    """The snapshot to draw as density: only where there are too many for dots and no filter narrows them."""
    if last is None or state.words or state.filters.country:
        return None
    return last if placed_in(last) > MOST_DOTS else None


def _place(dot: Dot) -> dict[str, object]:
    return {
        "id": str(dot.public_id),
        "name": dot.label,
        "segment": dot.segment,
        "rf": dot.rf,
        "np": dot.net_profit_minor,
        "segment_name": SEGMENTS[dot.segment].name,
    }


def _picture(shop: "Shop", state: ListState, last: SnapshotView | None, past: SnapshotView | None) -> Picture:
    least_unit = 10 ** currency.exponent(shop.currency)
    shown = past or last
    totals = count_then(past) if past else count_now(shop.pk, last)
    placed = sum(total.customers for letter, total in totals.items() if letter)
    dots, density, axis = _marks(shop, state, last, past, least_unit)
    caption = _caption(len(dots), bool(density), placed, state)
    if past is not None and state.filters.country:
        caption += f" {state.filters.country}: by where customers are today."
    scene = plot.Scene(
        axis=axis,
        cut_rf=shown.cut_rf if shown else None,
        cut_profit=shown.cut_net_profit_minor if shown else None,
        dots=dots,
        density=density,
        words=f"{caption} {_counts_in_words(totals)}",
    )
    return Picture(
        svg=plot.draw(scene, lambda minor: amounts.money_short(minor, shop.currency)),
        legend=_legend(shop, totals, state),
        shares=_share_bar(totals),
        caption=caption,
        concentration=concentration_words(snapshots.concentration(shown)) if shown else "",
        shares_held=shares_held(shown) if shown else SafeString(""),
        placed=placed,
        snapshot=shown,
        past=past is not None,
        totals=totals,
    )


def _marks(
    shop: "Shop", state: ListState, last: SnapshotView | None, past: SnapshotView | None, least_unit: int
) -> tuple[Sequence[Dot], SafeString, SymLog]:
    """Dots when they are few or a filter leaves few; else density under the most valuable customers' dots."""
    letters = tuple(s for s in state.segments if s in "ABCD")
    behind = crowded(past or last, state)
    if past is not None:
        dots: Sequence[Dot] = chosen.dots_then(shop, past, state, DOTS_OVER_DENSITY if behind else MOST_DOTS)
    elif behind is not None:
        dots = lists.list_dots(shop.pk, Filters(segments=letters or ("A",)), DOTS_OVER_DENSITY)
    else:
        many = last is not None and placed_in(last) > MOST_DOTS
        dots = lists.list_dots(shop.pk, state.filters, DOTS_OVER_DENSITY if many else MOST_DOTS)
    if last is not None:
        axis = plot.axis_of_snapshot(last, least_unit)
    else:
        axis = plot.axis_of(np.array([dot.net_profit_minor for dot in dots], dtype=np.int64), least_unit)
    return dots, plot.density(behind, letters, axis) if behind else SafeString(""), axis


def _legend(shop: "Shop", totals: dict[str, SegmentTotal], state: ListState) -> list[LegendEntry]:
    gain = sum(total.net_profit_minor for total in totals.values())
    people = sum(total.customers for letter, total in totals.items() if letter)
    entries = []
    for letter in ("A", "B", "C", "D"):
        total = totals.get(letter, SegmentTotal(0, 0))
        entries.append(
            LegendEntry(
                words=SEGMENTS[letter],
                customers=total.customers,
                net_profit=amounts.money_round(total.net_profit_minor, shop.currency),
                share=figures.share(total.net_profit_minor / gain if gain > 0 else None),
                customer_share=figures.share(total.customers / people if people else None),
                chosen=letter in state.segments,
            )
        )
    return entries


def _share_bar(totals: dict[str, SegmentTotal]) -> SafeString:
    parts = [
        (f"tone-{letter.lower()}", float(total.net_profit_minor)) for letter, total in sorted(totals.items()) if letter
    ]
    return charts.share_bar(parts, "Net profit by segment")


def _caption(dots: int, dense: bool, placed: int, state: ListState) -> str:
    if dense:
        letters = [s for s in state.segments if s in "ABCD"] or ["A"]
        return (
            f"{figures.whole(placed)} customers as density; the {figures.whole(dots)} with the highest net profit "
            f"in segment {' and '.join(letters)} as single marks."
        )
    if state.active and dots in {MOST_DOTS, DOTS_OVER_DENSITY}:
        return f"The {figures.whole(dots)} customers with the highest net profit that the filter leaves."
    if state.active:
        return f"{figures.whole(dots)} of {figures.whole(placed)} customers."
    return f"{figures.whole(placed)} customers, one mark each."


def _counts_in_words(totals: dict[str, SegmentTotal]) -> str:
    return " ".join(
        f"{SEGMENTS[letter].name}: {totals[letter].customers}." for letter in ("A", "B", "C", "D") if letter in totals
    )


def _moments(shop: "Shop", found: Sequence[SnapshotView]) -> list[Moment]:
    """The stops of the slider: every snapshot, thinned evenly where there are very many."""
    stride = -(-len(found) // MOST_SLIDER) or 1
    kept = found[::-1][::stride][::-1]
    return [Moment(s.id, s.as_of_us, figures.moment(s.as_of_us, shop.timezone, with_time=False)) for s in kept]


def _last_gap(found: Sequence[SnapshotView]) -> tuple[int, int] | None:
    """Between which instants days are missing, where that is so: the newest such stretch. History has every week."""
    for before, after in zip(found[-2::-1], found[::-1], strict=False):
        if after.day - before.day > WIDEST_STEP_DAYS:
            return before.as_of_us, after.as_of_us
    return None


def _asked_snapshot(request: ShopRequest, shop: "Shop", last: SnapshotView | None) -> SnapshotView | None:
    """The snapshot in the address, if it is one of this shop's; the present otherwise."""
    text = request.GET.get("at", "")
    if not text.isdecimal() or last is None or len(text) > 18:
        return None
    return next((found for found in snapshots.list_snapshots(shop.pk) if found.id == int(text)), None)


def _last_placed(shop: "Shop") -> SnapshotView | None:
    """The last snapshot in which anybody was placed: where the page leads when nobody brought net profit of late."""
    return next((found for found in reversed(snapshots.list_snapshots(shop.pk)) if found.n_star), None)


def _now_us() -> int:
    return int(timezone.now().timestamp() * 1_000_000)
