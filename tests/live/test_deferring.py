"""A chat that nobody can answer now: it becomes a request and goes on by mail in the same conversation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kizuna.conversations import threads
from kizuna.conversations.models import (
    Attachment,
    ChatState,
    Conversation,
    Message,
    Outgoing,
    SeatState,
    ServiceRequest,
    Turn,
)
from kizuna.conversations.threads import Author, Kind, State
from kizuna.customers import addresses, profiles
from kizuna.flows.dialogue import handling, writing
from kizuna.flows.dialogue.writing import Reply
from kizuna.flows.live import deferring, following, presence, telling
from kizuna.flows.live.deferring import Deferral, Refused
from kizuna.flows.wishes import handling as wishes
from kizuna.shops.models import Person
from tests.dialogue.making import NOW, Desk, make_desk
from tests.flows.live.queueing import Floor
from tests.live.talking import NOW_US, open_chat, say, sit, wait_in_queue

pytestmark = pytest.mark.django_db

LEAVES = Deferral("Ann", "ann@example.com", "", deferring.NO_HOURS)
MONDAY_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPAM = "Buy at http://spam.example now"


def _mails(conversation: Conversation) -> list[Outgoing]:
    return list(Outgoing.objects.filter(message__conversation=conversation).order_by("id"))


def test_a_chat_becomes_a_request_with_its_dialogue_and_a_confirmation_that_can_be_answered() -> None:
    desk = make_desk()
    chat = open_chat(desk, "Is the green tea back?", "I need a kilo.")
    wait_in_queue(chat)
    wish = deferring.defer(desk.shop, chat.pk, replace(LEAVES, text="Please write."), NOW)
    assert wish.conversation_id == chat.pk
    assert wish.text == "Is the green tea back?\n\nI need a kilo.\n\nPlease write."
    state = ChatState.objects.get(conversation=chat)
    assert (state.email, state.name, state.by_mail_since_us) == ("ann@example.com", "Ann", NOW_US)
    assert list(Turn.objects.values_list("state", "end", "ended_us")) == [("deferred", "no_hours", NOW_US)]
    (mail,) = _mails(chat)
    assert [each["address"] for each in mail.recipients] == ["ann@example.com"]
    assert mail.reply_to.startswith("reply+")
    assert mail.machine
    chat.refresh_from_db()
    assert chat.awaits_us, "a machine's words answer nobody"
    assert chat.state == State.OPEN


def test_leaving_it_twice_is_one_request_one_message_and_one_mail() -> None:
    desk = make_desk()
    chat = open_chat(desk)
    told = replace(LEAVES, text="Where is my parcel?", client_id="form-1")
    first = deferring.defer(desk.shop, chat.pk, told, NOW)
    again = deferring.defer(desk.shop, chat.pk, told, NOW + timedelta(seconds=3))
    assert first.pk == again.pk
    assert ServiceRequest.objects.count() == 1
    assert len(_mails(chat)) == 1
    assert sum(each.author == Author.CUSTOMER for each in threads.list_messages(desk.shop.pk, chat.pk)) == 1
    assert Turn.objects.count() == 1


def test_who_sent_only_a_file_leaves_it_as_a_request_that_names_it() -> None:
    desk = make_desk()
    chat = open_chat(desk)
    _send_file(chat, "pot.png")
    wish = deferring.defer(desk.shop, chat.pk, LEAVES, NOW)
    assert (wish.text, wish.conversation_id, wish.kind) == ("[pot.png]", chat.pk, None)
    assert wish.message is not None
    assert [each.name for each in wish.message.attachments.all()] == ["pot.png"]
    (mail,) = _mails(chat)
    assert mail.message is not None
    assert "pot" not in f"{mail.message.text} {mail.message.subject}", (
        "no name they chose goes to an address they typed"
    )


def test_a_settled_request_is_not_taken_up_again() -> None:
    desk = make_desk()
    chat = open_chat(desk, "First question, please")
    first = deferring.defer(desk.shop, chat.pk, LEAVES, NOW)
    wishes.decline(desk.shop, first.public_id, wishes.Refusal("Not ours.", ""), desk.kim, NOW)
    say(chat, "Another question", "later")
    second = deferring.defer(desk.shop, chat.pk, LEAVES, NOW + timedelta(days=1))
    assert second.pk != first.pk


def test_the_answer_goes_out_by_mail_and_stands_in_the_panel() -> None:
    desk = make_desk()
    chat = open_chat(desk, "Is it back?", visitor_seen_us=NOW_US)
    answered = writing.reply(desk.shop, chat.pk, Reply("A moment."), desk.kim, NOW)
    assert not Outgoing.objects.filter(message=answered).exists(), "whoever reads the panel needs no mail"
    deferring.defer(desk.shop, chat.pk, LEAVES, NOW)
    told = writing.reply(desk.shop, chat.pk, Reply("Yes, since today."), desk.kim, NOW)
    assert told.channel == "chat"
    assert [each["address"] for each in Outgoing.objects.get(message=told).recipients] == ["ann@example.com"]


@pytest.mark.parametrize(("away_s", "mailed"), [(119, False), (121, True)])
def test_who_left_the_panel_has_the_answer_by_mail_where_an_address_is_known(away_s: int, mailed: bool) -> None:
    desk = make_desk()
    seen_us = NOW_US - away_s * 1_000_000
    chat = open_chat(desk, "Is it back?", email="ann@example.com", visitor_seen_us=seen_us)
    unknown = open_chat(desk, "And mine?", visitor="visitor-2", visitor_seen_us=seen_us)
    for each, wanted in ((chat, mailed), (unknown, False)):
        answered = writing.reply(desk.shop, each.pk, Reply("Yes."), desk.kim, NOW)
        assert Outgoing.objects.filter(message=answered).exists() is wanted


def test_the_address_they_gave_links_nobody_to_a_profile() -> None:
    desk = make_desk()
    chat = open_chat(desk, "I am the owner, believe me")
    before = profiles.find_by_id(desk.shop.pk, chat.customer_id or 0)
    deferring.defer(desk.shop, chat.pk, replace(LEAVES, email="owner@shop.example"), NOW)
    after = profiles.find_by_id(desk.shop.pk, chat.customer_id or 0)
    assert before is not None
    assert after is not None
    assert (after.email, after.name) == (before.email, before.name) == ("", "")
    assert addresses.find_identity(desk.shop.pk, "owner@shop.example") is None


def test_no_word_of_the_visitor_reaches_an_address_they_chose() -> None:
    desk = make_desk()
    chat = open_chat(desk, SPAM)
    deferring.defer(desk.shop, chat.pk, Deferral(SPAM, "victim@example.com", SPAM), NOW)
    (mail,) = _mails(chat)
    assert mail.message is not None
    assert "spam" not in f"{mail.message.text} {mail.message.subject}"
    with pytest.raises(Refused, match="somebody has answered"):
        deferring.transcript(desk.shop, chat.pk, "victim@example.com", NOW)
    for number in range(5):
        other = open_chat(desk, SPAM, visitor=f"bot-{number}")
        deferring.defer(desk.shop, other.pk, Deferral("", "victim@example.com", ""), NOW)
    assert Outgoing.objects.count() == deferring.MOST_CONFIRMATIONS, "the brake holds; the requests are there"
    assert ServiceRequest.objects.count() == 6


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (replace(LEAVES, email="nobody"), "email"),
        (replace(LEAVES, email="a@b.example\nBcc: c@d.example"), "email"),
        (replace(LEAVES, email=f"a@{'b' * 250}.example"), "email"),
        (replace(LEAVES, text="x" * 10_001), "text"),
        (replace(LEAVES, text="x\x00y"), "text"),
        (replace(LEAVES, reason="because"), "reason"),
        (LEAVES, "text"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(told: Deferral, field: str) -> None:
    desk = make_desk()
    chat = open_chat(desk)
    with pytest.raises(Refused) as refusal:
        deferring.defer(desk.shop, chat.pk, told, NOW)
    assert refusal.value.field == field
    assert not threads.list_messages(desk.shop.pk, chat.pk)
    assert not Outgoing.objects.exists()
    assert ChatState.objects.get(conversation=chat).by_mail_since_us is None


def test_a_transcript_is_sent_once_per_state_and_few_times() -> None:
    desk = make_desk()
    chat = open_chat(desk, "Do you have it?", language="de", context={"timezone": "Asia/Tokyo"}, visitor_seen_us=NOW_US)
    writing.reply(desk.shop, chat.pk, Reply("Yes."), desk.kim, NOW)
    first = Message.objects.get(conversation=chat, number=1)
    Attachment.objects.create(shop=desk.shop, message=first, name="pot.png", token="t", size=1, created_us=NOW_US)
    assert deferring.transcript(desk.shop, chat.pk, "ann@example.com", NOW)
    assert not deferring.transcript(desk.shop, chat.pk, "ann@example.com", NOW)
    mail = Outgoing.objects.get()
    assert mail.content["text"] == "21:00 Sie:\nDo you have it?\n[pot.png]\n\n21:00 Kim Kay:\nYes.\n"
    assert mail.content["subject"] == "Unser Gespräch vom 1. März 2026"
    for number in range(2):
        say(chat, "More", f"more-{number}")
        assert deferring.transcript(desk.shop, chat.pk, "ann@example.com", NOW)
    say(chat, "And more", "more-9")
    with pytest.raises(Refused, match="often enough"):
        deferring.transcript(desk.shop, chat.pk, "ann@example.com", NOW)


def _availability(desk: Desk, now: datetime) -> tuple[bool, bool, str]:
    found = deferring.availability(desk.shop, now)
    return found.is_open, found.in_hours, deferring.say_when(desk.shop, "en", "Europe/Berlin", now)


def test_it_is_open_while_somebody_sits_there_and_says_when_else() -> None:
    desk = make_desk()
    desk.shop.timezone = "Europe/Berlin"
    desk.shop.save()
    soon = "A person of ours answers you by mail as soon as one is free."
    assert _availability(desk, MONDAY_NOON) == (False, True, soon)
    monday = "A person of ours will be there on Monday, March 2, 09:00 (CET)."
    assert _availability(desk, NOW) == (False, False, monday)
    in_tokyo = deferring.say_when(desk.shop, "de", "Asia/Tokyo", NOW)
    assert in_tokyo == "Ein Mensch von uns ist am Montag, 2. März, 17:00 Uhr (JST) wieder da."
    nowhere = deferring.say_when(desk.shop, "xx", "../../etc/passwd", NOW)
    assert nowhere == monday
    seat = sit(desk, desk.kim)
    assert _availability(desk, NOW)[0]
    assert not _availability(desk, NOW + timedelta(minutes=5))[0], "a closed laptop answers nobody"
    seat.state = SeatState.AWAY
    seat.save()
    assert not _availability(desk, NOW)[0]


def test_a_closed_chat_is_not_opened_beside_another_of_the_same_visitor() -> None:
    desk = make_desk()
    chat = open_chat(desk, "First")
    handling.close(desk.shop, chat.pk, desk.kim, NOW)
    open_chat(desk, "Second")
    with pytest.raises(writing.Refused, match="another chat open"):
        handling.reopen(desk.shop, chat.pk, desk.kim, NOW)


def test_who_comes_back_to_the_panel_waits_for_a_person_once_there_is_one() -> None:
    desk = make_desk()
    chat = open_chat(desk)
    deferring.defer(desk.shop, chat.pk, replace(LEAVES, text="Is it back?"), NOW)
    following.follow(NOW)
    waiting = Turn.objects.filter(conversation=chat, state="waiting")
    assert not waiting.exists(), "what they left is no new question"
    say(chat, "Hello again", "again", NOW_US + 60_000_000)
    following.follow(NOW + timedelta(minutes=1))
    assert not waiting.exists(), "nobody is there"
    later = NOW + timedelta(minutes=2)
    sit(desk, desk.kim, seen_us=NOW_US + 120_000_000)
    say(chat, "And now?", "now", NOW_US + 120_000_000)
    following.follow(later)
    assert waiting.exists()
    assert ChatState.objects.get(conversation=chat).followed_number == 5


def _send_file(chat: Conversation, name: str, client_id: str = "file") -> None:
    """Let the visitor send a file without a word."""
    say(chat, "", client_id)
    sent = Message.objects.get(conversation=chat, client_id=client_id)
    Attachment.objects.create(shop_id=chat.shop_id, message=sent, name=name, token=name, size=1, created_us=NOW_US)


def test_who_sent_only_a_file_and_waits_when_hours_end_is_taken_as_a_request_too() -> None:
    floor = Floor(now=datetime(2026, 3, 2, 16, 59, tzinfo=UTC))
    chat = floor.wait(text="")
    sent = Message.objects.get(conversation=chat)
    for name in ("pot.png", "lid.png"):
        Attachment.objects.create(shop=floor.desk.shop, message=sent, name=name, token=name, size=1, created_us=NOW_US)
    nothing = floor.wait(text="")
    floor.pass_s(150)
    floor.stay(chat, nothing)
    floor.watch()
    assert [floor.ends(each) for each in (chat, nothing)] == [["no_hours"], ["no_hours"]]
    wish = ServiceRequest.objects.get()
    assert (wish.text, wish.conversation_id, wish.message_id) == ("[pot.png] [lid.png]", chat.pk, sent.pk)


@pytest.mark.parametrize("email", ["", "ann@example.com"])
def test_who_waits_when_hours_end_and_the_last_one_leaves_is_told_and_taken_as_a_request(email: str) -> None:
    floor = Floor(now=datetime(2026, 3, 2, 16, 59, 30, tzinfo=UTC))
    shop, kim = floor.desk.shop, floor.desk.kim
    floor.sit(kim, capacity=1)
    busy, chat = floor.wait(9.0), floor.wait(1.0, text="Is it back?", email=email)

    def minute_later(*alive: Person) -> list[str]:
        floor.pass_s(60, *alive)
        floor.stay(busy, chat)
        floor.watch()
        entries = threads.list_messages(shop.pk, chat.pk)
        return [each.text for each in entries if each.is_automatic and each.kind == Kind.MESSAGE]

    assert minute_later(kim) == [], "hours are over, but somebody is still there"
    presence.leave(shop, kim, floor.now)
    (told,) = minute_later()
    assert "on Tuesday, March 3, 09:00 (UTC)" in told
    assert ("answer our mail" in told, "Leave us your e-mail" in told) == (bool(email), not email)
    assert floor.turn(chat) is None
    assert floor.ends(chat) == ["no_hours"]
    wish = ServiceRequest.objects.get(conversation=chat)
    assert wish.text == "Is it back?"
    assert [each["address"] for mail in _mails(chat) for each in mail.recipients] == ([email] if email else [])
    stands = telling.states(shop, [chat.pk], floor.now)[chat.pk]
    assert (stands["state"], stands["open"], stands["there"]) == ("mail" if email else "open", False, False)
    assert stands["opens_at"].startswith("2026-03-03T09:00")
    floor.hear(chat, "Hello?")
    ChatState.objects.filter(conversation=chat).update(is_behind=True)
    following.follow(floor.now)
    assert len(minute_later()) == 1, "what they add belongs to their request"
    floor.now = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    floor.sit(kim)
    floor.hear(chat, "Good morning!")
    ChatState.objects.filter(conversation=chat).update(is_behind=True)
    following.follow(floor.now)
    assert floor.turn(chat) is not None


def test_who_waits_in_working_hours_waits_on_although_nobody_sits() -> None:
    floor = Floor(now=MONDAY_NOON)
    chat = floor.wait()
    floor.watch()
    assert floor.turn(chat) is not None
    assert _stands(floor, chat) == (True, False), "one may wait, but nobody is said to be there"
    floor.sit(floor.desk.kim)
    assert _stands(floor, chat) == (True, True)


def _stands(floor: Floor, chat: Conversation) -> tuple[bool, bool]:
    told = telling.states(floor.desk.shop, [chat.pk], floor.now)[chat.pk]
    return told["open"], told["there"]
