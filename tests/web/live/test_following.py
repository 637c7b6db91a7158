"""What follows from words in a chat: search, facts, the cost of an answer, and once only whatever is killed."""

from datetime import UTC, datetime, timedelta

import pytest

from kizuna.conversations import drafts, letters, search, teams, threads
from kizuna.conversations.live import state
from kizuna.conversations.live.state import Beginning
from kizuna.conversations.models import ChatState, Conversation, Message, Outgoing
from kizuna.conversations.threads import Channel, NewConversation
from kizuna.customers import identity, links
from kizuna.customers.identity import Claims
from kizuna.flows import hearing
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Reply
from kizuna.flows.live import following, saying, unread
from kizuna.flows.live.saying import Author, Said, Stored
from kizuna.jobs.models import Job
from kizuna.science import periods
from kizuna.shops.models import Person, Shop
from kizuna.tracking.models import Fact
from tests.shops.making import make_person, make_shop

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW_US = periods.epoch_us(NOW)
pytestmark = pytest.mark.django_db


def _open(shop: Shop, email: str = "") -> Conversation:
    found = identity.resolve(shop.pk, [Claims(NOW_US, visitor="ann")], NOW_US).each[0].identity_id
    owner = links.customers_of(shop.pk, [found])[found]
    new = NewConversation(teams.ensure_default(shop.pk).pk, Channel.CHAT, "", found, owner)
    conversation = threads.open_conversation(shop.pk, new, NOW_US)
    state.begin(conversation.pk, Beginning(email=email), NOW_US)
    return conversation


def _say(chat: Conversation, text: str, person: Person | None = None) -> Stored:
    author = Author.CUSTOMER if person is None else Author.PERSON
    said = Said(chat.shop_id, chat.pk, text, text, author=author, person_id=person.pk if person else None, name="Kim")
    (stored,) = saying.store([said], NOW_US)
    assert isinstance(stored, Stored)
    return stored


def test_words_of_both_sides_are_found_and_become_facts_once() -> None:
    shop = make_shop()
    chat = _open(shop)
    _say(chat, "Do you have gyokuro?")
    _say(chat, "We do, freshly picked.", make_person(shop, "operator"))
    assert following.follow(NOW) is False
    assert search.find(shop.pk, "gyokuro", 5) == [chat.pk]
    assert search.find(shop.pk, "freshly", 5) == [chat.pk]
    names = Fact.objects.filter(shop_id=shop.pk).order_by("id").values_list("name", flat=True)
    assert list(names) == ["Chat Message Received", "Chat Message Sent", "Served by Live Operator"]
    assert ChatState.objects.get().followed_number == Conversation.objects.get().last_number
    ChatState.objects.update(followed_number=0, is_behind=True)  # killed after its facts, before its commit was seen
    following.follow(NOW)
    assert Fact.objects.filter(shop_id=shop.pk).count() == 3


def test_what_was_typed_since_the_words_were_sent_stays_and_the_rest_goes() -> None:
    shop = make_shop()
    chat = _open(shop)
    kim, lee = make_person(shop, "operator"), make_person(shop, "operator")
    drafts.keep(shop.pk, chat.pk, kim.pk, "We do, fr", NOW_US - 1_000_000)
    _say(chat, "We do, freshly picked.", kim)
    drafts.keep(shop.pk, chat.pk, lee.pk, "Somebody else's", NOW_US - 1_000_000)
    following.follow(NOW)
    assert [drafts.find(shop.pk, chat.pk, each.pk)["reply"] for each in (kim, lee)] == ["", "Somebody else's"]
    _say(chat, "From the spring.", kim)
    drafts.keep(shop.pk, chat.pk, kim.pk, "And it is still", NOW_US + 200_000)
    following.follow(NOW)
    assert drafts.find(shop.pk, chat.pk, kim.pk)["reply"] == "And it is still"


def _look(shop: Shop, chat: Conversation, after_s: float) -> int:
    return unread.mail_what_waits(shop, chat.pk, NOW + timedelta(seconds=after_s))


def _mails() -> list[str]:
    """What the mails on their way say."""
    rows = list(Outgoing.objects.order_by("id"))
    letters_of = letters.read(rows, lambda row: "", NOW)
    return [letter.text for row in rows if not isinstance(letter := letters_of[row.pk], str)]


def test_who_has_left_the_panel_gets_the_lines_they_have_not_read_as_one_mail() -> None:
    shop = make_shop()
    chat = _open(shop, email="ann@example.com")
    _say(chat, "Is it green?")
    kim = make_person(shop, "operator")
    for text in ("Good day.", "It is.", "And it is fresh."):
        _say(chat, text, kim)
    following.follow(NOW)
    (job,) = Job.objects.filter(task=unread.mail_unread.module_path)
    assert job.run_after == NOW + timedelta(seconds=120)
    ChatState.objects.update(read_number=2, visitor_seen_us=NOW_US + 30_000_000)
    assert (_look(shop, chat, 121), Outgoing.objects.count()) == (0, 0), "they may still be reading"
    unread.mail_unread.call(**{**job.kwargs, "now_us": NOW_US + 151_000_000})
    unread.mail_unread.call(**{**job.kwargs, "now_us": NOW_US + 152_000_000})
    (mail,) = Outgoing.objects.all()
    assert [to["address"] for to in mail.recipients] == ["ann@example.com"]
    (text,) = _mails()
    assert text.startswith("It is.\n\nAnd it is fresh.")
    assert "Good day." not in text, "they read that in the panel"


def test_lines_of_a_chat_by_mail_wait_for_a_quiet_stretch_but_not_for_ever() -> None:
    shop = make_shop()
    chat = _open(shop, email="ann@example.com")
    kim = make_person(shop, "operator")
    ChatState.objects.update(by_mail_since_us=NOW_US)
    first, *_, last = (_say(chat, f"line {number}", kim).message for number in range(6))
    following.follow(NOW)
    Message.objects.filter(pk=last.pk).update(at_us=NOW_US + 100_000_000)
    assert _look(shop, chat, 130) == 0, "they are still writing"
    Message.objects.filter(pk=last.pk).update(at_us=NOW_US + 590_000_000)
    assert _look(shop, chat, 601) == 6, "the first line has waited long enough"
    assert len(_mails()) == 1
    ChatState.objects.update(read_number=first.number)
    assert _look(shop, chat, 900) == 0


def test_what_is_no_address_is_mailed_nothing_and_holds_up_nothing() -> None:
    shop = make_shop()
    chat = _open(shop, email="nobody at all")
    kim = make_person(shop, "operator")
    ChatState.objects.update(visitor_seen_us=0)
    _say(chat, "Good day.", kim)
    following.follow(NOW)
    assert not ChatState.objects.get().is_behind
    assert _look(shop, chat, 900) == 0
    writing.reply(shop, chat.pk, Reply("Good day again."), kim, NOW)
    assert not Outgoing.objects.exists()


def test_one_chat_that_cannot_be_followed_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop()
    bad, good = _open(shop), _open(make_shop())
    _say(bad, "one")
    _say(good, "two")
    hear = hearing.hear

    def failing(shop: Shop, message: Message, now: datetime) -> None:
        if message.conversation_id == bad.pk:
            raise RuntimeError("no")
        hear(shop, message, now)

    monkeypatch.setattr(hearing, "hear", failing)
    following.follow(NOW)
    behind = ChatState.objects.filter(is_behind=True).values_list("conversation_id", flat=True)
    assert list(behind) == [bad.pk]
