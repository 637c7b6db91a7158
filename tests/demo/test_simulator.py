"""The simulator: the same plan gives the same year, and the year follows the model whose truth it keeps."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from kizuna.demo import catalogue, simulator
from kizuna.demo.simulator import PARTS, Simulation
from kizuna.demo.simulator_calendar import DAYS
from kizuna.demo.simulator_world import LEAVE_SCALE_DAYS, LEAVE_SHAPE, Plan, Truth, make_world
from kizuna.tracking import plan as tracking_plan

NOW_US = 1_795_338_000_000_000


@pytest.fixture(scope="module")
def year() -> Simulation:
    return simulator.simulate(Plan(NOW_US, customers=2500))


def test_same_plan_gives_the_same_bytes() -> None:
    first, again = (list(simulator.to_wire(simulator.simulate(Plan(NOW_US, 120)))) for _ in range(2))
    assert first == again
    other = list(simulator.to_wire(simulator.simulate(Plan(NOW_US, 120, seed=3))))
    assert [each.body for each in first] != [each.body for each in other]


def test_a_further_part_changes_nothing_before_it() -> None:
    worlds = [make_world(Plan(NOW_US, 60)) for _ in range(2)]
    for count, world in zip((3, len(PARTS)), worlds, strict=True):
        for name, add in PARTS[:count]:
            add(world, world.stream(name))
    assert worlds[0].purchases[0].lines == worlds[1].purchases[0].lines
    assert worlds[1].events[: len(worlds[0].events)] == worlds[0].events


def test_everything_happens_within_the_year(year: Simulation) -> None:
    at = np.array([event.at_us for event in year.events])
    assert at.max() <= NOW_US
    assert at.min() >= year.world.calendar.midnights[0] - 86_400_000_000
    assert (np.diff(at) >= 0).all()


def test_message_ids_are_unique_and_bodies_are_json(year: Simulation) -> None:
    wire = list(simulator.to_wire(year))
    said = [json.loads(each.body) for each in wire]
    assert len({each["messageId"] for each in said}) == len(wire)
    assert all(each["userId"] != "" for each in said if "userId" in each)


def test_leaving_follows_the_gamma_mixture(year: Simulation) -> None:
    truth = year.truth
    for days in (30.0, 120.0, 300.0):
        expected = (LEAVE_SCALE_DAYS / (LEAVE_SCALE_DAYS + days)) ** LEAVE_SHAPE
        share = float((truth.lifetime_days > days).mean())
        assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / len(truth.first_day)))


def test_nobody_buys_after_leaving_but_for_the_first_order(year: Simulation) -> None:
    truth, calendar = year.truth, year.world.calendar
    seen: Counter[int] = Counter()
    for purchase in year.world.purchases:
        seen[purchase.customer] += 1
        day = np.searchsorted(calendar.midnights, purchase.at_us, side="right") - 1
        assert seen[purchase.customer] == 1 or day <= truth.alive_until[purchase.customer]


def test_repeat_orders_follow_each_customers_own_rate(year: Simulation) -> None:
    truth, calendar = year.truth, year.world.calendar
    end = np.clip(truth.alive_until, truth.first_day, DAYS)
    exposure = calendar.to_busy_time(end) - calendar.to_busy_time(truth.first_day)
    buyers = truth.orders > 0
    expected = float((truth.purchase_rate * exposure)[buyers].sum())
    repeats = float((truth.orders - truth.chat_orders - 1)[buyers].sum())
    assert repeats == pytest.approx(expected, rel=0.06)
    assert 0.4 < float((truth.orders - truth.chat_orders > 1).sum() / buyers.sum()) < 0.62


def test_the_year_has_seasons_and_weekdays(year: Simulation) -> None:
    days = np.array([purchase.at_us for purchase in year.world.purchases]) // 86_400_000_000
    months = Counter(days.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12 + 1)
    weekdays = Counter((days + 3) % 7)
    assert months[11] * 31 / 21 > 1.5 * months[8]
    assert weekdays[6] > weekdays[4]


def test_money_adds_up(year: Simulation) -> None:
    paid: Counter[str] = Counter()
    total: dict[str, int] = {}
    for event in year.events:
        said = event.properties
        if event.name == "Order Completed":
            goods = sum(round(line["price"] * 100) * line["quantity"] for line in said["products"])
            assert round(said["subtotal"] * 100) == goods - round(said["discount"] * 100)
            assert round(said["total"] * 100) == round(said["subtotal"] * 100) + round(said["shipping"] * 100)
            total[said["order_id"]] = round(said["total"] * 100)
            paid[said["email"]] += total[said["order_id"]]
        elif event.name == "Order Refunded":
            assert 0 < round(said["total"] * 100) <= total[said["order_id"]]
            paid[said["email"]] -= round(said["total"] * 100)
        elif event.name == "Order Cancelled":
            paid[said["email"]] -= total[said["order_id"]]
    emails = [person.email for person in year.world.people]
    assert [paid[email] for email in emails] == year.truth.paid_minor.tolist()


def test_a_cancelled_order_is_not_given_back_as_well(year: Simulation) -> None:
    by_name = {
        name: {event.properties["order_id"] for event in year.events if event.name == name}
        for name in ("Order Cancelled", "Order Refunded")
    }
    assert by_name["Order Cancelled"]
    assert not by_name["Order Cancelled"] & by_name["Order Refunded"]


def test_people_and_addresses_cannot_exist(year: Simulation) -> None:
    people = year.world.people
    assert len({person.email for person in people}) == len(people)
    assert {person.email.rpartition("@")[2] for person in people} == {"example.com", "example.net", "example.org"}
    phones = [person.phone for person in people if person.phone]
    assert len(set(phones)) == len(phones)
    assert all(phone.startswith(("+493023125", "+447700900", "+3363998")) for phone in phones)


def test_devices_are_anonymous_until_somebody_signs_in(year: Simulation) -> None:
    signed: dict[str, str] = {}
    for event in year.events:
        if event.visitor is None or event.name.startswith("Order"):
            continue
        if event.user is None:
            assert event.visitor not in signed
        else:
            assert signed.setdefault(event.visitor, event.user) == event.user
    visitors = {event.visitor for event in year.events if event.visitor}
    assert len(signed) < len(visitors)
    assert len(signed) > len(set(signed.values()))


def test_nobody_without_consent_gets_newsletters(year: Simulation) -> None:
    agreed: set[str | None] = set()
    for event in year.events:
        if event.name in ("Consent Given", "Consent Refused", "Unsubscribed"):
            (agreed.add if event.name == "Consent Given" else agreed.discard)(event.user)
        elif event.name == "Email Sent" and "campaign_id" in event.properties:
            assert event.user in agreed


def test_truth_survives_its_file(year: Simulation, tmp_path: Path) -> None:
    year.truth.save(tmp_path / "truth.npz")
    kept = Truth.load(tmp_path / "truth.npz")
    assert (kept.alive_until == year.truth.alive_until).all()
    assert (kept.user_id == year.truth.user_id).all()


def test_catalogue_has_sane_prices() -> None:
    products = catalogue.list_products()
    assert len({product.sku for product in products}) == len(products) >= 60
    assert all(0 < product.cost_minor < product.price_minor * 0.6 for product in products)
    assert {product.category for product in products} == catalogue.CATEGORIES.keys()
    assert all(product.in_currency("GBP") % 10 == 0 for product in products)


def test_rates_cover_the_year() -> None:
    rates = simulator.list_rates(Plan(NOW_US, 10))
    assert (rates[-1][0] - rates[0][0]).days > DAYS
    assert all(Decimal(1) < rate < Decimal("1.35") for _, rate in rates)


def test_every_event_is_in_the_plan_and_belongs_to_somebody(year: Simulation) -> None:
    names = {event.name for event in year.events if event.call == "track"}
    assert names <= tracking_plan.EVENTS.keys()
    nobody = [event for event in year.events if not (event.user or event.visitor or "email" in event.properties)]
    assert nobody == []
