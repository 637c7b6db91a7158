"""Customers who act are placed again at once; snapshots keep hysteresis, moves and paths, and are never restated."""

from dataclasses import replace
from itertools import pairwise

import pytest
from django.test import TestCase

from kizuna.bus import notes
from kizuna.customers.models import Identity
from kizuna.flows import criterion, history, placing, portfolio, snapshots
from kizuna.relationships import reference, stocks
from kizuna.relationships import snapshots as stored
from kizuna.relationships.models import Move, Place, Snapshot, Standing
from kizuna.science.periods import epoch_us, instant_at
from kizuna.science.stocks import HALF_LIVES, stock_at
from kizuna.shops.models import AuditEntry
from tests.flows.making import DAY, START, Books, make_books

pytestmark = pytest.mark.django_db
NOW = START + 400 * DAY


def _standing(books: Books, identity_id: int) -> Standing:
    return Standing.objects.get(customer_id=books.customer_of(identity_id))


def _place(books: Books, *identity_ids: int, at_us: int = NOW, cause: str = "order_completed") -> None:
    placing.place(books.shop, [books.customer_of(each) for each in identity_ids], cause, at_us)


def _shop_of(count: int, *, at_us: int = NOW) -> tuple[Books, list[int]]:
    """A shop whose customer i bought i + 1 times a hundred, i days ago, and came as many times."""
    books = make_books()
    identities = [books.customer(f"c{number}") for number in range(count)]
    for number, identity in enumerate(identities):
        books.order(identity, at_us - number * DAY, 100 * (number + 1))
        for visit in range(number % 4):
            books.page(identity, at_us - visit * DAY)
    return books, identities


def test_the_first_order_of_a_shop_makes_its_first_snapshot_and_places_the_customer() -> None:
    books = make_books()
    visitor, buyer = books.customer(kind=4), books.customer()
    _place(books, visitor)
    assert Snapshot.objects.count() == 0
    assert _standing(books, visitor).rf is None
    books.order(buyer, NOW, 500)
    _place(books, buyer, visitor)
    standing = _standing(books, buyer)
    assert (standing.segment, standing.net_profit_minor, standing.e_cnrr) == ("A", 500, 1.0)
    assert (standing.orders, standing.revenue_minor, standing.last_order_us) == (1, 500, NOW)
    assert _standing(books, visitor).segment == ""
    assert Move.objects.get().cause == "order_completed"


def test_live_standing_equals_the_portfolio_as_of_the_same_instant() -> None:
    books, identities = _shop_of(40)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    later = NOW + 3600_000_000
    _place(books, *identities, at_us=later)
    measured = portfolio.measure_as_of(books.shop, later)
    for row, customer in enumerate(measured.customer_id.tolist()):
        standing = Standing.objects.get(customer_id=customer)
        assert standing.rf == pytest.approx(measured.rf[row], abs=1e-12)
        assert standing.net_profit_minor == measured.net_profit[row]
        assert standing.stocks == pytest.approx(
            {name: column[row] for name, column in measured.stocks.items()}, rel=1e-9
        )


def test_a_page_view_raises_rf_at_once_and_the_pages_are_told_after_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    books, identities = _shop_of(120)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    before = _standing(books, identities[4])
    told: list[tuple[str, dict]] = []
    monkeypatch.setattr(notes, "publish", lambda channel, body: told.append((channel, body)))
    books.page(identities[4], NOW + 1)
    with TestCase.captureOnCommitCallbacks(execute=True):
        _place(books, identities[4], at_us=NOW + 1, cause="page")
        assert told == []
    after = _standing(books, identities[4])
    assert after.rf > before.rf
    assert after.z["V"] > before.z["V"]
    public_id = str(Identity.objects.get(pk=identities[4]).customer.public_id)
    assert told == [(f"shop:{books.shop.pk}:moves", {"customers": [public_id], "at_us": NOW + 1})]


def test_between_snapshots_the_cuts_and_shares_of_the_last_one_hold() -> None:
    books, identities = _shop_of(10)
    taken = snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    books.order(identities[0], NOW + 1, 10_000)
    _place(books, identities[0], at_us=NOW + 1)
    standing = _standing(books, identities[0])
    assert standing.net_profit_minor == 10_100
    assert standing.e_cnrr == 10_100 / taken.net_gain_minor
    assert stored.find_last(books.shop.pk) == taken


