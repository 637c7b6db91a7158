"""The Stages page and the customer's card: empty, reckoned, filtered, exported; nothing of another shop."""

from datetime import UTC, datetime

import pytest

from kizuna.customers.models import Customer
from kizuna.flows import stage_upkeep
from kizuna.jobs.models import Job
from kizuna.relationships.models import Investment, StageStanding, Standing
from kizuna.science import periods
from tests.flows import wishing
from tests.flows.making import Books
from tests.web.console.shop_with_history import Place, make_place

pytestmark = pytest.mark.django_db


@pytest.fixture
def talking(db: None) -> Place:
    """A small shop with dialogue, reckoned."""
    now, place = datetime.now(UTC), make_place("tea", 90, 900)
    assert wishing.fill(place.shop, periods.epoch_us(now)) > 10
    stage_upkeep.refresh(place.shop, now)
    return place


def test_before_anything_is_known_the_page_says_what_to_do(empty: Place) -> None:
    assert "Connect" in empty.client().get(empty.url("stages/")).content.decode()
    Books(empty.shop).customer()
    Standing.objects.create(customer=Customer.objects.get(shop=empty.shop), shop_id=empty.shop.pk, known=True)
    assert "Not reckoned yet" in empty.client().get(empty.url("stages/")).content.decode()


def test_the_page_shows_the_funnel_the_curve_and_survival(talking: Place) -> None:
    for who in ("target", "all", "odd"):
        page = talking.client().get(talking.url(f"stages/?who={who}"))
        assert page.status_code == 200
        funnel = page.context["funnel"]
        reached = [step.reached for step in funnel]
        assert reached == sorted(reached, reverse=True)
        assert reached[3] > 0
        assert sum(step.here for step in funnel) == page.context["customers"]
        text = page.content.decode()
        assert "From a wish to word of mouth" in text
        assert "chart framed strip" in text
        assert page.context["verdict"]


def test_the_list_narrows_by_stage_and_the_file_says_the_same(talking: Place) -> None:
    client = talking.client()
    for stage in range(6):
        page = client.get(talking.url(f"stages/?who=all&stage={stage}"))
        assert all(each["row"].highest == stage for each in page.context["rows"])
    lines = client.get(talking.url("stages/export.csv?who=all")).getvalue().decode("utf-8-sig").splitlines()
    assert lines[0].startswith("customer,name,segment,highest stage")
    assert len(lines) == 1 + StageStanding.objects.filter(shop_id=talking.shop.pk).count()


def test_reckoning_anew_is_asked_for_by_those_who_may(talking: Place) -> None:
    assert talking.client("reader").post(talking.url("stages/start/")).status_code == 403
    assert talking.client().post(talking.url("stages/start/")).status_code == 302
    assert Job.objects.filter(once_key=f"stages:{talking.shop.pk}").count() == 1
    assert "made anew" in talking.client().get(talking.url("stages/")).content.decode()


def test_today_shows_broken_promises_first_to_those_who_work_on_wishes(talking: Place) -> None:
    tasks = talking.client().get(talking.url()).context["tasks"]
    assert tasks[0].title in ("Promises are broken", "A promise is broken")
    assert any(task.title == "Worth a talk" for task in tasks)
    assert not talking.client("reader").get(talking.url()).context["tasks"]


def test_the_customers_page_tells_stage_cause_depth_and_investment(talking: Place, empty: Place) -> None:
    row = StageStanding.objects.filter(shop_id=talking.shop.pk, highest__gte=3).order_by("-highest").first()
    assert row is not None
    page = talking.client().get(talking.url(f"customers/{row.customer.public_id}/"))
    bond = page.context["bond"]
    assert bond.view.highest == row.highest
    assert bond.moves[0].cause
    assert "How far the relationship has come" in page.content.decode()
    paid = Investment.objects.filter(shop=talking.shop, kind="minutes").first()
    assert paid is not None
    url = f"investments/{paid.pk}/correct/"
    assert empty.client().post(empty.url(url), {"minutes": "3"}).status_code == 404
    assert talking.client("reader").post(talking.url(url), {"minutes": "3"}).status_code == 403
    for bad in ("", "nan", "-1", "1e99", "many"):
        talking.client().post(talking.url(url), {"minutes": bad})
    paid.refresh_from_db()
    assert paid.corrected_at is None
    talking.client("operator").post(talking.url(url), {"minutes": "3,5", "back": str(row.customer.public_id)})
    paid.refresh_from_db()
    assert (paid.minutes, paid.corrected_at is None) == (3.5, False)
