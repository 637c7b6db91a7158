"""Dialogue mails through the flows: who is written to, when, how often; stop, pause, answers, hold-out."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.conversations import teams, threads
from kizuna.conversations.models import Conversation, Message
from kizuna.conversations.threads import Author, Direction, NewConversation, NewMessage
from kizuna.customers import merging
from kizuna.customers.models import Identity
from kizuna.flows import following
from kizuna.flows.dialogue import joining
from kizuna.flows.outreach import answering, choosing, editing, sending
from kizuna.knowledge.models import Lesson
from kizuna.outreach import suppression, targets
from kizuna.outreach.hours import Cap, Window
from kizuna.outreach.models import Play, Target
from kizuna.outreach.plays import PlayState
from kizuna.outreach.who import Who
from kizuna.relationships.models import Standing
from kizuna.science import periods
from tests.conftest import ONE_FIXTURE_FOR_ALL, examples
from tests.flows.making import make_shop
from tests.flows.outreach.asked import ALWAYS, DAY, DRAFT, HOUR, NOON, NOW_US, agree, people, running

pytestmark = pytest.mark.django_db


def send_all(play: Play, now: datetime = NOON) -> None:
    """Let the worker go on until nothing is due."""
    while sending.send_some(play.shop, play, now):
        pass


def written(shop: object) -> Counter[str]:
    """How many mails went to each address."""
    rows = Message.objects.filter(shop=shop, direction=Direction.OUT)
    return Counter(each.recipients["to"][0] for each in rows)


def hear(shop: object, conversation: Conversation, text: str, now: datetime) -> Message:
    """Let the customer answer, as mail in does."""
    new = NewMessage(Direction.IN, Author.CUSTOMER, text, periods.epoch_us(now), identity_id=conversation.identity_id)
    message, _ = threads.append(conversation.shop_id, conversation.pk, new, periods.epoch_us(now))
    answering.answered(shop, conversation.pk, message.pk, now)
    return message


def test_each_is_asked_once_by_name_and_no_inbox_shows_it() -> None:
    shop = make_shop()
    people(shop, 30)
    play = running(shop)
    send_all(play)
    send_all(play, NOON + DAY)
    assert set(written(shop).values()) == {1}
    assert len(written(shop)) == 30
    assert set(Conversation.objects.values_list("state", flat=True)) == {"begun"}
    assert "Dear Person7, what do you wish for?" in set(Message.objects.values_list("text", flat=True))
    choosing.enrol(shop, play, "", NOW_US)
    send_all(play, NOON + 60 * DAY)
    assert len(written(shop)) == 30


def test_nobody_without_consent_relation_address_or_name_and_nobody_suppressed_is_written_to() -> None:
    shop = make_shop()
    people(shop, 3)
    refused = people(shop, 1, first=10)
    agree(shop, list(Identity.objects.filter(customer_id__in=refused).values_list("pk", flat=True)), False, 9)
    stranger = people(shop, 1, first=20)
    Standing.objects.filter(customer_id__in=stranger).update(orders=0)
    people(shop, 1, first=30, name="")
    people(shop, 1, first=40, email="")
    people(shop, 1, first=50)
    suppression.suppress(shop.pk, "P50@example.com", suppression.Reason.COMPLAINT, suppression.Scope.MARKETING, 1)
    people(shop, 1, "C", first=60)
    play = running(shop)
    assert play.matching == 3
    assert play.left_out == {"no_consent": 1, "stranger": 1, "missing": 1, "no_address": 1, "suppressed": 1}
    send_all(play)
    assert set(written(shop)) == {"p0@example.com", "p1@example.com", "p2@example.com"}


def test_what_changes_while_they_wait_counts() -> None:
    shop = make_shop()
    numbers = people(shop, 4)
    play = running(shop)
    first, second, third, _ = Identity.objects.filter(customer_id__in=numbers).order_by("pk")
    agree(shop, [first.pk], False, 9)
    suppression.suppress(shop.pk, second.value, suppression.Reason.UNSUBSCRIBED, suppression.Scope.MARKETING, 1)
    Standing.objects.filter(customer_id=third.customer_id).update(segment="D")
    send_all(play)
    assert set(written(shop)) == {"p3@example.com"}
    reasons = dict(Target.objects.values_list("identity_id", "reason"))
    assert (reasons[first.pk], reasons[second.pk]) == ("no_consent", "suppressed")
    assert third.pk not in reasons


def test_the_cap_holds_over_all_plays() -> None:
    shop = make_shop()
    people(shop, 5)
    rules = replace(ALWAYS, cap=Cap(1, 30))
    one = running(shop, rules=rules)
    two = running(shop, replace(DRAFT, name="Another", who=Who(segments=("A",), silent_days=None)), rules)
    send_all(one)
    send_all(two)
    assert set(written(shop).values()) == {1}
    send_all(two, NOON + 29 * DAY)
    assert set(written(shop).values()) == {1}
    send_all(two, NOON + 31 * DAY)
    assert set(written(shop).values()) == {2}


def test_who_asked_to_be_reached_another_way_gets_no_mail() -> None:
    shop = make_shop()
    people(shop, 1, traits={"preferred_channels": ["phone", "post"]})
    people(shop, 1, first=1, traits={"preferred_channels": ["email", "phone"]})
    play = running(shop)
    send_all(play)
    assert set(written(shop)) == {"p1@example.com"}
    assert choosing.preview(shop, choosing.asked_of(play, ""), play, NOW_US).left_out == {
        "other_way": 1,
        "written": 1,
    }


def test_who_chose_other_topics_gets_no_mail_about_this_one() -> None:
    shop = make_shop()
    people(shop, 1, traits={"preferred_topics": ["offers", "events"]})
    people(shop, 1, first=1, traits={"preferred_topics": ["advice"]})
    people(shop, 1, first=2)
    about = replace(DRAFT, who=Who(segments=("A",), silent_days=None, topic="advice"))
    play = running(shop, about)
    assert choosing.preview(shop, choosing.asked_of(play, ""), play, NOW_US).left_out == {"other_topic": 1}
    send_all(play)
    assert set(written(shop)) == {"p1@example.com", "p2@example.com"}
    plain = running(shop, replace(DRAFT, name="Plain", who=Who(segments=("A",), silent_days=None)))
    assert "other_topic" not in choosing.preview(shop, choosing.asked_of(plain, ""), plain, NOW_US).left_out


@pytest.mark.parametrize(("pace", "days"), [("monthly", 30), ("seldom", 90)])
def test_who_wants_to_be_written_to_seldom_is(pace: str, days: int) -> None:
    shop = make_shop()
    people(shop, 1, traits={"preferred_frequency": pace})
    for name in ("Ask", "Another"):
        send_all(running(shop, replace(DRAFT, name=name, who=Who(segments=("A",), silent_days=None))))
    assert written(shop).total() == 1
    second = Play.objects.get(name="Another")
    send_all(second, NOON + (days - 1) * DAY)
    assert written(shop).total() == 1
    send_all(second, NOON + (days + 1) * DAY)
    assert written(shop).total() == 2


@settings(max_examples=examples(15), suppress_health_check=ONE_FIXTURE_FOR_ALL)
@given(
    st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "America/Los_Angeles", "Pacific/Apia"]),
    st.integers(0, 24 * 14),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 20),
)
def test_mail_leaves_only_in_the_customers_own_hours(
    zone: str, hour: int, weekdays: frozenset[int], begins: int
) -> None:
    shop = make_shop(timezone="UTC")
    people(shop, 1, traits={"timezone": zone})
    rules = replace(ALWAYS, window=Window(begins * 60, begins * 60 + 180, weekdays))
    play = running(shop, rules=rules)
    for step in range(24 * 8):
        now = NOON + hour * HOUR + step * HOUR
        sending.send_some(shop, play, now)
        if written(shop):
            break
    assert set(written(shop).values()) == {1}
    local = now.astimezone(ZoneInfo(zone))
    assert local.weekday() in weekdays
    assert begins <= local.hour < begins + 3


def test_no_more_a_day_than_the_team_can_answer() -> None:
    shop = make_shop()
    people(shop, 7)
    play = running(shop, replace(DRAFT, a_day=3))
    for day in range(3):
        for _ in range(3):
            send_all(play, NOON + day * DAY)
        assert len(written(shop)) == min(3 * (day + 1), 7)


def test_an_answer_opens_the_conversation_is_learned_and_stops_the_play_for_them() -> None:
    shop = make_shop()
    people(shop, 2)
    play = running(shop)
    send_all(play)
    other = running(shop, replace(DRAFT, name="Other", who=Who(segments=("A",), silent_days=None)))
    assert Target.objects.filter(play=other, state="waiting").count() == 2
    first = Conversation.objects.order_by("pk").first()
    assert first is not None
    message = hear(shop, first, "A bigger teapot would be lovely, please.", NOON + HOUR)
    hear(shop, first, "And a lid for it, if you can.", NOON + 2 * HOUR)
    first.refresh_from_db()
    assert first.state == "open"
    assert Target.objects.get(conversation_id=first.pk).state == "answered"
    assert [(row.kind, row.text, row.source_message_id) for row in Lesson.objects.all()] == [
        ("want", "A bigger teapot would be lovely, please.", message.pk)
    ]
    assert Target.objects.filter(play=other, state="waiting").count() == 1


def test_an_answer_counts_after_the_conversation_was_merged_and_merged_again() -> None:
    shop = make_shop()
    people(shop, 1)
    send_all(running(shop))
    begun = Conversation.objects.get()
    team = teams.ensure_default(shop.pk)
    kept = begun
    for subject in ("A pot", "A lid"):
        new = NewConversation(team.pk, "email", subject, begun.identity_id, begun.customer_id)
        other = threads.open_conversation(shop.pk, new, NOW_US)
        joining.merge(shop, other.pk, kept.pk, None, NOON)
        kept = other
    hear(shop, kept, "A bigger teapot would be lovely, please.", NOON + HOUR)
    assert Target.objects.get().state == "answered"
    assert Lesson.objects.count() == 1


def test_a_machines_answer_is_none() -> None:
    shop = make_shop()
    people(shop, 1)
    send_all(running(shop))
    conversation = Conversation.objects.get()
    away = NewMessage(Direction.IN, Author.MACHINE, "I am away until Monday.", NOW_US, is_automatic=True)
    message, _ = threads.append(shop.pk, conversation.pk, away, NOW_US)
    assert not answering.answered(shop, conversation.pk, message.pk, NOON)
    assert Target.objects.get().state == "sent"
    assert not Lesson.objects.exists()


def test_pausing_and_stopping_hold_from_the_next_customer_on() -> None:
    shop = make_shop()
    people(shop, 3)
    play = running(shop)
    editing.set_state(shop, play.public_id, PlayState.PAUSED, None, NOON)
    send_all(play)
    sending.send_due(NOON)
    assert not written(shop)
    editing.set_state(shop, play.public_id, PlayState.RUNNING, None, NOON)
    sending.send_due(NOON)
    assert len(written(shop)) == 3


def test_a_lot_holds_back_its_share_always_the_same() -> None:
    shop, count = make_shop(), examples(200)
    people(shop, count)
    play = running(shop, replace(DRAFT, hold_out=0.3))
    send_all(play)
    held = set(Target.objects.filter(state="held").values_list("identity_id", flat=True))
    assert abs(len(held) / count - 0.3) < 2.1 / count**0.5
    assert len(written(shop)) == count - len(held)
    assert all(targets.is_held(play, each) for each in held)


def test_two_who_become_one_are_written_to_once() -> None:
    shop = make_shop()
    numbers = people(shop, 2)
    play = running(shop, replace(DRAFT, a_day=1))
    send_all(play)
    merging.merge(shop.pk, numbers[0], numbers[1], None, NOON)
    following.follow(shop, [numbers[0]])
    assert set(Target.objects.values_list("customer_id", flat=True)) == {numbers[0]}
    send_all(play, NOON + DAY)
    send_all(play, NOON + 2 * DAY)
    assert sum(written(shop).values()) == 1


def test_the_team_that_writes_must_be_of_the_shop() -> None:
    shop, other = make_shop(), make_shop()
    elsewhere = teams.ensure_default(other.pk)
    with pytest.raises(editing.Refused):
        editing.create_play(shop, replace(DRAFT, team_id=elsewhere.pk), None, NOON)