def test_high_stays_high_down_to_95_percent_of_the_cut_and_newcomers_do_not() -> None:
    books = make_books()
    top, near, low = (books.customer() for _ in range(3))
    for identity, revenue in ((top, 1000), (near, 1000), (low, 100)):
        books.order(identity, NOW, revenue)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    books.refund(near, NOW + 1, 40)
    newcomer = books.customer()
    books.order(newcomer, NOW + 1, 960)
    _place(books, near, newcomer, at_us=NOW + 1)
    assert stored.find_last(books.shop.pk).cut_net_profit_minor == 1000
    assert _standing(books, near).high_net_profit
    assert not _standing(books, newcomer).high_net_profit
    books.refund(near, NOW + 2, 11)
    _place(books, near, at_us=NOW + 2)
    assert not _standing(books, near).high_net_profit
    books.order(near, NOW + 3, 11)
    _place(books, near, at_us=NOW + 3)
    assert _standing(books, near).high_net_profit, "the flags are those of the last snapshot, not of the last event"


def test_the_daily_snapshot_keeps_who_was_shown_high() -> None:
    books = make_books()
    *_, near = identities = [books.customer() for _ in range(6)]
    for identity in identities:
        books.order(identity, NOW, 1000)
    first = snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    books.refund(near, NOW + 1, 40)
    made = snapshots.make_snapshot(books.shop, NOW + DAY, stored.DAILY, instant_at(NOW + DAY))
    assert made.previous_id == first.id
    assert made.cut_net_profit_minor == 1000
    stateless = portfolio.measure_as_of(books.shop, NOW + DAY)
    row = stateless.customer_id.tolist().index(books.customer_of(near))
    assert stateless.net_profit[row] == 960
    assert stateless.segment[row] in ("C", "D")
    assert stored.columns(made).shown[row] in ("A", "B")
    assert _standing(books, near).high_net_profit
    books.refund(near, NOW + 2, 11)
    again = snapshots.make_snapshot(books.shop, NOW + 2 * DAY, stored.DAILY, instant_at(NOW + 2 * DAY))
    assert stored.columns(again).shown[row] in ("C", "D")


def test_automatic_reference_at_100_placed_customers_not_before() -> None:
    books, _ = _shop_of(99)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    assert reference.find_current(books.shop.pk) is None
    books.order(books.customer(), NOW, 1)
    made = snapshots.make_snapshot(books.shop, NOW + 1, "imported", instant_at(NOW))
    frozen = reference.find_current(books.shop.pk)
    assert frozen is not None
    assert (frozen.automatic, frozen.customers, frozen.version) == (True, 100, 1)
    assert made.reference_id == frozen.id
    assert len(reference.load(frozen)) == 5 * 5


