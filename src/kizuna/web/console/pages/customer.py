"""One customer: who they are, where they stand and why in words, the factors, the path over time, identities.

The time line and the raw facts are in pages.history, merging in pages.identities, the contact form in pages.contact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString

from kizuna.customers import links, merging, profiles
from kizuna.flows import portfolio as portfolio_flow
from kizuna.html import charts, figures
from kizuna.html.charts import Axes, Band, Line
from kizuna.html.scales import Linear, spread
from kizuna.relationships import criterion, lists, paths, snapshots
from kizuna.relationships.criterion import CriterionView
from kizuna.relationships.paths import Point
from kizuna.relationships.snapshots import SnapshotView
from kizuna.tracking import responsiveness
from kizuna.web.console import amounts
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages import customer_bonds, forecast_words
from kizuna.web.console.pages.words import CHANNEL_ICONS, FACTORS, response_words, segment_words

if TYPE_CHECKING:
    from kizuna.customers.models import Customer, MergeSuggestion
    from kizuna.relationships.models import Standing
    from kizuna.shops.models import Shop

DAY_US = 86_400_000_000
MONTH_US = 30 * DAY_US
FEW_SUGGESTIONS = 5
MOST_IDENTITIES = 30
ABOUTS = ("of", "for", "by")
VISIBLE = 0.005
NO_DATA_Z = 0.5
NEARLY_NOTHING = 2**-8


@dataclass(frozen=True)
class FactorRow:
    """One factor of the relationship: what it stands at, its score, its part in RF, and how that changed."""

    key: str
    name: str
    meaning: str
    stock: str
    z: float | None
    meter: SafeString
    course: SafeString
    weight: str
    part: float
    change: float | None
    half_life: int


@dataclass(frozen=True)
class Story:
    """What a page says of the relationship in words."""

    headline: str
    why: Sequence[str]
    raised: Sequence[str]
    lowered: Sequence[str]
    rf_change: float | None


@shop_page("view")
def page(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show the customer; a merged one leads to the customer who was kept."""
    customer = find_or_404(shop, public_id)
    if customer.public_id != public_id:
        return HttpResponseRedirect(f"/s/{shop.slug}/customers/{customer.public_id}/")
    now_us = int(timezone.now().timestamp() * 1_000_000)
    shop_now_us = portfolio_flow.shop_now(shop, now_us)
    standing = lists.find_standing(shop.pk, customer.pk)
    current = criterion.get_current(shop.pk)
    last = snapshots.find_last(shop.pk)
    points = paths.list_points(shop.pk, [customer.pk])
    rows = _factor_rows(shop, standing, current, points, shop_now_us)
    identities = profiles.list_identities(shop.pk, customer.pk)
    context = {
        "customer": customer,
        "standing": standing,
        "words": segment_words(standing.segment if standing else ""),
        "story": _story(standing, last, rows),
        "factors": rows,
        "outlook": forecast_words.card(shop, standing, shop_now_us),
        "bond": customer_bonds.card(shop, customer.pk, _identity_ids(shop, customer)),
        "response": response_words(responsiveness.read(shop.pk, _identity_ids(shop, customer))),
        "path": _path_chart(shop, points, standing, last, shop_now_us),
        "profit_path": _profit_chart(shop, points, standing, shop_now_us),
        "points": points,
        "last": last,
        "identities": identities[:MOST_IDENTITIES],
        "further_identities": max(0, len(identities) - MOST_IDENTITIES),
        "merges": merging.list_merges(shop.pk, customer.pk),
        "suggestions": _others(merging.list_suggestions(shop.pk, customer.pk, FEW_SUGGESTIONS), customer),
        "abouts": [(word, f"{word} the customer") for word in ABOUTS],
        "channels": list(CHANNEL_ICONS),
        "traits": sorted(customer.traits.items()),
        "now_us": now_us,
        "shop_now_us": shop_now_us,
    }
    return render(request, "console/customer/page.html", context)


def find_or_404(shop: "Shop", public_id: UUID) -> "Customer":
    """Find a customer of this shop by the id in an address; anything else does not exist."""
    found = profiles.find_customer(shop.pk, public_id)
    if found is None:
        raise Http404
    return found


def _identity_ids(shop: "Shop", customer: "Customer") -> list[int]:
    return links.identities_of(shop.pk, [customer.pk])[customer.pk]


def _others(suggestions: "Sequence[MergeSuggestion]", customer: "Customer") -> list[dict[str, object]]:
    return [
        {
            "id": s.pk,
            "other": s.second if s.first_id == customer.pk else s.first,
            "reason": s.reason,
            "evidence": s.evidence,
        }
        for s in suggestions
    ]


def _factor_rows(
    shop: "Shop", standing: "Standing | None", current: CriterionView, points: Sequence[Point], shop_now_us: int
) -> list[FactorRow]:
    if standing is None or standing.rf is None:
        return []
    then = _point_at(points, shop_now_us - MONTH_US)
    rows = []
    for key, weight in current.weights.items():
        name, meaning = FACTORS.get(
            key, (key.replace("-", " ").replace("_", " ").capitalize(), "a further indicator of yours")
        )
        z = standing.z.get(key)
        z_then = then.z.get(key) if then else None
        course = [point.z[key] for point in points if key in point.z][-60:] + ([z] if z is not None else [])
        rows.append(
            FactorRow(
                key=key,
                name=name,
                meaning=meaning,
                stock=_stock_words(shop, key, standing, shop_now_us),
                z=z,
                meter=charts.meter(z or 0.0, "", f"{name}: better than {figures.share(z, 0)} of customers"),
                course=charts.sparkline(course, f"{name} over time"),
                weight=figures.share(weight, 0),
                part=weight * (z or 0.0),
                change=None if z is None or z_then is None else weight * (z - z_then),
                half_life=current.half_lives.get(key, 0),
            )
        )
    return rows


