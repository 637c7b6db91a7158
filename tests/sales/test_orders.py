"""Orders are recorded once for ever, corrected at their own time, and priced exactly."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest
from django.db.models import DecimalField
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.money import currency
from kizuna.sales import ledger, orders, products
from kizuna.sales.drafts import MOST_QUANTITY
from kizuna.sales.models import Order, OrderLine
from kizuna.sales.orders import LineDraft, OrderDraft
from kizuna.sales.outcome import Outcome
from tests.conftest import ONE_FIXTURE_FOR_ALL, examples
from tests.sales.conftest import DAY, START, Place

LIVE = settings(max_examples=examples(25), suppress_health_check=ONE_FIXTURE_FOR_ALL)


def order(ref: str = "A1", placed_us: int = START, **more: object) -> OrderDraft:
    lines = (LineDraft("mug", Decimal(2), Decimal("9.99")), LineDraft("tea", Decimal(1), Decimal("5.00")))
    return replace(OrderDraft(ref, placed_us, "EUR", lines), **more)  # type: ignore[arg-type]


def sums(outcome: Outcome) -> Counter[tuple[int, int, str]]:
    """What the effects come to, per identity, instant and kind; zeros dropped."""
    total: Counter[tuple[int, int, str]] = Counter()
    for effect in outcome.effects:
        total[effect.identity_id, effect.happened_us, "F"] += effect.purchases
        total[effect.identity_id, effect.happened_us, "M"] += effect.revenue_minor
    return Counter({key: value for key, value in total.items() if value})


def test_an_order_is_taken_once_for_ever(place: Place) -> None:
    told = [(place.identities[0], order())]
    first = orders.record(place.terms, told)
    again = orders.record(place.terms, told)
    assert (first.taken, first.repeated, again.taken, again.repeated, again.changed) == (1, 0, 0, 1, 0)
    assert not again.effects
    assert OrderLine.objects.count() == 2
    assert sums(first) == {(place.identities[0], START, "F"): 1, (place.identities[0], START, "M"): 2498}


def test_twice_in_one_batch_is_once(place: Place) -> None:
    outcome = orders.record(place.terms, [(place.identities[0], order())] * 3)
    assert (outcome.taken, outcome.repeated, Order.objects.count()) == (1, 2, 1)


def test_margin_rate_stands_in_and_is_marked(place: Place) -> None:
    orders.record(place.terms, [(place.identities[0], order())])
    row = Order.objects.get()
    assert (row.revenue_minor, row.net_profit_minor, row.cost_assumed) == (2498, 999, True)  # 2498 x .4 = 999.2


def test_cost_of_line_and_product_replace_the_margin(place: Place) -> None:
    products.record(place.shop.pk, [products.ProductDraft("tea", cost_minor=120)])
    lines = (
        LineDraft("mug", Decimal(2), Decimal("9.99"), unit_cost=Decimal("3.10")),
        LineDraft("tea", Decimal(3), Decimal("5.00")),
    )
    orders.record(place.terms, [(place.identities[0], order(lines=lines))])
    row = Order.objects.get()
    assert (row.goods_cost_minor, row.cost_assumed) == (620 + 360, False)
    assert row.net_profit_minor == 1998 + 1500 - 980


def test_discount_tax_shipping_and_fees(place: Place) -> None:
    place.shop.payment_rate, place.shop.payment_fixed_minor, place.shop.shipping_cost_minor = Decimal("0.02"), 30, 350
    draft = order(shipping=Decimal("4.90"), tax=Decimal("4.00"), discount=Decimal("4.98"))
    orders.record(place.terms, [(place.identities[0], draft)])
    row = Order.objects.get()
    assert row.revenue_minor == 2000 + 490
    paid = Decimal(2490 + 400) * Decimal("0.02") + 30
    assert row.net_profit_minor == int((2490 - Decimal(2000) * Decimal("0.6") - paid - 350).to_integral_value())


@pytest.mark.parametrize(
    ("more", "revenue"),
    [
        ({"subtotal": Decimal("20.00"), "shipping": Decimal(5), "total": Decimal(30), "tax": Decimal(5)}, 2500),
        ({"total": Decimal("30.00"), "shipping": Decimal(5), "tax": Decimal(4)}, 2600),
        ({"lines": (), "total": Decimal("10.00")}, 1000),
        ({"lines": (LineDraft("x", Decimal(1), Decimal(0)),), "total": Decimal("10.00")}, 1000),
        ({"lines": (LineDraft("x", Decimal(5), Decimal("0.001"), amount=Decimal("11.77")),)}, 1177),
    ],
)
def test_revenue_is_net_of_tax_plus_shipping(place: Place, more: dict[str, object], revenue: int) -> None:
    orders.record(place.terms, [(place.identities[0], order(**more))])
    assert Order.objects.get().revenue_minor == revenue


def test_rounded_once_half_even(place: Place) -> None:
    place.shop.margin_rate = Decimal(1)
    lines = tuple(LineDraft("pad", Decimal(1), Decimal("0.005")) for _ in range(3))
    orders.record(
        place.terms, [(place.identities[0], order(lines=lines)), (place.identities[0], order("A2", lines=lines[:1]))]
    )
    assert dict(Order.objects.values_list("source_ref", "revenue_minor")) == {"A1": 2, "A2": 0}
    assert Order.objects.get(source_ref="A2").is_purchase


def test_other_currencies_at_the_days_rate(place: Place) -> None:
    line = (LineDraft("x", Decimal(1), Decimal("100")),)
    told = [
        order("U", currency="USD", lines=line),
        order("J", currency="JPY", lines=(LineDraft("x", Decimal(1), Decimal(10_000)),)),
    ]
    orders.record(place.terms, [(place.identities[0], draft) for draft in told])
    assert dict(Order.objects.values_list("source_ref", "revenue_minor")) == {"U": 9000, "J": 6100}
    assert dict(Order.objects.values_list("source_ref", "original_revenue_minor")) == {"U": 10_000, "J": 10_000}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"currency": "XYZ"}, "currency"),
        ({"currency": "CHF"}, "currency"),
        ({"source_ref": ""}, "order_id"),
        ({"source_ref": "x" * 101}, "order_id"),
        ({"lines": ()}, "total"),
        ({"total": Decimal("NaN")}, "total"),
        ({"shipping": Decimal("Infinity")}, "shipping"),
        ({"lines": (LineDraft("x", Decimal("1e30"), Decimal(1)),)}, "products[1].quantity"),
        ({"lines": (LineDraft("x", Decimal(1), Decimal("1e30")),)}, "products[1].price"),
        ({"lines": (LineDraft("x", Decimal(10) ** 8, Decimal(10) ** 8),)}, "products[1].amount"),
        ({"placed_us": -(10**18)}, "timestamp"),
    ],
)
def test_a_bad_order_is_refused_alone(place: Place, more: dict[str, object], field: str) -> None:
    bad = order(**{"ref": "BAD", **more} if "source_ref" not in more else more)
    outcome = orders.record(
        place.terms, [(place.identities[0], order()), (place.identities[0], bad), (place.identities[1], order("A2"))]
    )
    assert (outcome.taken, [(r.index, r.field) for r in outcome.refused]) == (2, [(1, field)])
    assert outcome.refused[0].message


def test_zero_and_negative_totals_are_no_purchase(place: Place) -> None:
    free = order("F", lines=(LineDraft("x", Decimal(1), Decimal(0)),))
    minus = order("M", lines=(LineDraft("x", Decimal(-1), Decimal(3)),))
    outcome = orders.record(place.terms, [(place.identities[0], free), (place.identities[0], minus)])
    assert sums(outcome) == {(place.identities[0], START, "M"): -300}


def test_a_correction_keeps_the_orders_own_time(place: Place) -> None:
    who = place.identities[0]
    orders.record(place.terms, [(who, order())])
    outcome = orders.record(
        place.terms, [(who, order(placed_us=START + DAY, updated_us=START + DAY, total=Decimal("10.00")))]
    )
    row = Order.objects.get()
    assert (outcome.changed, row.placed_us, row.revenue_minor) == (1, START, 1000)
    assert sums(outcome) == {(who, START, "M"): 1000 - 2498}


def test_any_order_of_arrival_ends_the_same(place: Place) -> None:
    who = place.identities[0]
    told = [
        order(),
        order(placed_us=START + DAY, updated_us=START + DAY, total=Decimal("10.00")),
        order(placed_us=START + 2 * DAY, updated_us=START + 2 * DAY, total=Decimal("12.00")),
    ]
    for turn in permutations(told):
        total: Counter[tuple[int, int, str]] = Counter()
        for draft in turn:
            total.update(sums(orders.record(place.terms, [(who, draft)])))
        row = Order.objects.get()
        assert (row.placed_us, row.revenue_minor, row.updated_us) == (START, 1200, START + 2 * DAY)
        assert {key: value for key, value in total.items() if value} == {(who, START, "F"): 1, (who, START, "M"): 1200}
        Order.objects.all().delete()


def test_an_order_can_turn_out_to_be_somebody_elses_or_earlier(place: Place) -> None:
    one, two = place.identities[:2]
    orders.record(place.terms, [(one, order())])
    moved = orders.record(place.terms, [(two, order())])
    assert moved.corrected == {one, two}
    assert moved.identity_ids == {one, two}
    earlier = orders.record(place.terms, [(two, order(placed_us=START - DAY))])
    assert earlier.corrected == {two}
    assert ledger.totals(place.shop.pk, [one, two]) == {two: ledger.Totals(1, 2498, START - DAY, START - DAY)}


def test_shops_do_not_share_order_numbers(place: Place) -> None:
    other = type(place.shop).objects.create(slug="other", name="Other", currency="EUR")
    who = place.identities[0]
    orders.record(place.terms, [(who, order())])
    outcome = orders.record(Place(other, []).terms, [(who, order())])
    assert outcome.taken == 1


AMOUNT = st.decimals(min_value=-50, max_value=500, places=3, allow_nan=False)
LINES = st.lists(st.tuples(st.sampled_from(["tea", "mug", "pad"]), st.integers(-3, 20), AMOUNT), min_size=1, max_size=6)


@LIVE
@given(LINES, st.randoms(use_true_random=False), st.sampled_from(["EUR", "USD", "JPY"]))
def test_profit_does_not_depend_on_the_order_of_lines(place: Place, lines: list, random, code: str) -> None:
    products.record(place.shop.pk, [products.ProductDraft("tea", cost_minor=117)])
    drafts = [LineDraft(sku, Decimal(quantity), price) for sku, quantity, price in lines]
    one = order("one", currency=code, lines=tuple(drafts))
    random.shuffle(drafts)
    two = order("two", currency=code, lines=tuple(drafts))
    orders.record(place.terms, [(place.identities[0], one), (place.identities[0], two)])
    first, second = Order.objects.order_by("source_ref")
    assert (first.net_profit_minor, first.revenue_minor) == (second.net_profit_minor, second.revenue_minor)
    Order.objects.all().delete()


@LIVE
@given(LINES, LINES, st.integers(-5, 5), st.integers(0, 1))
def test_a_correction_and_back_is_as_if_nothing_was(
    place: Place, lines: list, others: list, days: int, who: int
) -> None:
    def draft(rows: list, at_us: int) -> OrderDraft:
        return order(placed_us=at_us, lines=tuple(LineDraft(sku, Decimal(n), price) for sku, n, price in rows))

    before, after = draft(lines, START), draft(others, START + days * DAY)
    outcomes = [
        orders.record(place.terms, [(place.identities[0], before)]),
        orders.record(place.terms, [(place.identities[who], after)]),
        orders.record(place.terms, [(place.identities[0], before)]),
    ]
    row = Order.objects.values().get()
    Order.objects.all().delete()
    fresh = orders.record(place.terms, [(place.identities[0], before)])
    expected = Order.objects.values().get()
    assert {**row, "id": 0} == {**expected, "id": 0}
    total: Counter[tuple[int, int, str]] = Counter()
    for outcome in outcomes:
        for key, value in sums(outcome).items():
            total[key] += value
    assert {key: value for key, value in total.items() if value} == dict(sums(fresh))
    Order.objects.all().delete()


def test_the_largest_amounts_and_quantities_fit_their_columns() -> None:
    for name, most in (
        ("unit_price", currency.MOST_MINOR),
        ("amount", currency.MOST_MINOR),
        ("quantity", MOST_QUANTITY),
    ):
        column = OrderLine._meta.get_field(name)
        assert isinstance(column, DecimalField)
        assert len(str(int(most))) <= column.max_digits - column.decimal_places, name