def test_a_factor_that_had_no_fact_joins_the_reference_when_100_customers_have_it() -> None:
    books = make_books()
    identities = [books.customer() for _ in range(110)]
    for number, identity in enumerate(identities):
        books.order(identity, NOW - number * DAY // 9, 100 + number)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    first = reference.load(reference.find_current(books.shop.pk))
    for identity in identities[:99]:
        books.mail(identity, NOW + 1)
    snapshots.make_snapshot(books.shop, NOW + 2, "imported", instant_at(NOW))
    assert reference.find_current(books.shop.pk).version == 1
    books.mail(identities[99], NOW + 3)
    snapshots.make_snapshot(books.shop, NOW + 4, "imported", instant_at(NOW))
    second = reference.load(reference.find_current(books.shop.pk))
    assert second["E", 90].has_facts
    assert not first["E", 90].has_facts
    assert second["F", 90].values.tolist() == first["F", 90].values.tolist()


def test_missed_midnights_are_made_up_for_one_by_one_and_then_no_more() -> None:
    books = make_books(timezone="Europe/Berlin")
    books.order(books.customer(), NOW, 100)
    now = NOW + 3 * DAY
    assert snapshots.make_next_due(books.shop, instant_at(now)) is None, "no first snapshot, nothing due"
    snapshots.make_snapshot(books.shop, NOW, "first_order", instant_at(NOW))
    made = []
    while (snapshot := snapshots.make_next_due(books.shop, instant_at(now))) is not None:
        made.append(snapshot)
    assert [each.day - made[0].day for each in made] == [0, 1, 2]
    assert all(instant_at(each.as_of_us).hour == 23 for each in made), "Berlin's midnight in winter"


def test_after_years_of_silence_only_the_last_month_of_midnights_is_made_up_for() -> None:
    books = make_books(timezone="Europe/Berlin")
    identity = books.customer()
    books.order(identity, NOW, 100)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    years_later = NOW + 14 * 365 * DAY
    books.page(identity, years_later)
    made = []
    while (snapshot := snapshots.make_next_due(books.shop, instant_at(years_later))) is not None:
        made.append(snapshot.as_of_us)
        assert len(made) < 40, "one page view must not cost thousands of snapshots"
    assert len(made) == 31
    assert made == sorted(set(made))
    assert years_later - DAY < made[-1] <= years_later


def test_the_clock_of_a_shop_stands_still_at_its_last_fact_after_one_half_life() -> None:
    books, _ = _shop_of(3)
    year_later = NOW + 365 * DAY
    assert portfolio.shop_now(books.shop, NOW + 90 * DAY) == NOW + 90 * DAY
    assert portfolio.shop_now(books.shop, year_later) == NOW
    made = snapshots.settle(books.shop, instant_at(year_later))
    assert made.as_of_us == NOW
    assert snapshots.make_next_due(books.shop, instant_at(year_later)) is None
    assert set(Standing.objects.values_list("as_of_us", flat=True)) == {NOW}


def test_a_changed_criterion_places_everybody_in_a_new_snapshot_and_restates_none() -> None:
    books, _ = _shop_of(30)
    now = instant_at(NOW)
    first = snapshots.make_snapshot(books.shop, NOW, "imported", now)
    kept = bytes(Snapshot.objects.get(pk=first.id).columns)
    rf = dict(Standing.objects.values_list("customer_id", "rf"))
    changed = criterion.change_weights(books.shop, {"M": 1.0}, None, now)
    assert changed.weights == {"R": 0, "F": 0, "M": 1, "V": 0, "E": 0}
    second = snapshots.place_everybody(books.shop, snapshots.CRITERION_CHANGED, now)
    assert second.criterion_id == changed.id != first.criterion_id
    assert bytes(Snapshot.objects.get(pk=first.id).columns) == kept
    assert stored.get(books.shop.pk, first.id) == first
    assert dict(Standing.objects.values_list("customer_id", "rf")) != rf
    assert AuditEntry.objects.get(action="criterion_changed").after["version"] == 1
    criterion.restore_version(books.shop, 0, None, now)
    third = snapshots.place_everybody(books.shop, snapshots.CRITERION_CHANGED, now)
    assert third.id != second.id
    assert stored.columns(third).rf.tolist() == stored.columns(first).rf.tolist()
    assert dict(Standing.objects.values_list("customer_id", "rf")) == pytest.approx(rf, abs=1e-12)


def test_backfill_draws_paths_that_end_where_the_live_ones_begin() -> None:
    books = make_books()
    steady, lost = books.customer("steady"), books.customer("lost")
    for week in range(20):
        books.order(steady, NOW - week * 7 * DAY, 1000)
    books.order(lost, NOW - 140 * DAY, 50_000)
    books.order(books.customer("late"), NOW - 44 * DAY, 100)
    now = instant_at(NOW)
    live = snapshots.settle(books.shop, now)
    made = history.backfill(books.shop, now)
    assert made == 19
    every = stored.list_snapshots(books.shop.pk)
    assert [each.reconstructed for each in every] == [True] * 19 + [False]
    assert [len(stored.columns(each).customer_id) for each in every] == [2] * 13 + [3] * 7, "nobody before their time"
    assert every[-1] == live
    moves = list(Move.objects.filter(customer_id=books.customer_of(steady)).order_by("at_us"))
    assert moves[0].from_segment == ""
    assert all(one.to_segment == next_one.from_segment for one, next_one in pairwise(moves))
    assert moves[-1].to_segment == _standing(books, steady).segment
    path = list(Place.objects.filter(customer_id=books.customer_of(lost)).order_by("at_us"))
    assert len(path) >= 3
    assert path[0].at_us < NOW - 120 * DAY
    standing = _standing(books, steady)
    assert standing.segment_since_us == moves[-1].at_us
    assert history.backfill(books.shop, now) == 19, "again: replaced, not doubled"
    assert Snapshot.objects.count() == 20
    assert Move.objects.filter(customer_id=books.customer_of(steady)).count() == len(moves)


def test_merged_away_customers_leave_the_list_and_their_stocks_go_along() -> None:
    books, identities = _shop_of(12)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    kept, lost = books.customer_of(identities[0]), books.customer_of(identities[5])
    Identity.objects.filter(pk=identities[5]).update(customer_id=kept)
    placing.place(books.shop, [kept, lost], "merged", NOW + 1)
    assert not Standing.objects.filter(customer_id=lost).exists()
    merged = Standing.objects.get(customer_id=kept)
    assert merged.net_profit_minor == 100 + 600
    assert merged.stocks["F"] == pytest.approx(1 + 2 ** (-5 / 90), rel=1e-9)
    assert merged.stocks["R"] == pytest.approx(1, rel=1e-9)


def test_no_cuts_means_nobody_is_in_a_segment() -> None:
    books = make_books()
    identity = books.customer()
    books.order(identity, NOW, 0)
    _place(books, identity)
    standing = _standing(books, identity)
    assert (standing.segment, standing.net_profit_minor, standing.e_cnrr) == ("", 0, None)


def test_an_owner_freezes_a_reference_and_it_is_audited() -> None:
    books, _ = _shop_of(5)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    frozen = snapshots.freeze_reference(books.shop, None, instant_at(NOW))
    assert frozen.customers == 5
    assert AuditEntry.objects.get(action="reference_frozen").after == {"version": 1, "customers": 5}
    assert epoch_us(frozen.frozen_at) == NOW


def test_a_place_reckoned_for_an_earlier_instant_never_overwrites_a_later_one() -> None:
    from kizuna.relationships import standings

    books, identities = _shop_of(3)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    customer = books.customer_of(identities[1])
    kept = Standing.objects.get(customer_id=customer)
    earlier = standings.Row(
        customer, standings.Identification(), standings.Bought(), placing.unplaced(kept.as_of_us - 1), None
    )
    standings.refresh(books.shop.pk, [earlier])
    assert Standing.objects.get(customer_id=customer).rf == kept.rf
    standings.refresh(books.shop.pk, [replace(earlier, position=placing.unplaced(kept.as_of_us))])
    assert Standing.objects.get(customer_id=customer).rf is None


def test_what_happened_is_placed_even_where_the_clock_of_the_caller_is_behind() -> None:
    books, identities = _shop_of(3)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    _place(books, identities[1], at_us=NOW + 50)
    books.order(identities[1], NOW + 20, 5000)
    _place(books, identities[1], at_us=NOW + 20)
    standing = _standing(books, identities[1])
    assert (standing.net_profit_minor, standing.as_of_us) == (5200, NOW + 50)


def test_who_has_no_order_left_leaves_the_portfolio_with_the_next_snapshot() -> None:
    books = make_books()
    stays, goes = books.customer(), books.customer()
    books.order(stays, NOW, 100)
    order = books.order(goes, NOW, 100)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    books.cancel(order)
    snapshots.make_snapshot(books.shop, NOW + 1, "imported", instant_at(NOW + 1))
    standing = _standing(books, goes)
    assert (standing.segment, standing.rf, standing.net_profit_minor) == ("", None, None)
    assert _standing(books, stays).segment == "A"
    assert Move.objects.filter(customer_id=standing.customer_id, to_segment="").count() == 1


def test_corrected_orders_leave_nothing_behind_and_refunds_stay() -> None:
    books = make_books()
    identity = books.customer()
    old = books.order(identity, NOW - 390 * DAY, 1)
    books.refund(identity, NOW - 10 * DAY, 7)
    books.cancel(books.order(identity, NOW, 10**9))
    only = stocks.columns(books.shop.pk, [identity])
    assert only.last_purchase_us.tolist() == [old.placed_us]
    for place, half_life in enumerate(HALF_LIVES):
        assert stock_at(float(only.sums["F"][0, place]), half_life, old.placed_us) == pytest.approx(1, rel=1e-12)
        spent = stock_at(float(only.sums["M"][0, place]), half_life, NOW)
        assert spent == pytest.approx(2 ** (-390 / half_life) - 7 * 2 ** (-10 / half_life), rel=1e-12)