def _stock_words(shop: "Shop", key: str, standing: "Standing", shop_now_us: int) -> str:
    if standing.z.get(key) == NO_DATA_Z and standing.stocks.get(key, 0.0) < NEARLY_NOTHING:
        return "no data: nobody of the reference has any"
    if key == "R":
        if standing.last_order_us is None:
            return "no purchase"
        return f"last purchase {figures.ago(standing.last_order_us, shop_now_us)}"
    stock = standing.stocks.get(key, 0.0)
    if key == "M":
        return f"{amounts.money_round(round(stock), shop.currency)}, faded with time"
    unit = {"F": "purchases", "V": "visits", "E": "e-mails"}.get(key, "")
    return f"{stock:.1f} {unit}, faded with time" if stock else f"no {unit}" if unit else "none"


def _story(standing: "Standing | None", last: SnapshotView | None, rows: Sequence[FactorRow]) -> Story:
    if standing is None or standing.rf is None or not standing.segment:
        headline = "Not yet placed: no order or refund so far."
        return Story(headline, [], [], [], None)
    why = []
    if last is not None and last.cut_rf is not None:
        strong = standing.high_rf
        near = abs(standing.rf - last.cut_rf) < 0.03
        why.append(
            f"The relationship factor is {standing.rf:.2f}; from {last.cut_rf:.2f} on a relationship counts as strong"
            f"{', so this one is strong' if strong else ', so this one is weak'}{', but only just' if near else ''}."
        )
    if last is not None and last.n_star:
        side = "is among" if standing.high_net_profit else "is not among"
        why.append(f"Net profit {side} the {figures.whole(last.n_star)} highest, who bring 80 % of it.")
    changes = [(row, row.change) for row in rows if row.change is not None]
    total = sum(change for _, change in changes) if changes else None
    raised = [f"{row.name} +{change:.2f}" for row, change in sorted(changes, key=lambda c: -c[1]) if change > VISIBLE]
    lowered = [
        f"{row.name} {figures.MINUS}{-change:.2f}"
        for row, change in sorted(changes, key=lambda c: c[1])
        if change < -VISIBLE
    ]
    return Story(segment_words(standing.segment).meaning, why, raised, lowered, total)


def _point_at(points: Sequence[Point], at_us: int) -> Point | None:
    """The last point at or before an instant; none where the path begins later."""
    before = [point for point in points if point.at_us <= at_us]
    return before[-1] if before else None


def _path_chart(
    shop: "Shop", points: Sequence[Point], standing: "Standing | None", last: SnapshotView | None, shop_now_us: int
) -> SafeString:
    if not points or standing is None or standing.rf is None:
        return SafeString("")
    end = max(shop_now_us, points[-1].at_us, standing.as_of_us)
    x = Linear(points[0].at_us, end if end > points[0].at_us else end + DAY_US)
    places = [(float(point.at_us), point.rf) for point in points] + [(float(end), standing.rf)]
    marks = [(last.cut_rf, "strong from here")] if last is not None and last.cut_rf is not None else []
    axes = Axes(
        x=x,
        y=Linear(0, 1),
        x_ticks=_time_ticks(shop, x),
        y_text=lambda value: f"{value:g}",
        bands=_bands(points, end, standing.segment),
        marks=marks,
        height=210,
    )
    words = f"From {points[0].rf:.2f} to {standing.rf:.2f}; segment now: {segment_words(standing.segment).name}."
    return charts.line_chart("Relationship factor over time", words, [Line(places)], axes)


def _profit_chart(shop: "Shop", points: Sequence[Point], standing: "Standing | None", shop_now_us: int) -> SafeString:
    if not points or standing is None or standing.net_profit_minor is None:
        return SafeString("")
    end = max(shop_now_us, points[-1].at_us, standing.as_of_us)
    x = Linear(points[0].at_us, end if end > points[0].at_us else end + DAY_US)
    places = [(float(point.at_us), float(point.net_profit_minor)) for point in points]
    places.append((float(end), float(standing.net_profit_minor)))
    axes = Axes(
        x=x,
        y=spread([value for _, value in places], zero=True),
        x_ticks=_time_ticks(shop, x),
        y_text=lambda value: amounts.money_short(value, shop.currency),
        height=150,
    )
    now = amounts.money_round(standing.net_profit_minor, shop.currency)
    return charts.line_chart(
        "Net profit over time", f"Now {now}.", [Line(places, tone="tone-c", filled=True, stepped=True)], axes
    )


def _bands(points: Sequence[Point], end: int, segment_now: str) -> list[Band]:
    bands: list[Band] = []
    for point, following in zip(points, [*points[1:], None], strict=True):
        until = following.at_us if following else end
        letter = point.segment if following else segment_now or point.segment
        tone = segment_words(letter).tone
        if bands and bands[-1].letter == letter:
            bands[-1] = Band(bands[-1].start, until, tone, letter)
        else:
            bands.append(Band(point.at_us, until, tone, letter))
    return bands


def _time_ticks(shop: "Shop", x: Linear) -> list[tuple[float, str]]:
    days = (x.high - x.low) / DAY_US
    ticks = []
    for step in range(5):
        at = x.low + (x.high - x.low) * step / 4
        text = figures.moment(int(at), shop.timezone, with_time=False)
        ticks.append((at, text.rsplit(" ", 1)[0] if days < 300 else text.split(" ", 1)[1]))
    return ticks
