"""Who asks for it sees everything the live operator keeps of them, and is erased everywhere."""

import json

import pytest

from kizuna.conversations.models import (
    ChatInvitation,
    ChatKey,
    ChatState,
    Conversation,
    Message,
    OnlineVisitor,
    Outgoing,
    Turn,
)
from kizuna.flows import answers
from kizuna.flows.answers import Audience, Written
from kizuna.flows.live import deferring
from kizuna.flows.live.deferring import Deferral
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Notice
from kizuna.flows.premium import erasing, held
from kizuna.knowledge.models import ArticleVote, Asked
from kizuna.shops import sources
from kizuna.tracking import aside
from kizuna.tracking.models import SetAside
from kizuna.tracking.wire import RawEvent
from tests.dialogue.making import NOW, make_desk, write_in
from tests.live.talking import NOW_US, open_chat, wait_in_queue

pytestmark = pytest.mark.django_db


def test_everything_of_the_panel_is_told_and_erased() -> None:
    desk = make_desk()
    shop = desk.shop
    chat = open_chat(desk, "My secret is out", visitor="browser-1", context={"page": {"url": "/cart"}})
    assert chat.identity_id is not None
    wait_in_queue(chat)
    ChatKey.objects.create(
        shop=shop, visitor_key="browser-1", grip="g", identity_id=chat.identity_id, created_us=NOW_US
    )
    OnlineVisitor.objects.create(
        shop=shop, visitor_key="browser-1", url="/cart", since_us=NOW_US, page_since_us=NOW_US, seen_us=NOW_US
    )
    ChatInvitation.objects.create(shop=shop, visitor_key="browser-1", client_id="i-1", at_us=NOW_US, held=True)
    article = answers.save(shop, Written("Parcels", "They come."), desk.kim, NOW).text.article.public_id
    answers.publish(shop, article, "en", Audience.PUBLIC, desk.kim, NOW)
    answers.note_helpful(shop, article, "browser-1", True, NOW)
    answers.note_helpful(shop, article, "browser-2", True, NOW)
    Asked.objects.create(shop=shop, words="My secret", language="en", found=0, at_us=NOW_US, conversation_id=chat.pk)
    deferring.defer(shop, chat.pk, Deferral("Ann", "ann@example.com", ""), NOW)

    gathered = held.gather(shop, chat.customer_id or 0, NOW)
    told = json.dumps(gathered, default=str)
    assert [each["email"] for each in gathered["chats"]] == ["ann@example.com"]  # type: ignore[attr-defined]
    assert '"held_back": true' in told
    assert '"article": "Parcels"' in told
    assert "My secret is out" in told

    erasing.erase(shop, chat.customer_id or 0, None, NOW)
    for model in (ChatKey, OnlineVisitor, ChatInvitation, Conversation, Message, ChatState, Turn, Asked, Outgoing):
        assert not model.objects.filter().exists(), model.__name__
    assert ArticleVote.objects.count() == 1, "another's vote stays"


def test_a_typed_address_and_what_waits_to_be_sent_or_taken_go_too() -> None:
    desk = make_desk()
    theirs = write_in(desk)
    other = open_chat(
        desk, "I am somebody else", email="ann@example.com", name="Ann", context={"attributes": {"n": "Ann"}}
    )
    sending.send_notice(desk.shop, Notice("ann@example.com", "Soon", "Dear Ann", key="k"), NOW)
    sending.send_notice(desk.shop, Notice("bob@example.com", "Soon", "Dear Bob", key="l"), NOW)
    source = sources.get_own_source(desk.shop, "console")
    for who in ("Ann@example.com", "bob@example.com"):
        body = json.dumps({"type": "identify", "traits": {"email": who}}).encode()
        aside.keep(source.pk, RawEvent("identify", body, NOW_US), "a fault of ours")
    erasing.erase(desk.shop, theirs.customer_id or 0, None, NOW)
    state = ChatState.objects.get(conversation=other)
    assert (state.email, state.context) == ("", {})
    assert list(Outgoing.objects.values_list("content__text", flat=True)) == ["Dear Bob"]
    assert [b"bob@" in bytes(row.body) for row in SetAside.objects.all()] == [True]
