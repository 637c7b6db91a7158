"""The Staffing page: too early, measured from weeks with known truth, tried with other numbers, the goal kept."""

from datetime import UTC, datetime

import pytest

from kizuna.conversations.live import panel
from kizuna.flows import staffing
from tests.flows.live import weeks
from tests.web.console.shop_with_history import Place

pytestmark = pytest.mark.django_db


def filled(place: Place, **truth: float) -> weeks.Truth:
    made = weeks.Truth(**truth)  # type: ignore[arg-type]
    now = datetime.now(UTC)
    weeks.fill(place.shop, [place.people["operator"], place.people["marketer"]], now, truth=made)
    staffing.refresh(place.shop, now)
    return made


def test_a_shop_without_chats_is_told_so_and_may_try_numbers(empty: Place) -> None:
    page = empty.client("reader").get(empty.url("staffing/?chats=40"))
    text = page.content.decode()
    assert "No chats yet" in text
    assert "Assumed until measured" in text
    assert "reaches it" in text
    staffing.refresh(empty.shop, datetime.now(UTC))
    assert "No chats yet" in empty.client().get(empty.url("staffing/")).content.decode()


def test_a_few_chats_are_too_early(empty: Place) -> None:
    weeks.fill(empty.shop, [empty.people["operator"]], datetime.now(UTC), 1, weeks.Truth(busy=0.4, quiet=0.1))
    staffing.refresh(empty.shop, datetime.now(UTC))
    assert "Too early to say" in empty.client().get(empty.url("staffing/")).content.decode()


def test_what_was_measured_is_what_the_weeks_were_made_of(empty: Place) -> None:
    truth = filled(empty)
    page = empty.client("reader").get(empty.url("staffing/"))
    body = page.context["report"].body
    assert body["chat_s"] == pytest.approx(truth.chat_s, rel=0.1)
    assert body["patience_low_s"] < truth.patience_s < body["patience_high_s"]
    monday = body["arrivals"][:24]
    assert sum(monday[10:14]) / 4 == pytest.approx(truth.busy, rel=0.3)
    assert sum(body["arrivals"][120:]) == 0
    assert body["sat"][10] == pytest.approx(2.0)
    assert body["sat"][9] == pytest.approx(1.0)
    assert body["at_once"] == truth.at_once
    assert page.context["heads"] == [f"{hour:02d}" for hour in range(9, 17)]
    text = page.content.decode()
    for word in ("Erlang", "theta", "censored"):
        assert word not in text


def test_more_chats_need_more_people_and_nonsense_is_named(empty: Place) -> None:
    filled(empty)
    client = empty.client()
    before = client.get(empty.url("staffing/"))
    after = client.get(empty.url("staffing/?more=100"))
    assert float(after.context["needed"]) > float(before.context["needed"])
    assert after.context["tight"]
    for wrong in ("chat=-3", "seconds=7", "share=200", "at_once=nan", "patience=x", "more=1e999"):
        page = client.get(empty.url(f"staffing/?{wrong}"))
        assert page.status_code == 200
        assert page.context["form"].errors
        assert page.context["needed"] == before.context["needed"]


def test_an_owner_keeps_the_goal_that_is_shown(empty: Place) -> None:
    url = empty.url("staffing/goal/")
    assert empty.client("marketer").post(url, {"share": "90", "seconds": "60"}).status_code == 403
    assert empty.client().post(url, {"share": "90", "seconds": "60"}).status_code == 302
    assert panel.read(empty.shop.pk).hourly_goal == {"share": 0.9, "seconds": 60.0}
    empty.client().post(url, {"share": "900", "seconds": "60"})
    assert panel.read(empty.shop.pk).hourly_goal == {"share": 0.9, "seconds": 60.0}
    assert "90" in empty.client().get(empty.url("staffing/")).context["goal_words"]
