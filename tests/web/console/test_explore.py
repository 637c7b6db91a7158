"""The explore page: what the address asks is what is shown, drilled into, kept and exported; nothing else is read."""

import csv
import io
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kizuna.flows import cube, explore
from kizuna.sales import days
from kizuna.shops.models import AuditEntry
from kizuna.warehouse import cube_files
from kizuna.web.console.pages import explore_address
from kizuna.web.console.pages.explore_words import STARTERS
from tests.web.console.shop_with_history import Place

pytestmark = pytest.mark.django_db
ODD_ADDRESSES = [
    "m=revenue);--&rows=1&cols=%00",
    "from=0001-01-01&to=9999-12-31",
    "from=2026-13-01",
    "from=2030-01-01&to=2029-01-01",
    "rows=month&rows=week&cols=day",
    "rows=day&cols=day&span=all",
    "country=" + "x" * 5000,
    "segment=&source=&category=&country=&channel=&rows=channel",
    "show=change&rows=country&cols=month",
    "show=share&m=messages_in&rows=day",
    "job=1",
]


@pytest.fixture(autouse=True)
def _own_home(settings: Any, tmp_path: Path) -> None:
    """Files of bases stay out of the home that all tests share."""
    settings.HOME = tmp_path


@pytest.fixture
def made(full: Place) -> Place:
    """A full shop whose figures are made."""
    cube.make(full.shop, datetime.now(UTC))
    return full


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_shop_without_figures_says_so_and_lets_a_job_make_them(full: Place) -> None:
    page = full.client().get(full.url("explore/"))
    assert "Make them now" in page.content.decode()
    assert "Make them now" not in full.client("operator").get(full.url("explore/")).content.decode()
    asked = full.client().post(full.url("explore/refresh/"), {"query": "m=orders"})
    assert "m=orders&job=" in asked["Location"]
    assert "being made" in full.client().get(asked["Location"]).content.decode()


def test_a_shop_without_a_fact_has_nothing_to_explore(empty: Place) -> None:
    cube.make(empty.shop, datetime.now(UTC))
    assert "Nothing to explore yet" in empty.client().get(empty.url("explore/")).content.decode()


def test_every_question_to_begin_with_is_answered_as_a_table_and_as_charts(made: Place) -> None:
    client = made.client()
    for starter, view in product(STARTERS, ("table", "chart")):
        page = client.get(f"{made.url('explore/')}?{starter.query}&view={view}")
        assert page.status_code == 200
        assert len(page.context["table"].rows) > 0
        assert bool(page.context["charts"]) == (page.context["state"].view == "chart")


def test_the_page_reads_the_base_and_never_the_facts(made: Place) -> None:
    client = made.client()
    client.get(made.url("explore/"))
    with CaptureQueriesContext(
        connection,
    ) as found:
        client.get(f"{made.url('explore/')}?m=orders&m=active&rows=week&cols=source")
    assert not [each for each in found.captured_queries if "sales_" in each["sql"] or "tracking_" in each["sql"]]


def test_totals_of_the_page_are_those_of_sales(made: Place) -> None:
    page = made.client().get(f"{made.url('explore/')}?m=revenue&m=orders&rows=month&cols=segment&span=all")
    view = cube_files.find(made.shop.pk)
    assert view is not None
    assert view.first_day is not None
    assert view.last_day is not None
    state = page.context["state"]
    pivot = explore.pivot(view, explore_address.ask(state, view))
    sold = days.list_days(made.shop.pk, view.first_day, view.last_day)
    assert pivot.figures["revenue"].total == sum(day.revenue_minor for day in sold)
    assert pivot.figures["orders"].total == sum(day.orders for day in sold)
    assert pivot.figures["revenue"].cells.sum() == pivot.figures["revenue"].total
    assert pivot.figures["revenue"].of_rows.tolist() == pivot.figures["revenue"].cells.sum(axis=1).tolist()


