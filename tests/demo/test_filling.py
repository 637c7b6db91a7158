"""Filling the demo shop: what the simulator says is what the shop knows, however often and brokenly it is filled."""

from pathlib import Path

import numpy as np
import pytest

from kizuna.__main__ import choose_home
from kizuna.customers import links
from kizuna.demo import catalogue, filling, kept, simulator
from kizuna.demo.simulator_world import Plan, Truth
from kizuna.flows import portfolio
from kizuna.relationships import lists, reference, snapshots
from kizuna.sales import ledger
from kizuna.shops import tenants
from kizuna.tracking import arrivals, columns
from tests.shops.making import find_source

NOW_US = 1_795_338_000_000_000
PLAN = Plan(NOW_US, customers=220)


def quiet(doing: str, done: int, whole: int) -> None:
    """Show no progress."""


@pytest.mark.django_db(transaction=True)
def test_the_shop_knows_what_the_simulation_says(tmp_path: Path) -> None:
    shop = filling.fill(tmp_path, PLAN, quiet)
    truth = Truth.load(tmp_path / kept.TRUTH)
    held = ledger.columns(shop.pk, None)
    assert len(held.order_us) == truth.orders.sum()
    placed = lists.segment_totals(shop.pk)
    buyers = int((truth.orders > 0).sum())
    assert sum(total.customers for segment, total in placed.items() if segment) == buyers
    assert {"A", "B", "C", "D"} <= placed.keys()
    people = set(links.columns(shop.pk, None)[1].tolist())
    assert placed[""].customers == len(people) - buyers > 50

    owners = links.customers_of(shop.pk, held.order_identity.tolist())
    assert len(set(owners.values())) == buyers
    per_customer = np.unique([owners[each] for each in held.order_identity.tolist()], return_counts=True)[1]
    assert sorted(per_customer) == sorted(truth.orders[truth.orders > 0])

    euro = [person.country != "United Kingdom" for person in simulator.simulate(PLAN).world.people]
    assert 0 < truth.paid_minor[euro].sum() < held.order_revenue.sum() - held.refund_revenue.sum()
    assert held.order_profit.sum() < held.order_revenue.sum() * 0.75


@pytest.mark.django_db(transaction=True)
def test_past_weeks_last_midnight_and_last_hours_are_there(tmp_path: Path) -> None:
    shop = filling.fill(tmp_path, PLAN, quiet)
    taken = snapshots.list_snapshots(shop.pk)
    assert sum(each.reconstructed for each in taken) >= 48
    assert sum(not each.reconstructed for each in taken) == 1
    frozen = reference.find_current(shop.pk)
    assert frozen is not None
    assert frozen.customers >= 100
    assert portfolio.shop_now(shop, NOW_US) == NOW_US
    newest = arrivals.list_newest(shop.pk, 0, arrivals.Filters(), 500)
    assert newest
    assert {each.outcome for each in newest} == {"accepted"}


@pytest.mark.django_db(transaction=True)
def test_filling_again_and_after_a_crash_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(doing: str, done: int, whole: int) -> None:
        if doing == "Filling a year" and done > whole / 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(filling, "_AT_ONCE", 700)
    with pytest.raises(KeyboardInterrupt):
        filling.fill(tmp_path, PLAN, crash)
    half = kept.read_note(tmp_path)
    assert half is not None
    assert not half.filled

    shop = filling.fill(tmp_path, Plan(NOW_US + 10**12, customers=30, seed=1), quiet)
    expected = simulator.simulate(PLAN)
    emails = columns.email_columns(shop.pk, None)[0]
    assert len(ledger.columns(shop.pk, None).order_us) == expected.truth.orders.sum()
    note = kept.read_note(tmp_path)
    assert note == kept.Note(catalogue.SHOP_SLUG, PLAN, half.storefront_key, filled=True)
    source = find_source(note.storefront_key)
    assert source is not None
    assert source.kind == "browser"

    filling.fill(tmp_path, PLAN, crash)
    assert len(columns.email_columns(shop.pk, None)[0]) == len(emails)
    assert [each.slug for each in tenants.list_shops()] == [catalogue.SHOP_SLUG]


def test_what_the_demo_keeps_is_for_its_owner_alone(tmp_path: Path) -> None:
    kept.write_note(tmp_path, kept.Note("kasane", PLAN, "key", filled=False))
    kept.write_private(tmp_path / kept.PASSWORD, "secret\n")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_the_demo_has_a_home_of_its_own() -> None:
    chosen: dict[str, str] = {}
    choose_home(["serve"], chosen)
    assert chosen == {}
    choose_home(["demo", "--port", "1"], chosen)
    assert chosen["KIZUNA_HOME"].endswith("kizuna-demo")
    own = {"KIZUNA_HOME": "/somewhere"}
    choose_home(["demo"], own)
    assert own == {"KIZUNA_HOME": "/somewhere"}
