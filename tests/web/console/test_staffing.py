"""The Staffing page: too early, measured from weeks with known truth, tried with other numbers, the goal kept."""

from datetime import UTC, datetime

import pytest

from kizuna.conversations.live import panel
from kizuna.flows import staffing
from kizuna.science import periods
from tests.flows.live import weeks
from tests.flows.live_report.chatting import DAY, HOUR, Desk
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


def test_hand_overs_are_work_silence_is_none_and_who_came_back_has_not_left(empty: Place) -> None:
    """Ten chats each: handed on, taken back from somebody silent, lost and found again; hand-checked."""
    desk, now = Desk(empty.shop), datetime.now(UTC)
    one = empty.people["operator"].pk
    at_us = periods.epoch_us(now) - 10 * DAY
    for number in range(10):
        handed, silent, back = (desk.talk(None, at_us + each * HOUR + number, [("customer", 0)]) for each in range(3))
        desk.turn(handed, "ended", 0, 0, 8, 9, 308, person_id=one, end="transferred")
        desk.turn(handed, "ended", 0, 308, 310, 311, 910, person_id=one)
        desk.turn(silent, "ended", 0, 0, 10, None, 130, person_id=one, end="taken_back")
        desk.turn(silent, "ended", 0, 130, 140, 150, 740, person_id=one)
        desk.turn(back, "abandoned", 0, 0, None, None, 90, end="gone")
        desk.turn(back, "ended", 0, 100, 120, 121, 420, person_id=one)
    body = staffing.refresh(empty.shop, now).body
    assert (body["chats"], body["asked"], body["left"], body["lengths"]) == (30, 30, 0, 30)
    assert body["chat_s"] == pytest.approx((900 + 600 + 300) / 3)
    assert body["met_within"][staffing.SECONDS.index(10)] == 10
    assert body["met_within"][staffing.SECONDS.index(120)] == 20
    page = empty.client().get(empty.url("staffing/"))
    assert page.context["chosen"]["patience"] == pytest.approx(2 * 10 * (8 + 140 + 120) / 7.378 / 60, abs=0.1)
    assert "how long visitors wait" in page.context["assumed"]


def test_an_owner_keeps_the_goal_that_is_shown(empty: Place) -> None:
    url = empty.url("staffing/goal/")
    assert empty.client("marketer").post(url, {"share": "90", "seconds": "60"}).status_code == 403
    assert empty.client().post(url, {"share": "90", "seconds": "60"}).status_code == 302
    assert panel.read(empty.shop.pk).hourly_goal == {"share": 0.9, "seconds": 60.0}
    empty.client().post(url, {"share": "900", "seconds": "60"})
    assert panel.read(empty.shop.pk).hourly_goal == {"share": 0.9, "seconds": 60.0}
    assert "90" in empty.client().get(empty.url("staffing/")).context["goal_words"]
