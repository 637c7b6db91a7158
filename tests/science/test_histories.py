"""Purchase histories: equal ones grouped, nothing lost, and what cannot be one refused by its column."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.science import histories
from kizuna.science.histories import UnreadableHistoryError, from_days, from_rows

purchases = st.lists(st.tuples(st.integers(-3, 6), st.integers(-20, 40)), max_size=60)


def by_hand(rows, until, unit):
    """The definition, customer by customer."""
    found = {}
    for who in sorted({who for who, day in rows if day <= until}):
        days = sorted({day for other, day in rows if other == who and day <= until})
        found[who] = (len(days) - 1, (days[-1] - days[0]) / unit, (until - days[0]) / unit)
    return found


@given(purchases, st.integers(-25, 45), st.sampled_from([1.0, 7.0, 30.4]))
def test_from_days_is_the_definition(rows, until, unit):
    customers, known = from_days([who for who, _ in rows], [day for _, day in rows], until, unit)
    each = zip(known.x[known.group], known.t_x[known.group], known.T[known.group], strict=True)
    assert dict(zip(customers.tolist(), each, strict=True)) == by_hand(rows, until, unit)
    assert known.count.sum() == customers.size
    assert len(set(zip(known.x, known.t_x, known.T, strict=True))) == known.x.size


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 8), st.integers(0, 3)), max_size=40))
def test_from_rows_loses_nothing(rows):
    x = np.array([x for x, _, _ in rows], dtype=np.int64)
    t_x = np.array([part / 3 if x else 0.0 for x, part, _ in rows])
    T = np.array([part / 3 + more for _, part, more in rows])
    known = from_rows(x, t_x, T)
    assert (known.x[known.group] == x).all()
    assert (known.t_x[known.group] == t_x).all()
    assert (known.T[known.group] == T).all()
    assert (np.bincount(known.group, minlength=known.x.size) == known.count).all()
    order = list(zip(known.x.tolist(), known.T.tolist(), known.t_x.tolist(), strict=True))
    assert order == sorted(set(order))


@given(st.lists(st.one_of(st.integers(0, 40).map(lambda day: day / 7), st.floats(0, 1e6)), min_size=1, max_size=60))
def test_ranks_are_those_of_sorting_on_a_grid_or_off(values):
    column = np.array(values)
    plain, place = np.unique(column, return_inverse=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(histories, "_WORTH_A_GRID", 1)
        found = histories.ranks(column)
    assert (found[0] == plain).all()
    assert (found[1] == place).all()


def test_ids_and_days_too_far_apart_for_one_key_are_sorted_all_the_same():
    far = 2**62
    customers, known = from_days([far, -far, far, far], [0, 2**40, 7, 7], 2**41, 1.0)
    assert customers.tolist() == [-far, far]
    assert known.x[known.group].tolist() == [0, 1]
    assert known.T[known.group].tolist() == [2.0**41 - 2.0**40, 2.0**41]


def test_histories_too_varied_for_one_key_are_grouped_all_the_same(monkeypatch):
    plain = from_rows([1, 2, 1], [1, 2, 1], [3, 4, 3])
    monkeypatch.setattr(histories, "ONE_KEY", 1)
    assert all(
        (a == b).all() for a, b in zip(columns(plain), columns(from_rows([1, 2, 1], [1, 2, 1], [3, 4, 3])), strict=True)
    )


def columns(known):
    return known.x, known.t_x, known.T, known.count, known.group


@pytest.mark.parametrize(
    ("x", "t_x", "T", "said"),
    [
        ([1.5], [1], [2], "x: not whole numbers"),
        ([float("nan")], [1], [2], "x: not whole numbers"),
        (["2"], [1], [2], "x: not whole numbers"),
        ([-1], [0], [2], "x: below 0"),
        ([2**63], [1], [2], "x: too large"),
        ([1e19], [1], [2], "x: too large"),
        ([2**60], [1], [2], "x: too large"),
        (np.array([2**64 - 1], dtype=np.uint64), [1], [2], "x: too large"),
        ([1], [float("nan")], [2], "t_x: not a finite number"),
        ([1], [1], [float("inf")], "T: not a finite number"),
        ([1], [1], [None], "T: not numbers"),
        ([1], [3], [2], "t_x: after T"),
        ([0], [1], [2], "t_x: not 0 though x is 0"),
        ([1], [0], [2], "t_x: 0 though x is above 0"),
        ([0], [0], [-1], "T: below 0"),
        ([0, 1], [0], [2], "t_x: x, t_x and T do not have the same number"),
        ([[0]], [0], [2], "x: not one value a row"),
    ],
)
def test_what_cannot_be_a_history_is_refused_by_its_column(x, t_x, T, said):
    with pytest.raises(UnreadableHistoryError, match=said):
        from_rows(x, t_x, T)


def test_a_refusal_names_the_row():
    with pytest.raises(UnreadableHistoryError, match=r"t_x: after T.*\(row 2\)"):
        from_rows([0, 0, 1], [0, 0, 9], [1, 1, 2])


@pytest.mark.parametrize(
    ("customer", "day", "unit", "said"),
    [
        ([1], [1, 2], 7.0, "day: "),
        ([1.5], [1], 7.0, "customer: "),
        ([1], [float("nan")], 7.0, "day: "),
        ([1], [1], 0.0, "unit_days: "),
        ([1, 1], [-(2**63), 2**63 - 1], 7.0, "day: too far from 0"),
    ],
)
def test_what_cannot_be_purchases_is_refused_by_its_column(customer, day, unit, said):
    with pytest.raises(UnreadableHistoryError, match=said):
        from_days(customer, day, 10, unit)


def test_the_end_may_not_lie_too_far_either():
    with pytest.raises(UnreadableHistoryError, match="until_day: too far from 0"):
        from_days([1], [1], 2**63 - 1)


def test_nobody_is_no_history():
    customers, known = from_days([], [], 10)
    assert (customers.size, known.x.size, known.group.size) == (0, 0, 0)
    assert from_days([5], [11], 10)[0].size == 0
