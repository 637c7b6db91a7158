"""The measured effect of the live operator: times, loss, operators, baselines; what must not corrupt them does not."""

import numpy as np
import pytest

from kizuna.conversations.live.panel import PanelView
from kizuna.conversations.models import Channel, Conversation, WishKind
from kizuna.flows.live import panels
from kizuna.flows.live_report import reporting
from kizuna.relationships import kept_reports
from kizuna.science import periods
from tests.flows.live_report.chatting import DAY, HOUR, MINUTE, Desk
from tests.flows.making import Books
from tests.shops.making import NOW, make_person, make_shop

pytestmark = pytest.mark.django_db
NOW_US = periods.epoch_us(NOW)
AT = NOW_US - 5 * DAY  # a Tuesday noon, in working hours


def report(shop, days=28):
    return reporting.refresh(shop, NOW).body["windows"][str(days)]


@pytest.fixture
def desk() -> Desk:
    return Desk(make_shop())


def test_a_shop_without_a_chat_has_an_empty_report_and_is_never_asked_for(desk):
    assert reporting.refresh(desk.shop, NOW).body["windows"] == {}
    reporting.ask_where_due(NOW)
    assert reporting.find_job(desk.shop) is None


def test_machines_reopening_and_hand_overs_do_not_corrupt_the_times(desk):
    one, two = make_person(desk.shop, "operator").pk, make_person(desk.shop, "operator").pk
    said = [("machine", 0), ("customer", 10), ("machine", 11), ("note", 15), ("person", 40), ("closed", 100)]
    chat = desk.talk(None, AT, [*said, ("person", 150), ("customer", 9000), ("person", 9020), ("closed", 9100)], one)
    desk.turn(chat, "ended", 10, 10, 20, None, 30, person_id=one, end="taken_back")
    desk.turn(chat, "ended", 10, 30, 35, 40, 60, person_id=one, end="transferred")
    desk.turn(chat, "ended", 10, 60, 80, 85, 100, person_id=two)
    found = report(desk.shop)
    times = found["times"]
    assert times["wait"]["wall"]["median"] == 25
    assert (times["first"]["wall"]["n"], times["first"]["wall"]["median"]) == (1, 30)
    assert (times["reply"]["wall"]["n"], times["reply"]["wall"]["median"]) == (1, 20)
    assert times["handling"]["wall"]["median"] == 25 + 20
    assert times["resolution"]["wall"]["median"] == 9100 - 10
    counted = found["counts"]
    assert (counted["handed_over"], counted["taken_back"], counted["reopened"], counted["ended_by_one"]) == (1, 1, 1, 0)
    assert {row["person"]: row["handed_over"] for row in found["people"]} == {one: 1, two: 0}


def test_working_time_leaves_the_night_and_the_weekend_out(desk):
    friday = NOW_US - 9 * DAY + 4 * HOUR + 50 * MINUTE  # Friday ten to five; the shop works nine to five
    desk.talk(None, friday, [("customer", 0), ("person", 2.5 * 86_400)])
    first = report(desk.shop)["times"]["first"]
    assert first["wall"]["median"] == 2.5 * 86_400
    assert first["work"]["median"] == 600


def test_who_left_is_lost_also_where_somebody_wrote_afterwards(desk):
    one = make_person(desk.shop, "operator").pk
    for number in range(3):
        desk.served(None, AT + number * HOUR, one)
    lost = desk.talk(None, AT, [("customer", 0), ("person", 5000)], one)
    desk.turn(lost, "abandoned", 0, 0, None, None, 60, end="left")
    late = desk.talk(None, AT, [("customer", 0)])
    desk.turn(late, "deferred", 0, 0, None, None, 60, end="no_hours")
    counted = report(desk.shop)["counts"]
    assert (counted["asked"], counted["answered"], counted["abandoned"], counted["deferred"]) == (5, 3, 1, 1)
    assert report(desk.shop, 7)["steps"][1]["abandoned"] == 1


def test_each_operator_has_their_own_figures(desk):
    quick, slow = (make_person(desk.shop, "operator").pk for _ in range(2))
    for number in range(4):
        chat = desk.served(Books(desk.shop).customer(), AT + number * HOUR, quick, 5, 10)
        desk.scored(chat, AT + number * HOUR, satisfaction=5, trust=4)
    desk.served(None, AT, slow, 50, 90)
    desk.spell(quick, AT, 2)
    desk.spell(slow, AT, 4)
    desk.spell(slow, AT + 5 * HOUR, 4, "away")
    rows = {row["person"]: row for row in report(desk.shop)["people"]}
    assert (rows[quick]["per_hour"], rows[slow]["per_hour"]) == (2.0, 0.25)
    assert (rows[quick]["first"]["wall"]["median"], rows[slow]["first"]["wall"]["median"]) == (10, 90)
    assert rows[quick]["survey"]["satisfaction"]["value"] == 5
    assert rows[slow]["survey"]["trust"] is None
    whole = report(desk.shop)
    assert (whole["hours"], whole["per_hour"]) == (6.0, 5 / 6)


