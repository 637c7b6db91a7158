"""The cube against counting by hand: any axes, any filters, any days; nothing distinct is summed."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.science import spans
from kizuna.warehouse import cube, rollup
from kizuna.warehouse.rollup import MEASURES, PERIOD, BadQuestion, Calendar, Question
from kizuna.warehouse.schema import Table
from tests.conftest import ONE_FIXTURE_FOR_ALL, examples

CATEGORIES = ("", "Cups", "Tea")
WHO = {1: ("DE", "A", "ads"), 2: ("DE", "B", ""), 3: ("JP", "", "ads"), 4: ("", "D", "mail")}
Row = tuple[int, int, str, int, int, int, int, int, int, int]
NAMES = ("day", "channel", "category", "customer_id", "ev_id", "revenue_minor", "profit_minor", "visits")
NAMES += ("messages_in", "messages_out")


@st.composite
def shops(draw: st.DrawFn) -> list[Row]:
    """Orders of one or two categories, refunds, visits and messages of four customers (a fifth is not in `who`)."""
    rows: list[Row] = []
    for number in range(draw(st.integers(0, 12))):
        day, customer = draw(st.integers(0, 70)), draw(st.integers(1, 5))
        kind = draw(st.sampled_from(["order", "order", "refund", "visit", "message"]))
        channel = draw(st.sampled_from([1, 1, 4]))
        amount = draw(st.integers(-50, 500))
        if kind == "order":
            chosen = draw(st.sets(st.sampled_from(CATEGORIES), min_size=1))
            rows += [(day, channel, each, customer, 4 * number + 1, amount, amount // 2, 0, 0, 0) for each in chosen]
        elif kind == "refund":
            rows.append((day, channel, "", customer, 0, -abs(amount), -1, 0, 0, 0))
        else:
            seen = kind == "visit"
            rows.append((day, channel, "", customer, 0, 0, 0, int(seen), int(not seen), 0))
    merged: dict[tuple[int, int, str, int, int], list[int]] = {}
    for row in rows:
        had = merged.setdefault(row[:5], [0] * 5)
        merged[row[:5]] = [a + b for a, b in zip(had, row[5:], strict=True)]
    return [(*key, *values) for key, values in merged.items()]  # type: ignore[misc]


def table(rows: Sequence[Row]) -> Table:
    """Rows as the columns that the question gives."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(NAMES)
    return {
        name: np.array(column, dtype=object if name == "category" else np.int64)
        for name, column in zip(NAMES, columns, strict=True)
    }


def who() -> Table:
    """The customers' own dimensions."""
    columns = {"customer_id": np.array(list(WHO), dtype=np.int64)}
    for place, name in enumerate(cube.OF_CUSTOMER):
        columns[name] = np.array([values[place] for values in WHO.values()], dtype=object)
    return columns


def value(row: Row, axis: str, level: str) -> int | str:
    """What a row has on an axis."""
    if axis == PERIOD:
        return int(spans.index_of(level, np.array([row[0]]))[0])
    if axis in cube.OF_CUSTOMER:
        return WHO.get(row[3], ("", "", ""))[cube.OF_CUSTOMER.index(axis)]
    return row[1] if axis == "channel" else row[2]


def by_hand(rows: Sequence[Row]) -> dict[str, int]:
    """Every measure of some rows, counted with sets."""
    bought = [row for row in rows if row[4]]
    found = {"customers": len({row[3] for row in bought}), "active": len({row[3] for row in rows})}
    found["orders"] = len({row[4] for row in bought})
    return found | {name: sum(row[5 + place] for row in rows) for place, name in enumerate(rollup.SUMS)}


def calendar(level: str, days: tuple[int, int]) -> Calendar:
    """The calendar of a level over some days."""
    each = np.arange(days[0], days[1] + 1)
    period = spans.index_of(level, each)
    return Calendar(each, period, np.maximum(spans.first_days(level, period), days[0]))


AXES = [axes for size in range(4) for axes in combinations((*cube.DIMENSIONS, PERIOD), size)]


