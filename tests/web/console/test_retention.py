"""The retention page: cohorts with their honesty about small ones, curves in words, nothing reckoned on view."""

from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from kizuna.flows import cube
from kizuna.warehouse.models import CubeFile
from tests.web.console.shop_with_history import Place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_home(settings: Any, tmp_path: Path) -> None:
    """Files of bases stay out of the home that all tests share."""
    settings.HOME = tmp_path


@pytest.fixture
def made(full: Place) -> Place:
    """A full shop whose figures are made."""
    cube.make(full.shop, datetime.now(UTC))
    return full


def test_before_anything_is_made_or_bought_the_page_says_so(full: Place, empty: Place) -> None:
    assert "not made yet" in full.client().get(full.url("retention/")).content.decode()
    cube.make(empty.shop, datetime.now(UTC))
    assert "Nobody has bought yet" in empty.client().get(empty.url("retention/")).content.decode()


def test_every_way_to_look_is_shown(made: Place) -> None:
    client = made.client()
    for show, way in product(("share", "customers", "revenue", "odd"), ("all", "cohort", "segment", "source", "odd")):
        page = client.get(made.url(f"retention/?show={show}&by={way}"))
        assert page.status_code == 200
        assert page.context["stills"]
        assert "counts as gone" in " ".join(page.context["words"])


def test_the_first_month_is_whole_small_cohorts_are_grey_and_the_present_month_is_marked(made: Place) -> None:
    page = made.client().get(made.url("retention/"))
    rows = page.context["rows"]
    assert all(row.cells[0].words.startswith("100") for row in rows)
    assert all(row.few == (row.size < 20) for row in rows)
    assert any(row.few for row in rows)
    assert 'class="few"' in page.content.decode()
    for row in rows:
        seen = [cell for cell in row.cells if cell is not None]
        assert [cell.partial for cell in seen] == [False] * (len(seen) - 1) + [True]


def test_sizes_add_up_to_the_customers_of_the_curve(made: Place) -> None:
    page = made.client().get(made.url("retention/"))
    (everybody,) = page.context["stills"]
    assert 0 <= sum(row.size for row in page.context["rows"]) - everybody.customers <= 3, "but those of today"


def test_what_is_shown_is_what_was_kept(made: Place) -> None:
    row = CubeFile.objects.get()
    row.retention["silence_days"] = 12345
    row.save()
    assert "12345 days" in made.client().get(made.url("retention/")).content.decode()


def test_another_shop_has_no_page_here(made: Place, strange: Place) -> None:
    assert strange.client().get(made.url("retention/")).status_code == 404
