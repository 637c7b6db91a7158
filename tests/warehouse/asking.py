"""How the suite asks every question, and how two answers are compared: keys and integers equal, floats to 1e-9."""

import math
from collections.abc import Mapping

import numpy as np

from kizuna.warehouse.engines.session import Answer
from kizuna.warehouse.face import Warehouse
from tests.warehouse.making import DAY_US, MIDDLE, MINUTE, SPAN, START_US

LANDMARK_US = 946_684_800_000_000
EARLY, LATE = START_US - 1, START_US + 2 * SPAN

ASKED: Mapping[str, list[tuple[str, tuple[int, ...]]]] = {
    "stocks": [("stocks", (LATE, LANDMARK_US)), ("stocks", (MIDDLE, LANDMARK_US))],
    "net_profit": [("net_profit", (MIDDLE, LATE)), ("net_profit", (EARLY, MIDDLE))],
    "purchases": [("purchases", (LATE,)), ("purchases", (MIDDLE,))],
    "visits": [("visits", (MIDDLE, LATE)), ("visits", (MIDDLE - 20 * DAY_US, MIDDLE))],
    "cohort_retention": [("cohort_retention", ())],
    "transitions": [
        ("transitions", (10 * DAY_US, START_US + 7, MIDDLE + 3)),
        ("transitions", (DAY_US, MIDDLE - 40 * DAY_US, LATE)),
    ],
    "concentration": [("concentration", (EARLY, MIDDLE)), ("concentration", (MIDDLE, LATE))],
    "last_touch": [("last_touch", (7 * DAY_US, EARLY, MIDDLE)), ("last_touch", (7 * DAY_US, MIDDLE, LATE))],
    "first_touch": [("first_touch", ())],
    "attention": [("attention", (MIDDLE, LATE)), ("attention", (EARLY, MIDDLE, 2 * MINUTE))],
    "basket_pairs": [("basket_pairs", (1,)), ("basket_pairs", (3,))],
    "cuboid": [("cuboid", ())],
    "percentiles": [("percentiles", (EARLY, MIDDLE)), ("percentiles", (MIDDLE, LATE))],
}


def every_answer(warehouse: Warehouse) -> dict[tuple[str, tuple[int, ...]], Answer]:
    """Every question, some with several periods."""
    return {(name, given): getattr(warehouse, name)(*given) for ways in ASKED.values() for name, given in ways}


def one_answer_each(warehouse: Warehouse) -> dict[str, Answer]:
    """Every question once: for engines that are slow to plan."""
    return {name: getattr(warehouse, name)(*ways[0][1]) for name, ways in ASKED.items()}


def assert_same(ours: Answer, theirs: Answer, about: object) -> None:
    """Identical rows in the same order; floats may differ by 1e-9 of themselves."""
    assert list(ours) == list(theirs), about
    for name, column in ours.items():
        other = theirs[name]
        assert column.dtype == other.dtype, (about, name)
        if column.dtype == np.float64:
            assert len(column) == len(other), (about, name)
            assert np.allclose(column, other, rtol=1e-9, atol=0.0), (about, name)
        else:
            assert column.tolist() == other.tolist(), (about, name)


def assert_rows(answer: Answer, rows: list[tuple], about: object) -> None:
    """An answer against rows of plain Python."""
    given = [column.tolist() for column in answer.values()]
    assert len(given[0]) == len(rows), about
    for mine, theirs in zip(zip(*given, strict=True), rows, strict=True):
        for name, one, other in zip(answer, mine, theirs, strict=True):
            if isinstance(one, float):
                assert math.isclose(one, other, rel_tol=1e-9), (about, name, mine[0])
            else:
                assert one == other, (about, name, mine)