def test_drilling_into_a_cell_finds_the_same_figure_and_the_next_level(made: Place) -> None:
    client = made.client()
    page = client.get(f"{made.url('explore/')}?m=revenue&rows=quarter&cols=segment&span=all")
    row = page.context["table"].rows[-1]
    cell = row.cells[0]
    inside = client.get(f"{made.url('explore/')}?{cell.query}")
    assert inside.context["state"].rows == ("month",)
    assert inside.context["table"].total[-1].words == cell.words
    deeper = client.get(f"{made.url('explore/')}?{inside.context['table'].rows[0].heads[-1].query}")
    assert deeper.context["state"].rows == ("day",)
    day = client.get(f"{made.url('explore/')}?{deeper.context['table'].rows[0].heads[-1].query}")
    assert day.context["state"].rows[0] in ("source", "country", "category")
    assert day.context["table"].total[-1].words == deeper.context["table"].rows[0].cells[-1].words


def test_a_filter_can_be_taken_away_and_a_lost_value_is_named(made: Place) -> None:
    client = made.client()
    page = client.get(f"{made.url('explore/')}?rows=month&country=Japan&country=Atlantis&span=all")
    assert "There is no “Atlantis”" in page.content.decode()
    (_, _, query), *_ = page.context["chips"]
    assert parse_qs(query)["country"] == ["Atlantis"]


def test_values_nobody_has_are_neither_echoed_at_length_nor_in_numbers(made: Place) -> None:
    lost = "&".join(f"country={number}{'x' * 4000}" for number in range(25))
    page = made.client().get(f"{made.url('explore/')}?rows=month&span=all&country=Japan&{lost}")
    body = page.content.decode()
    assert "x" * 300 not in body
    assert "0" + "x" * 38 + "…” in the figures" in body
    assert "Nor are there 22 further values" in body
    assert len(body) < 120_000
    assert page.context["state"].within["country"][0] == "Japan"
    nobody = made.client().get(f"{made.url('explore/')}?rows=month&span=all&{lost}")
    assert "No figure passes all the filters" in nobody.content.decode()


def test_no_address_breaks_the_page(made: Place) -> None:
    client = made.client()
    for query in ODD_ADDRESSES:
        assert client.get(f"{made.url('explore/')}?{query}").status_code == 200, query


def test_change_compares_with_the_period_before(made: Place) -> None:
    view = cube_files.find(made.shop.pk)
    assert view is not None
    client = made.client()
    plain = client.get(f"{made.url('explore/')}?m=revenue&rows=month&span=all")
    changed = client.get(f"{made.url('explore/')}?m=revenue&rows=month&span=all&show=change")
    pivot = explore.pivot(view, explore_address.ask(changed.context["state"], view))
    values = pivot.figures["revenue"].cells[:, 0].tolist()
    assert pivot.before["revenue"].cells[:, 0].tolist() == [0, *values[:-1]]
    assert pivot.comparable == {"cells", "of_rows"}, "before all time there was nothing to compare the total with"
    assert changed.context["table"].total[-1].words == "–"
    assert plain.context["table"].rows[1].cells[0].rising is None
    assert changed.context["table"].rows[1].cells[0].rising is (values[1] > values[0])


def test_a_view_is_kept_for_this_page_alone(made: Place) -> None:
    client = made.client()
    kept = client.post(made.url("explore/views/"), {"name": "Mine", "query": "m=profit&rows=source"})
    assert urlsplit(kept["Location"]).query == "m=profit&rows=source"
    assert [view.name for view in client.get(made.url("explore/")).context["views"]] == ["Mine"]
    assert not client.get(made.url("customers/")).context["views"]
    (view,) = client.get(made.url("explore/")).context["views"]
    client.post(made.url(f"explore/views/{view.pk}/remove/"))
    assert not client.get(made.url("explore/")).context["views"]


