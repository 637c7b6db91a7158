"""The cuboid question against plain Python, and the sums of the cube against the shop's own totals."""

from collections import defaultdict
from pathlib import Path

import pytest

from kizuna.warehouse import cube, rollup
from kizuna.warehouse.engines import open_engine
from kizuna.warehouse.face import Warehouse
from kizuna.warehouse.rollup import MEASURES, Question
from kizuna.warehouse.schema import ORDER
from tests.warehouse.asking import assert_rows
from tests.warehouse.making import SKUS, Made, Traits, make_shop
from tests.warehouse.second_way import _visits

EVER = (0, 40_000)
LOOKS = {
    "whole": Traits(),
    "nothing moved, stale or gone": Traits(moved=False, stale=False, gone=False),
    "no orders": Traits(orders=False),
    "no pages": Traits(pages=False),
    "nothing at all": Traits(customers=0, sealed=False, tail=False),
}


def _expected(made: Made) -> list[tuple]:
    cells: dict[tuple, list[int]] = defaultdict(lambda: [0] * 5)

    def add(key: tuple, *amounts: int) -> None:
        cells[key] = [had + more for had, more in zip(cells[key], amounts, strict=True)]

    lines = defaultdict(list)
    for line in made.lines:
        lines[line["ev_id"]].append(line)
    for row in made.events:
        about = (row["day"], row["channel"])
        if row["kind"] == ORDER and lines[row["ev_id"]]:
            for line in lines[row["ev_id"]]:
                category = f"of {line['sku']}" if line["sku"] in SKUS[:4] else ""
                key = (*about, category, row["customer_id"], row["ev_id"] if row["is_purchase"] else 0)
                add(key, line["revenue_minor"], line["profit_minor"], 0, 0, 0)
        elif row["kind"]:
            key = (*about, "", row["customer_id"], row["ev_id"] if row["is_purchase"] else 0)
            add(key, row["revenue_minor"], row["profit_minor"], 0, 0, 0)
        elif row["channel"] == 2 and row["about"] in (2, 3):
            received = row["direction"] == 1
            add((*about, "", row["customer_id"], 0), 0, 0, 0, int(received), int(not received))
    for visit in _visits(made.events, 2**62):
        add((visit[0]["day"], 1, "", visit[0]["visitor_customer_id"], 0), 0, 0, 1, 0, 0)
    rows = [(*key, *amounts) for key, amounts in cells.items()]
    return sorted(rows, key=lambda row: (row[3], row[0], row[4], row[1], row[2].encode()))


@pytest.mark.parametrize("look", LOOKS)
def test_the_base_is_what_plain_python_finds(tmp_path: Path, look: str) -> None:
    made = make_shop(tmp_path, seed=5, traits=LOOKS[look])
    with open_engine("duckdb", made.holding) as session:
        assert_rows(Warehouse(session).cuboid(), _expected(made), look)


def test_the_sums_of_the_cube_are_the_shop_s_own(tmp_path: Path) -> None:
    made = make_shop(tmp_path, seed=6)
    with open_engine("duckdb", made.holding) as session:
        cube.write(Warehouse(session).cuboid(), made.holding.tables["who"], tmp_path / "cube-1.parquet")
    got = rollup.roll_up(tmp_path / "cube-1.parquet", Question(MEASURES, (), EVER))
    sales = [row for row in made.events if row["kind"]]
    assert {name: int(got[name][0]) for name in ("revenue", "profit", "orders", "customers", "visits")} == {
        "revenue": sum(row["revenue_minor"] for row in sales),
        "profit": sum(row["profit_minor"] for row in sales),
        "orders": sum(row["is_purchase"] for row in sales),
        "customers": len({row["customer_id"] for row in sales if row["is_purchase"]}),
        "visits": len(list(_visits(made.events, 2**62))),
    }
