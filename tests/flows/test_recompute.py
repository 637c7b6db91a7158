"""What is added up event by event is what the facts come to; a recompute finds and mends what is not."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.customers.models import Identity
from kizuna.flows import placing, portfolio, recompute, snapshots
from kizuna.relationships import indicators, stocks
from kizuna.relationships import snapshots as stored
from kizuna.relationships.indicators import IndicatorDraft, IndicatorFact
from kizuna.relationships.models import IdentityStock, Snapshot, Standing
from kizuna.science.periods import instant_at
from kizuna.tracking.models import Visit
from tests.conftest import ONE_FIXTURE_FOR_ALL, examples
from tests.flows.making import DAY, START, Books, make_books

pytestmark = pytest.mark.django_db
NOW = START + 400 * DAY
MINUTE = 60_000_000

instants = st.one_of(st.integers(START, NOW), st.integers(0, 40).map(lambda step: NOW - step * 10 * MINUTE))
acts = st.lists(
    st.tuples(
        st.sampled_from(
            ["order", "order", "free", "refund", "cancel", "page", "page", "page", "mail", "merge", "unmerge"]
        ),
        st.integers(0, 4),
        instants,
        st.integers(1, 10**6),
    ),
    max_size=40,
)


def _live(books: Books, acted: list[tuple[str, int, int, int]]) -> list[int]:
    """Let things happen in this order, placing who is touched as the flows do."""
    identities = [books.customer(f"{books.shop.pk}-{number}") for number in range(5)]
    homes = {identity: books.customer_of(identity) for identity in identities}
    orders = []
    for what, number, at_us, amount in acted:
        identity = identities[number]
        touched = {books.customer_of(identity)}
        if what == "order":
            orders.append(books.order(identity, at_us, amount))
        elif what == "free":
            orders.append(books.order(identity, at_us, -amount % 3))
        elif what == "refund":
            books.refund(identity, at_us, amount)
        elif what == "cancel" and orders:
            order = orders.pop(number % len(orders))
            touched.add(books.customer_of(order.identity_id))
            books.cancel(order)
        elif what == "page":
            books.page(identity, at_us)
        elif what == "mail":
            books.mail(identity, at_us)
        elif what in ("merge", "unmerge"):
            home = homes[identities[(number + 1) % 5] if what == "merge" else identity]
            Identity.objects.filter(pk=identity).update(customer_id=home)
            Identity.objects.get(pk=identity).links.update(customer_id=home)
            touched.add(home)
        placing.place(books.shop, touched, what, NOW)
    return identities


@settings(max_examples=examples(40), suppress_health_check=ONE_FIXTURE_FOR_ALL)
@given(acted=acts)
def test_whatever_happened_in_whatever_order_the_live_figures_are_those_of_the_facts(
    acted: list[tuple[str, int, int, int]],
) -> None:
    books = make_books()
    identities = _live(books, acted)
    Snapshot.objects.filter(shop=books.shop).update(previous=None)
    stocks_differ = [line for line in recompute.verify(books.shop).differences if "last snapshot" not in line]
    assert stocks_differ == []
    snapshots.make_snapshot(books.shop, NOW + 1, "imported", instant_at(NOW + 1))
    assert recompute.verify(books.shop).differences == []
    placing.place(books.shop, {books.customer_of(each) for each in identities}, "order", NOW + 1)
    measured = portfolio.measure_as_of(books.shop, NOW + 1)
    for row, customer in enumerate(measured.customer_id.tolist()):
        standing = Standing.objects.get(customer_id=customer)
        assert standing.net_profit_minor == measured.net_profit[row]
        assert standing.rf == pytest.approx(measured.rf[row], abs=1e-9)
    placed = Standing.objects.filter(shop_id=books.shop.pk, net_profit_minor__isnull=False)
    assert placed.count() == len(measured.customer_id)


def _grown() -> Books:
    books = make_books()
    for number in range(12):
        identity = books.customer()
        books.order(identity, NOW - number * DAY, 100 * number + 1)
        books.mail(identity, NOW - number * DAY)
        for page in range(number):
            books.page(identity, NOW - page * 20 * MINUTE * number)
    snapshots.make_snapshot(books.shop, NOW, "imported", instant_at(NOW))
    return books


@pytest.mark.parametrize("factor", ["f90", "m365", "v30", "e60"])
def test_a_wrong_stock_is_found_named_and_mended(factor: str) -> None:
    books = _grown()
    wrong = IdentityStock.objects.filter(shop_id=books.shop.pk)[3]
    setattr(wrong, factor, getattr(wrong, factor) * (1 + 1e-9) + 1e-9)
    wrong.save()
    report = recompute.verify(books.shop)
    assert [factor[0].upper() in line and "1 identity" in line for line in report.differences] == [True]
    assert recompute.recompute(books.shop, instant_at(NOW)).mended
    assert recompute.verify(books.shop).agrees


def test_a_wrong_last_purchase_and_a_lost_visit_are_found_and_mended() -> None:
    books = _grown()
    IdentityStock.objects.filter(shop_id=books.shop.pk).update(last_purchase_us=START)
    Visit.objects.filter(shop_id=books.shop.pk).first().delete()
    Visit.objects.filter(shop_id=books.shop.pk).update(pages=99)
    report = recompute.verify(books.shop)
    assert [line.split(" differs")[0] for line in report.differences][:2] == [
        "the last purchase of 12 identities",
        "131 visits stored otherwise than page views say",
    ]
    recompute.recompute(books.shop, instant_at(NOW))
    assert recompute.verify(books.shop).agrees


def test_a_lost_stock_row_is_found_and_mended() -> None:
    books = _grown()
    IdentityStock.objects.filter(shop_id=books.shop.pk).delete()
    recompute.recompute(books.shop, instant_at(NOW))
    assert recompute.verify(books.shop).agrees
    assert len(stocks.columns(books.shop.pk).identity_id) == 12


def test_a_late_fact_shows_in_the_last_snapshot_which_gets_a_successor_and_is_not_restated() -> None:
    books = _grown()
    first = stored.find_last(books.shop.pk)
    books.order(books.customer(), NOW - DAY, 777)
    report = recompute.verify(books.shop)
    assert report.agrees
    assert report.notes == [
        "facts changed since the last snapshot was made",
        "the last snapshot holds other customers than the facts place by then",
    ]
    recompute.recompute(books.shop, instant_at(NOW))
    last = stored.find_last(books.shop.pk)
    assert last.id != first.id
    assert stored.get(books.shop.pk, first.id) == first
    assert recompute.verify(books.shop).notes == []


def test_a_snapshot_that_differs_from_the_same_facts_is_a_failure() -> None:
    books = _grown()
    Snapshot.objects.filter(shop=books.shop).update(net_gain_minor=1)
    report = recompute.verify(books.shop)
    assert report.differences == ["the cuts or the net gain of the last snapshot differ"]
    assert report.notes == []


def test_portions_of_identities_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    books = _grown()
    monkeypatch.setattr(recompute, "TOGETHER", 5)
    report = recompute.verify(books.shop)
    assert report.agrees
    assert (report.identities, report.customers) == (12, 12)


def test_an_indicator_is_added_up_live_back_filled_and_recomputed() -> None:
    from kizuna.flows import criterion

    books = _grown()
    identity = stocks.columns(books.shop.pk).identity_id.tolist()[0]
    books.fact(identity, NOW - DAY, "Phone Call")
    draft = IndicatorDraft("calls", "Calls", ("Phone Call",), 1, weight=0.5)
    criterion.register_indicator(books.shop, draft, None, instant_at(NOW))
    criterion.backfill_indicator(books.shop, "calls")
    books.fact(identity, NOW - 2 * DAY, "Phone Call")
    indicators.count_facts(books.shop.pk, [IndicatorFact(identity, "Phone Call", 1, NOW - 2 * DAY)])
    assert recompute.verify(books.shop).agrees
    snapshots.place_everybody(books.shop, "criterion_changed", instant_at(NOW))
    standing = Standing.objects.get(customer_id=books.customer_of(identity))
    assert standing.stocks["calls"] == pytest.approx(2 ** (-1 / 90) + 2 ** (-2 / 90), rel=1e-9)
    assert standing.z["calls"] > 0.9
    measured = portfolio.measure_as_of(books.shop, NOW)
    assert sum(measured.question.criterion.weights.values()) == pytest.approx(1)
    assert measured.z["calls"].max() == standing.z["calls"]


def test_the_command_says_what_differs_in_words() -> None:
    books = _grown()
    output = StringIO()
    call_command("recompute", shop=books.shop.slug, verify=True, stdout=output)
    assert "Everything agrees." in output.getvalue()
    IdentityStock.objects.filter(shop_id=books.shop.pk).update(f90=1)
    with pytest.raises(CommandError, match="does not agree"):
        call_command("recompute", shop=books.shop.slug, verify=True, stdout=output)
    assert "the stock of purchases (F) of 12 identities differs" in output.getvalue()
    call_command("recompute", shop=books.shop.slug, stdout=output)
    assert output.getvalue().endswith("Mended.\n")
