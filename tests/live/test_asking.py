"""How was it? Asked in the panel when a chat ends, by a link where the panel was gone; answered once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.conversations import threads
from kizuna.conversations.models import ChatState, Conversation, Outgoing
from kizuna.conversations.threads import Author, Direction, NewMessage
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.flows import surveys
from kizuna.flows.dialogue import handling, writing
from kizuna.flows.dialogue.writing import Reply
from kizuna.flows.live import asking, deferring
from kizuna.flows.live.deferring import Deferral
from kizuna.knowledge import surveys as kept
from kizuna.knowledge.models import SurveyAnswer, SurveyAsk
from kizuna.shops.models import Shop
from kizuna.tracking.models import Fact
from tests.dialogue.making import NOW, Desk, make_desk
from tests.live.talking import NOW_US, open_chat, say

pytestmark = pytest.mark.django_db

GIVEN = {"satisfaction": "5", "trust": "4", "company": "5", "words": "<b>fine</b>"}
LATER = NOW + timedelta(minutes=31)


def _closed(desk: Desk, **state: Any) -> Conversation:
    chat = open_chat(desk, "Is it back?", visitor_seen_us=NOW_US, **state)
    writing.reply(desk.shop, chat.pk, Reply("Yes."), desk.kim, NOW)
    handling.close(desk.shop, chat.pk, desk.kim, NOW)
    chat.refresh_from_db()
    return chat


def test_the_panel_asks_and_the_answers_are_kept_once_as_facts() -> None:
    desk = make_desk()
    chat = _closed(desk)
    asking.answer(desk.shop, chat.pk, GIVEN, NOW)
    kept_rows = SurveyAnswer.objects.order_by("question").values_list("question", "score", "text")
    assert list(kept_rows) == [
        ("company", 5, ""),
        ("satisfaction", 5, ""),
        ("trust", 4, ""),
        ("words", None, "<b>fine</b>"),
    ]
    assert Fact.objects.filter(shop_id=desk.shop.pk, name="Survey Answered").count() == 4
    with pytest.raises(asking.Answered):
        asking.answer(desk.shop, chat.pk, GIVEN, NOW)
    assert not asking.remind(LATER)
    assert not Outgoing.objects.filter(message=None).exists(), "who answered is not asked again"


def test_nothing_is_asked_where_nobody_of_us_answered() -> None:
    desk = make_desk()
    chat = open_chat(desk, "Anybody there?")
    with pytest.raises(asking.Refused):
        asking.answer(desk.shop, chat.pk, GIVEN, NOW)
    handling.close(desk.shop, chat.pk, desk.kim, NOW)
    asking.remind(LATER)
    assert not SurveyAsk.objects.exists()


def test_who_took_an_invitation_up_and_was_answered_by_nobody_is_asked_nothing() -> None:
    desk = make_desk()
    chat = open_chat(desk)
    words = NewMessage(Direction.OUT, Author.PERSON, "May I help?", NOW_US, person_id=desk.kim.pk)
    threads.append(desk.shop.pk, chat.pk, words, NOW_US)
    say(chat, "Yes, please", "asked")
    handling.close(desk.shop, chat.pk, None, NOW)
    with pytest.raises(asking.Refused):
        asking.answer(desk.shop, chat.pk, GIVEN, NOW)
    asking.remind(LATER)
    assert not SurveyAsk.objects.exists()


def test_who_went_on_by_mail_is_asked_by_a_link_that_needs_no_log_in() -> None:
    desk = make_desk()
    chat = open_chat(desk, "Is it back?", language="de")
    deferring.defer(desk.shop, chat.pk, Deferral("", "ann@example.com", ""), NOW)
    writing.reply(desk.shop, chat.pk, Reply("Yes."), desk.kim, NOW)
    handling.close(desk.shop, chat.pk, desk.kim, NOW)
    asking.remind(NOW + timedelta(minutes=29))
    assert not Outgoing.objects.filter(message=None).exists(), "the panel has its time first"
    asking.remind(LATER)
    asking.remind(LATER)
    mail = Outgoing.objects.get(message=None)
    assert [each["address"] for each in mail.recipients] == ["ann@example.com"]
    assert mail.marketing, "they can say that they want no such mail"
    asked = SurveyAsk.objects.get()
    token = kept.token_of(desk.shop.pk, asked.public_id)
    assert f"/answer/{token}/" in mail.content["text"]
    surveys.answer(desk.shop, token, GIVEN, LATER)
    with pytest.raises(asking.Answered):
        asking.answer(desk.shop, chat.pk, GIVEN, LATER)


def test_a_chat_opened_again_is_not_asked_about_until_it_ends() -> None:
    desk = make_desk()
    chat = _closed(desk)
    handling.reopen(desk.shop, chat.pk, desk.kim, NOW)
    assert ChatState.objects.get(conversation=chat).ask_due_us is None
    asking.remind(LATER)
    assert not SurveyAsk.objects.exists()


def test_nobody_is_written_to_twice_in_a_month() -> None:
    desk = make_desk()
    visitor = identity.ensure(desk.shop.pk, IdentityKind.VISITOR, ["visitor-1"], [NOW_US])["visitor-1"]
    assert links.customers_of(desk.shop.pk, [visitor])
    survey = kept.ensure_standing(desk.shop.pk, kept.SurveyKind.WISH, NOW_US)
    kept.ask(desk.shop.pk, survey.id, visitor, kept.About("wish", 1, "Tea"), NOW_US)
    chat = _closed(desk, email="ann@example.com", by_mail_since_us=NOW_US)
    asking.remind(LATER)
    assert SurveyAsk.objects.filter(about_kind="conversation", about_id=chat.pk).exists(), "their pages ask"
    assert not Outgoing.objects.filter(message=None).exists()


def test_a_chat_that_cannot_be_asked_about_keeps_nobody_else_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", 1)
    desk = make_desk()
    first = _closed(desk, email="ann@example.com", by_mail_since_us=NOW_US)
    chat = open_chat(desk, "Is it black?", visitor="visitor-2", email="bo@example.com", by_mail_since_us=NOW_US)
    writing.reply(desk.shop, chat.pk, Reply("No."), desk.kim, NOW)
    handling.close(desk.shop, chat.pk, desk.kim, NOW + timedelta(seconds=1))
    ask = surveys.ask_after_conversation

    def ask_after(shop: Shop, conversation: Conversation, now: datetime) -> kept.AskView | None:
        if conversation.pk == first.pk:
            raise ValueError("a chat that cannot be asked about")
        return ask(shop, conversation, now)

    monkeypatch.setattr(surveys, "ask_after_conversation", ask_after)
    for _ in range(3):
        asking.remind(LATER)
    asked = SurveyAsk.objects.values_list("about_id", flat=True)
    assert list(asked) == [chat.pk]
    monkeypatch.undo()
    asking.remind(LATER + timedelta(hours=1))
    assert set(asked.all()) == {first.pk, chat.pk}