def test_mail_is_weighed_by_the_kinds_of_question_that_come_by_chat(desk):
    """Hard questions come by mail, easy ones by chat: unweighed, mail would look slower than it is for these."""
    easy, hard = (WishKind.objects.create(shop=desk.shop, name=name) for name in ("easy", "hard"))
    one = make_person(desk.shop, "operator").pk
    for number in range(20):
        chats = desk.served(None, AT + number * MINUTE, one, 5, 60)
        mails = desk.talk(None, AT + number * MINUTE, [("customer", 0), ("person", 3600)], one, Channel.EMAIL)
        late = desk.talk(None, AT + number * MINUTE, [("customer", 0), ("person", 36_000)], one, Channel.EMAIL)
        last = desk.talk(None, AT + number * MINUTE, [("customer", 0), ("person", 36_000)], one, Channel.EMAIL)
        for talk, kind in ((chats, hard if number == 0 else easy), (mails, easy), (late, hard), (last, hard)):
            _about(desk, talk, kind)
    told = report(desk.shop)["by_mail"]
    assert told["wall"]["median_other"] == 3600
    assert told["wall"]["high"] < 0
    assert {row["kind"]: row["mail"]["n"] for row in told["kinds"]} == {easy.pk: 20, hard.pk: 40}


def _about(desk, talk, kind):
    from kizuna.conversations.models import ServiceRequest

    ServiceRequest.objects.create(
        shop=desk.shop, conversation=talk, kind=kind, source="message", title="x", text="x",
        forwarded_us=AT, stage_since_us=AT, changed_us=AT,
    )  # fmt: skip


def test_the_time_before_the_panel_is_a_baseline(desk):
    one = make_person(desk.shop, "operator").pk
    for number in range(12):
        desk.talk(None, NOW_US - (40 + number) * DAY, [("customer", 0), ("person", 7200)], one, Channel.EMAIL)
        desk.served(None, AT + number * HOUR, one, 5, 60)
    told = report(desk.shop)["before"]
    assert (told["before"]["median"], told["now"]["median"]) == (7200, 60)
    assert told["wall"]["high"] == -7140


@pytest.mark.parametrize(("gain", "shows"), [(0, False), (2500, True)])
def test_others_alike_and_the_lot_tell_what_serving_brings(gain, shows):
    """Who is served, or invited by lot, brings so much more in the days after; what others bring is the same."""
    desk = Desk(make_shop())
    books, random = Books(desk.shop), np.random.default_rng(2)
    one = make_person(desk.shop, "operator").pk
    at_us = NOW_US - 12 * DAY
    for number in range(120):
        identity = books.customer(f"who-{number}")
        moment = at_us + int(random.uniform(0, 20)) * HOUR
        books.order(identity, moment - 100 * DAY, int(random.integers(500, 3000)))
        books.fact(identity, moment, "Page Viewed", page=True)
        served, held = number % 3 == 0, number % 2 == 0
        desk.invite(f"key-{number}", moment, held=held, identity_id=identity)
        bonus = (gain if served else 0) + (gain if not held else 0)
        books.order(identity, moment + 2 * DAY, int(random.integers(400, 600)) + bonus)
        if served:
            desk.served(identity, moment + MINUTE, one)
    desk.spell(one, at_us, 10)
    found = report(desk.shop)
    alike = found["after"]["alike"]["profit"]
    assert alike["matched"] + alike["unmatched"] == 40
    assert (alike["low"] > 0) is shows
    assert alike["low"] < gain < alike["high"] or not shows
    lot = found["by_lot"]
    assert (lot["invited"], lot["held"]) == (60, 60)
    assert (lot["profit"]["low"] > 0) is shows
    assert found["after"]["people"] == 40
    assert found["after"]["hours"] == 10
    assert found["after"]["per_hour_minor"] * 10 == found["after"]["profit_minor"]


def test_a_lot_with_too_few_says_so(desk):
    for number in range(40):
        desk.invite(f"key-{number}", NOW_US - 10 * DAY, held=number < 5)
        desk.invite(f"key-{number}", NOW_US - 9 * DAY, held=number < 5)
    desk.served(None, AT, make_person(desk.shop, "operator").pk)
    lot = report(desk.shop)["by_lot"]
    assert (lot["invited"], lot["held"], lot["profit"], lot["bought"]) == (35, 5, None, None)


def test_two_devices_of_one_person_count_as_the_first_was_drawn(desk):
    books = Books(desk.shop)
    first = books.customer("one")
    second = books.identity(books.customer_of(first), "two")
    desk.invite("a", NOW_US - 10 * DAY, held=True, identity_id=first)
    desk.invite("b", NOW_US - 9 * DAY, held=False, identity_id=second)
    desk.served(None, AT, make_person(desk.shop, "operator").pk)
    lot = report(desk.shop)["by_lot"]
    assert (lot["invited"], lot["held"], lot["crossed"]) == (0, 1, 1)