@settings(max_examples=examples(60), suppress_health_check=ONE_FIXTURE_FOR_ALL)
@given(
    rows=shops(),
    axes=st.sampled_from(AXES),
    level=st.sampled_from(spans.LEVELS),
    days=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    narrowed=st.dictionaries(
        st.sampled_from(("category", "segment", "channel")), st.sets(st.integers(0, 4), min_size=1, max_size=2)
    ),
)
def test_every_cell_is_what_counting_by_hand_gives(
    tmp_path: Path,
    rows: list[Row],
    axes: tuple[str, ...],
    level: str,
    days: tuple[int, int],
    narrowed: dict[str, set[int]],
) -> None:
    written = cube.write(table(rows), who(), tmp_path / "cube-1.parquet")
    asked = (days[0], days[0] + days[1])
    within = {name: sorted(codes) for name, codes in narrowed.items()}
    question = Question(MEASURES, axes, asked, within, calendar(level, asked))
    cells = rollup.roll_up(tmp_path / "cube-1.parquet", question)
    kept = [row for row in rows if asked[0] <= row[0] <= asked[1]]
    for name, codes in within.items():
        meant = (
            set(codes)
            if name == "channel"
            else {written.labels[name][c] for c in codes if c < len(written.labels[name])}
        )
        kept = [row for row in kept if value(row, name, level) in meant]
    expected: dict[tuple[int | str, ...], list[Row]] = {} if axes else {(): []}
    for row in kept:
        expected.setdefault(tuple(value(row, axis, level) for axis in axes), []).append(row)
    got = {}
    for number in range(len(cells["revenue"])):
        key = tuple(
            int(cells[axis][number]) if axis in (PERIOD, "channel") else written.labels[axis][cells[axis][number]]
            for axis in axes
        )
        got[key] = {name: int(cells[name][number]) for name in MEASURES}
    assert got == {key: by_hand(some) for key, some in expected.items()}


def test_sales_alone_are_found_without_the_rest_of_the_file(tmp_path: Path) -> None:
    rows: list[Row] = [(1, 1, "Tea", 1, 5, 100, 40, 0, 0, 0), (2, 1, "", 1, 0, 0, 0, 1, 0, 0)]
    cube.write(table(rows), who(), tmp_path / "cube-1.parquet")
    question = Question(("revenue", "customers"), (), (0, 9))
    assert "trade = 1" in rollup.statement(tmp_path / "cube-1.parquet", question)
    assert rollup.roll_up(tmp_path / "cube-1.parquet", question)["revenue"].tolist() == [100]


@pytest.mark.parametrize(
    "question",
    [
        Question(("revenue); DROP TABLE x",), (), (0, 1)),
        Question(("revenue",), ("country; --",), (0, 1)),
        Question(("revenue",), ("country", "country"), (0, 1)),
        Question(("revenue",), (), (0, 1), {"name": (1,)}),
        Question(("revenue",), (), (0, 1), {"country": ("1) OR (1=1",)}),  # type: ignore[dict-item]
        Question(("revenue",), (), ("0 OR 1=1", 1)),  # type: ignore[arg-type]
        Question(("revenue",), (PERIOD,), (0, 1)),
        Question((), (), (0, 1)),
    ],
)
def test_only_names_of_the_cube_and_whole_numbers_reach_the_statement(tmp_path: Path, question: Question) -> None:
    with pytest.raises(BadQuestion):
        rollup.roll_up(tmp_path / "cube-1.parquet", question)


def test_an_interrupted_writing_leaves_the_old_base(tmp_path: Path) -> None:
    path = tmp_path / "shop" / "cube-1.parquet"
    rows: list[Row] = [(1, 1, "Tea", 1, 5, 100, 40, 0, 0, 0)]
    cube.write(table(rows), who(), path)
    before = path.read_bytes()
    broken = dict(table(rows)) | {"category": np.array([None], dtype=object)}
    with pytest.raises(duckdb.ConstraintException):
        cube.write(broken, who(), path)
    assert path.read_bytes() == before
