"""The page Live effect: empty, short of data, full on both clocks, its CSV; comparisons are called what they are."""

import csv
import io
from datetime import UTC, datetime

import pytest

from kizuna.conversations.live.panel import PanelView
from kizuna.customers.models import Identity, IdentityKind
from kizuna.flows.live import panels
from kizuna.flows.live_report import reporting
from kizuna.science import periods
from kizuna.web.console.effect import durations
from tests.flows.live_report import chatting
from tests.flows.live_report.chatting import DAY, Desk
from tests.web.console.shop_with_history import Place, make_place

pytestmark = pytest.mark.django_db


def fill(place: Place, days: int = 30) -> None:
    """Some weeks at the desk, and the report of them."""
    now = datetime.now(UTC)
    known = Identity.objects.filter(shop=place.shop).exclude(kind=IdentityKind.VISITOR).order_by("id")
    staff = [place.people[role].pk for role in ("operator", "owner")]
    chatting.fill(Desk(place.shop), list(known.values_list("pk", flat=True)), staff, periods.epoch_us(now), days)
    reporting.refresh(place.shop, now)


def test_an_empty_shop_is_told_what_the_page_will_say(empty: Place) -> None:
    page = empty.client().get(empty.url("live-effect/")).content.decode()
    assert "No chat yet" in page
    assert "CSV" not in page
    assert empty.client("reader").post(empty.url("live-effect/start/")).status_code == 403
    assert empty.client("operator").get(empty.url("live-effect/export.csv")).status_code == 403


def test_one_lonely_chat_shows_figures_and_says_what_is_too_early(empty: Place) -> None:
    now = datetime.now(UTC)
    Desk(empty.shop).lost(None, periods.epoch_us(now) - 10 * DAY)
    reporting.refresh(empty.shop, now)
    page = empty.client("reader").get(empty.url("live-effect/")).content.decode()
    assert "1 of 1 chat" in page
    assert "too early" in page
    assert "The hold-out is off" in page
    assert "nothing yet" in page
    short = empty.client().get(empty.url("live-effect/?days=7")).content.decode()
    assert "No chat in these 7 days" in short


def test_the_full_page_on_both_clocks_and_every_figure_as_csv() -> None:
    place = make_place("tea", 60, 600)
    fill(place)
    client = place.client()
    page = client.get(place.url("live-effect/")).content.decode()
    for words in (
        "First answer by mail",
        "By operator",
        "Operator Person",
        "a comparison",
        "falls",
        "Answered by the company itself",
    ):
        assert words in page
    work = client.get(place.url("live-effect/?clock=work&days=91"))
    assert work.context["asked"].clock == "work"
    assert "Only time in which the shop works counts" in work.content.decode()
    assert client.get(place.url("live-effect/?clock=moon&days=1e9")).context["asked"].days == 28
    told = client.get(place.url("live-effect/export.csv")).content.decode("utf-8-sig")
    rows = {(row["days"], row["who"], row["figure"]): row["value"] for row in csv.DictReader(io.StringIO(told))}
    body = reporting.refresh(place.shop, datetime.now(UTC)).body["windows"]["28"]
    assert rows["28", "everybody", "counts.asked"] == str(body["counts"]["asked"])
    assert float(rows["28", "everybody", "times.first.wall.median"]) > 0
    assert ("28", "Operator Person", "reply.wall.p90") in rows


def test_a_lot_whose_numbers_do_not_fit_is_no_proof(empty: Place) -> None:
    now, desk = datetime.now(UTC), Desk(empty.shop)
    at_us = periods.epoch_us(now) - 9 * DAY
    panels.change_panel(empty.shop, PanelView(holdout_share=0.5), None, periods.instant_at(at_us - DAY))
    desk.lost(None, at_us)
    for number in range(200):
        desk.invite(f"key-{number}", at_us + number, held=number < 140)
    reporting.refresh(empty.shop, now)
    page = empty.client("reader").get(empty.url("live-effect/")).content.decode()
    assert "Do not take the hold-out for proof yet" in page
    assert "by lot, but in doubt" in page
    assert "since the share held out was last changed" in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min"), (61, "1 min 1 s"), (3661, "1 h 1 min"), (90_000, "1 d 1 h"), (-30, "−30 s")],
)  # fmt: skip
def test_durations_are_written_in_two_units(seconds: float, words: str) -> None:
    assert durations.words(seconds).replace("\u202f", " ") == words