def test_nul_in_an_address_or_a_name_is_left_out(made: Place) -> None:
    client = made.client()
    assert client.get(f"{made.url('explore/export.csv')}?m=orders&source=a%00b").status_code == 200
    assert AuditEntry.objects.get(action="figures_exported").after["source"] == ["ab"]
    client.post(made.url("explore/views/"), {"name": "M\0ine", "query": "m=\0profit"})
    (view,) = client.get(made.url("explore/")).context["views"]
    assert (view.name, view.query) == ("Mine", "m=profit")


def test_a_base_that_is_cut_short_counts_as_none(made: Place) -> None:
    view = cube_files.find(made.shop.pk)
    assert view is not None
    whole = view.path.read_bytes()
    view.path.write_bytes(whole[:2000])
    try:
        assert cube_files.find(made.shop.pk) is None
        page = made.client().get(made.url("explore/"))
        assert page.status_code == 200
        assert "table" not in page.context
    finally:
        view.path.write_bytes(whole)


def test_the_export_holds_every_cell_and_no_formula(made: Place) -> None:
    view = cube_files.find(made.shop.pk)
    assert view is not None
    address = f"{made.url('explore/export.csv')}?m=revenue&m=orders&rows=country&span=all"
    rows = _rows(b"".join(made.client().get(address).streaming_content))  # type: ignore[attr-defined]
    assert rows[0] == ["Country", "Revenue EUR", "Orders"]
    sold = days.list_days(made.shop.pk, view.first_day or 0, view.last_day or 0)
    assert sum(int(row[2]) for row in rows[1:]) == sum(day.orders for day in sold)
    assert round(sum(float(row[1]) for row in rows[1:]) * 100) == sum(day.revenue_minor for day in sold)
    assert AuditEntry.objects.filter(action="figures_exported").count() == 1


def test_a_value_that_looks_like_a_formula_is_disarmed(made: Place) -> None:
    view = cube_files.find(made.shop.pk)
    assert view is not None
    from kizuna.warehouse.models import CubeFile

    row = CubeFile.objects.get()
    row.labels["country"] = [f"=cmd|{text}" for text in row.labels["country"]]
    row.save()
    address = f"{made.url('explore/export.csv')}?m=orders&rows=country&span=all"
    rows = _rows(b"".join(made.client().get(address).streaming_content))  # type: ignore[attr-defined]
    assert all(cells[0].startswith("'=cmd") for cells in rows[1:])


def test_parquet_holds_the_same_in_minor_units(made: Place, tmp_path: Path) -> None:
    response = made.client().get(f"{made.url('explore/export.parquet')}?m=revenue&rows=month&cols=segment&span=all")
    (tmp_path / "got.parquet").write_bytes(response.content)
    found = duckdb.read_parquet(str(tmp_path / "got.parquet"))
    assert found.columns == ["month", "segment", "revenue_minor"]
    view = cube_files.find(made.shop.pk)
    assert view is not None
    sold = days.list_days(made.shop.pk, view.first_day or 0, view.last_day or 0)
    assert sum(row[2] for row in found.fetchall()) == sum(day.revenue_minor for day in sold)


def test_only_who_may_export_exports_and_only_the_own_shop(made: Place, strange: Place) -> None:
    for name in ("export.csv", "export.parquet"):
        assert made.client("operator").get(made.url(f"explore/{name}")).status_code == 403
        assert strange.client().get(made.url(f"explore/{name}")).status_code == 404
        assert strange.client().get(strange.url(f"explore/{name}")).status_code == 404, "no figures yet"
    assert made.client("reader").post(made.url("explore/refresh/")).status_code == 403


def test_a_long_answer_is_cut_with_a_note_and_totals_over_all(made: Place) -> None:
    page = made.client().get(f"{made.url('explore/')}?m=customers&m=revenue&rows=day&span=all&country=Japan")
    table = page.context["table"]
    assert len(table.rows) == explore.MOST_ROWS
    assert any("rows are shown" in note for note in table.notes)
    assert any("count once" in note for note in table.notes)
