"""Visits: one event at a time, in any order, gives what cutting the whole history gives."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kizuna.science import stocks, visits
from kizuna.science.visits import GAP_US, Interval

MINUTE = 60_000_000

near_the_gap = st.builds(
    lambda tens, shift: tens * 10 * MINUTE + shift, st.integers(-20, 40), st.sampled_from([-1, 0, 0, 0, 1])
)
histories = st.lists(near_the_gap, max_size=30)


def live(events):
    """What a store of visits does with each event; returns the visits and the counted instants."""
    kept, counted = [], Counter()
    for at in events:
        around = [visit for visit in kept if visit.first_us - GAP_US <= at <= visit.last_us + GAP_US]
        change = visits.absorb(around, at)
        for visit in change.replaced:
            kept.remove(visit)
        kept.append(change.visit)
        for instant, weight in change.corrections:
            counted[instant] += weight
    return sorted(kept, key=lambda visit: visit.first_us), +counted, -counted


def at_once(events):
    happened = np.array(events, dtype=np.int64)
    _, first, last, pages = visits.sessionise(np.zeros(len(events), dtype=np.int64), happened)
    return [Interval(*row) for row in zip(first.tolist(), last.tolist(), pages.tolist(), strict=True)]


@given(histories)
@example([0, 20 * MINUTE, 10 * MINUTE, 50 * MINUTE, 80 * MINUTE])
def test_any_order_of_events_gives_the_same_visits_and_the_same_stock(events):
    kept, counted, negative = live(events)
    assert kept == at_once(events)
    assert counted == Counter(visit.first_us for visit in kept)
    assert not negative


@given(histories)
def test_corrections_bring_the_stock_of_the_recompute(events):
    _, counted, _ = live(events)
    first = np.array([visit.first_us for visit in at_once(events)], dtype=np.int64)
    recomputed = stocks.accumulate(np.zeros(len(first), dtype=np.int64), first, np.ones(len(first)), 1)[0]
    added = sum((np.array(stocks.addend(at, n)) for at, n in counted.items()), np.zeros(5))
    np.testing.assert_allclose(added, recomputed, rtol=1e-12)


@given(st.lists(st.tuples(st.integers(0, 3), near_the_gap), max_size=40))
def test_visits_are_never_cut_across_keys(events):
    owner = np.array([each[0] for each in events], dtype=np.int64)
    at = np.array([each[1] for each in events], dtype=np.int64)
    together = list(zip(*(column.tolist() for column in visits.sessionise(owner, at)), strict=True))
    apart = [(key, v.first_us, v.last_us, v.pages) for key in range(4) for v in at_once(at[owner == key].tolist())]
    assert together == apart


@pytest.mark.parametrize(("gap", "expected"), [(GAP_US - 1, 1), (GAP_US, 2), (GAP_US + 1, 2)])
def test_exactly_thirty_minutes_starts_a_new_visit(gap, expected):
    assert len(at_once([0, gap])) == expected
    assert len(live([0, gap])[0]) == expected
    assert len(live([gap, 0])[0]) == expected


def test_an_earlier_event_moves_the_instant_at_which_the_visit_counts():
    change = visits.absorb([Interval(10 * MINUTE, 20 * MINUTE, 2)], 0)
    assert change.kind == "extended"
    assert change.visit == Interval(0, 20 * MINUTE, 3)
    assert sorted(change.corrections) == [(0, 1), (10 * MINUTE, -1)]


def test_an_event_inside_or_after_a_visit_corrects_nothing():
    visit = Interval(0, 50 * MINUTE, 4)
    assert visits.absorb([visit], 10 * MINUTE).corrections == ()
    later = visits.absorb([visit], 79 * MINUTE)
    assert (later.visit, later.corrections) == (Interval(0, 79 * MINUTE, 5), ())


def test_joining_two_visits_takes_the_later_one_away():
    change = visits.absorb([Interval(40 * MINUTE, 40 * MINUTE), Interval(0, 0)], 20 * MINUTE)
    assert change.kind == "joined"
    assert change.corrections == ((40 * MINUTE, -1),)


def test_a_first_event_adds_a_visit_and_leaves_those_out_of_reach_alone():
    change = visits.absorb([Interval(30 * MINUTE, 35 * MINUTE)], 0)
    assert (change.kind, change.replaced, change.corrections) == ("added", (), ((0, 1),))


def test_visits_that_break_the_rule_are_refused():
    with pytest.raises(ValueError, match="not cut by this rule"):
        visits.absorb([Interval(minute * MINUTE, minute * MINUTE) for minute in (0, 1, 2)], 5 * MINUTE)
