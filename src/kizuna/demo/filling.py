"""Filling the demo shop: the simulated year goes in through the same flows that a real shop's events go through.

The past goes in as history and is settled as of a midnight; the last day and a half is lived through hour by hour, so
that moves, paths and the debugger look as they do in a shop at work. Repeating it adds nothing: message ids repeat.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import batched, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from kizuna.customers import links
from kizuna.demo import catalogue, kept, panel_rules, simulator
from kizuna.demo.simulator import WireEvent
from kizuna.demo.simulator_world import Plan
from kizuna.flows import cube, facts, forecast, history, products, shops, snapshots, validity
from kizuna.flows.products import ProductDraft
from kizuna.sales import ledger
from kizuna.science import periods
from kizuna.shops import sources, tenants
from kizuna.shops.rates import NewRate
from kizuna.shops.tenants import NewShop
from kizuna.tracking.wire import RawEvent

if TYPE_CHECKING:
    from kizuna.flows.facts import Incoming
    from kizuna.shops.models import Shop, Source

type Progress = Callable[[str, int, int], None]

YEAR_SOURCE: Final = "Simulated year"
STORE_SOURCE: Final = "Storefront"
_AT_ONCE = 3000
_HOUR_US = 3_600_000_000
_LIVED_DAYS = 1


def fill(home: Path, plan: Plan, progress: Progress) -> "Shop":
    """Make the demo shop and fill it with the year of a plan; what is there already is taken as it is."""
    note = kept.read_note(home)
    if note is not None and note.filled:
        return tenants.get_shop(note.slug)
    plan = plan if note is None else note.plan
    now = periods.instant_at(plan.now_us)
    kept.write_note(home, note or kept.Note(catalogue.SHOP_SLUG, plan, "", filled=False))
    shop = tenants.find_shop(catalogue.SHOP_SLUG) or _make_shop(now)
    key = (note and note.storefront_key) or _new_storefront_key(shop, now)
    kept.write_note(home, kept.Note(shop.slug, plan, key, filled=False))
    progress("Simulating", 0, 1)
    simulation = simulator.simulate(plan)
    progress("Simulating", 1, 1)
    _set_out(shop, plan, now)
    source = _year_source(shop, now)
    wire = list(simulator.to_wire(simulation))
    last_night = _last_night_us(shop, plan.now_us)
    past = [each for each in wire if each.at_us <= last_night]
    _take_past(shop, source, past, progress)
    _settle(shop, periods.instant_at(last_night), progress)
    _live_through(shop, source, wire[len(past) :], progress)
    cube.make(shop, now)
    forecast.refresh(shop, now)
    validity.ask(shop, now)
    simulation.truth.save(home / kept.TRUTH)
    kept.write_note(home, kept.Note(shop.slug, plan, key, filled=True))
    return shop


def _make_shop(now: datetime) -> "Shop":
    new = NewShop(catalogue.SHOP_SLUG, catalogue.SHOP_NAME, catalogue.SHOP_CURRENCY, catalogue.SHOP_TIMEZONE)
    return shops.create_shop(new, None, now)


def _new_storefront_key(shop: "Shop", now: datetime) -> str:
    """The key is shown once: where it was not kept, a new one takes its place."""
    known = [source for source in sources.list_sources(shop) if source.name == STORE_SOURCE]
    if known:
        return shops.rotate_source(shop, known[0].public_id, None, now)[1]
    return shops.create_source(shop, STORE_SOURCE, sources.BROWSER, None, now)[1]


def _year_source(shop: "Shop", now: datetime) -> "Source":
    known = [source for source in sources.list_sources(shop) if source.name == YEAR_SOURCE]
    return known[0] if known else shops.create_source(shop, YEAR_SOURCE, sources.FILES, None, now)[0]


def _set_out(shop: "Shop", plan: Plan, now: datetime) -> None:
    """Costs, rates and the catalogue, before the first order counts."""
    settings = replace(
        tenants.settings_of(shop),
        margin_rate=Decimal("0.55"),
        payment_rate=Decimal("0.019"),
        payment_fixed_minor=30,
        shipping_cost_minor=430,
    )
    shops.change_settings(shop, settings, None, now)
    rates = [NewRate(catalogue.SECOND_CURRENCY, day, rate) for day, rate in simulator.list_rates(plan)]
    shops.set_rates(shop, rates, None, now)
    drafts = [
        ProductDraft(
            sku=each.sku,
            name=each.name,
            category=catalogue.CATEGORIES[each.category][0],
            price_minor=each.price_minor,
            cost_minor=each.cost_minor,
            url=f"/store/{shop.slug}/product/{each.sku}/",
            image_url=f"/store/{shop.slug}/art/{each.sku}.svg",
        )
        for each in catalogue.list_products()
    ]
    products.record_products(shop, drafts)
    panel_rules.settle(shop, now)


def _last_night_us(shop: "Shop", now_us: int) -> int:
    zone = ZoneInfo(shop.timezone)
    return periods.local_midnight_us(periods.day_index(now_us, zone) - _LIVED_DAYS, zone)


def _take_past(shop: "Shop", source: "Source", wire: Sequence[WireEvent], progress: Progress) -> None:
    done = 0
    progress("Filling a year", 0, len(wire))
    for some in batched(wire, _AT_ONCE):
        facts.take_history(shop, _read(shop, source, some), some[-1].at_us)
        done += len(some)
        progress("Filling a year", done, len(wire))


def _settle(shop: "Shop", night: datetime, progress: Progress) -> None:
    """Place everybody as of the night, also those without an order, and reckon the weeks before it."""
    progress("Placing customers", 0, 3)
    snapshots.settle_present(shop, night)
    progress("Placing customers", 1, 3)
    everybody = set(links.columns(shop.pk, None)[1].tolist())
    bought = links.customers_of(shop.pk, ledger.columns(shop.pk, None).order_identity.tolist())
    snapshots.place_all(shop, sorted(everybody - set(bought.values())), snapshots.IMPORTED, periods.epoch_us(night))
    progress("Placing customers", 2, 3)
    history.backfill(shop, night + timedelta(seconds=1))
    progress("Placing customers", 3, 3)


def _live_through(shop: "Shop", source: "Source", wire: Sequence[WireEvent], progress: Progress) -> None:
    """Take the newest events an hour at a time, as the inbox would have: placed at once, shown in the debugger."""
    done = 0
    progress("Living until now", 0, len(wire))
    for some in _by_hour(wire):
        facts.take(shop, _read(shop, source, some), some[-1].at_us)
        done += len(some)
        progress("Living until now", done, len(wire))


def _by_hour(wire: Sequence[WireEvent]) -> Iterator[list[WireEvent]]:
    for _, some in groupby(wire, key=lambda each: each.at_us // _HOUR_US):
        yield list(some)


def _read(shop: "Shop", source: "Source", wire: Sequence[WireEvent]) -> "list[Incoming]":
    return [
        facts.read(source.pk, source.kind, RawEvent(each.call, each.body, each.at_us), shop.currency) for each in wire
    ]
