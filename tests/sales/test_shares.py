"""What an order brings is shared out over its lines and adds up to the last minor unit."""

from hypothesis import given
from hypothesis import strategies as st

from kizuna.sales.shares import share, share_order

amounts = st.integers(-(10**12), 10**12)
lines_of = st.tuples(st.integers(0, 10**9), st.none() | amounts)


@given(amounts, st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_parts_add_up_and_lie_within_one_of_their_due(total: int, weights: list[int]) -> None:
    parts = share(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * whole - total * weight) <= whole


@given(
    amounts, amounts, amounts, st.lists(st.tuples(st.integers(0, 10**9), st.none() | amounts), min_size=1, max_size=9)
)
def test_revenue_and_profit_of_lines_add_up_to_the_order(
    revenue: int, profit: int, cost: int, lines: list[tuple[int, int | None]]
) -> None:
    shared = share_order(revenue, profit, cost, lines)
    assert sum(part for part, _ in shared) == revenue
    assert sum(gain for _, gain in shared) == profit


def test_a_line_bears_its_own_cost() -> None:
    assert share_order(1000, 500, 400, [(500, 300), (500, 100)]) == [(500, 150), (500, 350)]


def test_what_no_line_is_known_to_cost_falls_on_the_others() -> None:
    assert share_order(1000, 600, 400, [(500, 100), (500, None)]) == [(500, 400), (500, 200)]
    assert share_order(0, -50, 50, [(0, None), (0, None)]) == [(0, -25), (0, -25)]


def test_nothing_to_share_out_over_no_line() -> None:
    assert share_order(100, 50, 50, []) == []