def test_only_the_first_invitation_ever_counts_and_only_under_one_share(desk):
    """Who was first invited before the period, on whatever device, is not counted when they are invited again."""
    books = Books(desk.shop)
    known = books.customer("known")
    other = books.identity(books.customer_of(known), "other-device")
    desk.invite("again", NOW_US - 300 * DAY, held=False)
    desk.invite("again", NOW_US - 10 * DAY, held=False)
    desk.invite("phone", NOW_US - 300 * DAY, held=False, identity_id=known)
    desk.invite("desk", NOW_US - 10 * DAY, held=True, identity_id=other)
    desk.invite("new", NOW_US - 10 * DAY, held=False, accepted=True)
    desk.invite("new", NOW_US - 9 * DAY, held=False)
    desk.invite("later", NOW_US - 8 * DAY, held=True)
    desk.invite("running", NOW_US - 2 * DAY, held=True)
    desk.served(None, AT, make_person(desk.shop, "operator").pk)
    lot = report(desk.shop)["by_lot"]
    assert (lot["invited"], lot["held"], lot["accepted"], lot["odd"]) == (1, 1, 1, False)
    owner = make_person(desk.shop, "owner")
    panels.change_panel(desk.shop, PanelView(holdout_share=0.3), owner, periods.instant_at(NOW_US - 9 * DAY))
    panels.change_panel(desk.shop, PanelView(holdout_share=0.3, colour="#123456"), owner, NOW)
    lot = report(desk.shop)["by_lot"]
    assert (lot["invited"], lot["held"], lot["share"]) == (0, 1, 0.3)


def test_an_order_after_two_chats_is_counted_once(desk):
    books, one = Books(desk.shop), make_person(desk.shop, "operator").pk
    who, at_us = books.customer("one"), NOW_US - 20 * DAY
    for after in (0, 8 * DAY):
        desk.served(who, at_us + after, one)
    books.order(who, at_us + 9 * DAY, 1000)
    books.order(who, at_us + 16 * DAY, 50)
    desk.spell(one, at_us, 4)
    found = report(desk.shop)["after"]
    assert (found["people"], found["profit_minor"], found["per_hour_minor"]) == (2, 1000, 250)
    assert found["alike"] is None


def test_an_order_counts_for_the_last_chat_before_it(desk):
    books = Books(desk.shop)
    one, other = make_person(desk.shop, "operator").pk, make_person(desk.shop, "operator").pk
    who, at_us = books.customer("one"), NOW_US - 13 * DAY
    desk.served(who, at_us, one)
    desk.served(who, at_us + 5 * DAY, other)
    books.order(who, at_us + 2 * DAY, 700)
    books.order(who, at_us + 6 * DAY, 1000)
    books.order(who, at_us + 10 * DAY, 30)
    for found in (report(desk.shop, 7), report(desk.shop, 28)):
        assert found["after"]["people"] == 1
        assert found["after"]["profit_minor"] == 1730
        rows = {row["person"]: (row["profit_chats"], row["profit_minor"]) for row in found["people"]}
        assert rows == {one: (1, 700), other: (1, 1030)}


def test_quality_of_system_and_profile_stand_apart(desk):
    one = make_person(desk.shop, "operator").pk
    for number in range(4):
        chat = desk.served(None, AT + number * HOUR, one)
        desk.mark(chat, one, AT, complete=number > 0, correct=True)
    desk.reported(AT // DAY, 4, 2, 1, {"50": 90, "200": 9, "more": 1})
    found = report(desk.shop)
    assert (found["profile"]["complete"]["number"], found["profile"]["complete"]["whole"]) == (3, 4)
    assert found["profile"]["relevant"]["whole"] == 0
    assert found["system"]["delivery_ms"] == {"0.5": 50.0, "0.9": 50.0, "0.99": 200.0}
    assert (found["system"]["reconnects"], found["system"]["failures"]) == (2, 1)


def test_merged_chats_spam_and_other_shops_do_not_count(desk):
    other, one = Desk(make_shop()), make_person(desk.shop, "operator").pk
    kept = desk.served(None, AT, one)
    other.served(None, AT, one)
    spam, merged = desk.served(None, AT + HOUR, one), desk.served(None, AT + 2 * HOUR, one)
    Conversation.objects.filter(pk=spam.pk).update(state="spam")
    Conversation.objects.filter(pk=merged.pk).update(merged_into=kept)
    assert report(desk.shop)["counts"]["asked"] == 1


def test_the_report_is_asked_for_once_a_day(desk):
    desk.served(None, AT, make_person(desk.shop, "operator").pk)
    reporting.ask_where_due(NOW)
    assert reporting.find_job(desk.shop) is not None
    made = reporting.refresh(desk.shop, NOW)
    kept = kept_reports.find(desk.shop.pk, reporting.REPORT)
    assert kept is not None
    assert kept.body == made.body
