"""Questions nobody answered, grouped; and what an operator is offered, each with its reason."""

import pytest

from kizuna.conversations import search, threads
from kizuna.conversations.models import ChatState
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.flows import answers, answers_asked
from kizuna.flows.answers import AskedOn, Written
from kizuna.flows.dialogue import habits, writing
from kizuna.flows.dialogue.writing import Reply
from kizuna.flows.premium import erasing
from kizuna.knowledge import asked
from kizuna.knowledge.models import Asked
from kizuna.science import periods
from tests.dialogue.making import NOW, make_desk, write_in

pytestmark = pytest.mark.django_db
NOW_US = periods.epoch_us(NOW)


@pytest.fixture
def desk():
    return make_desk()


def publish(desk, title, body, audience="public"):
    made = answers.save(desk.shop, Written(title, body), desk.kim, NOW)
    return answers.publish(desk.shop, made.text.article.public_id, "en", audience, desk.kim, NOW)


def test_questions_without_an_answer_are_grouped_and_those_with_one_are_not_there(desk):
    publish(desk, "Returning something", "Send it back within 30 days.")
    for words in ("gift wrapping", "do you wrap gifts?", "Gift wrap please", "return", "repair of teapots"):
        answers.search(desk.shop, words, "en", NOW)
    answers.search(desk.shop, "gift wrap", "en", NOW, AskedOn.HELP)
    answers.note_search(desk.shop, "Geschenk einpacken", "de", 0, NOW_US)
    found = asked.gaps(desk.shop.pk, NOW_US - 1)
    assert sorted((-gap.count, gap.language) for gap in found) == [(-4, "en"), (-1, "de"), (-1, "en")]
    assert found[0].by_place == {"panel": 3, "help": 1}
    assert asked.gaps(desk.shop.pk, NOW_US) == []
    assert asked.gaps(make_desk("other").shop.pk, 0) == []
    assert asked.figures(desk.shop.pk, 0)["unanswered"] == 6


def test_hostile_questions_are_kept_short_and_forgotten_in_time(desk):
    answers.note_search(desk.shop, "<script>\x00" + "x" * 5_000, "en-US", 0, NOW_US)
    answers.note_search(desk.shop, " \x00 ", "en", 0, NOW_US)
    row = Asked.objects.get()
    assert (len(row.words), row.language) == (200, "en")
    assert asked.prune(NOW_US + asked.KEPT_DAYS * periods.DAY_US) == 0
    assert asked.prune(NOW_US + asked.KEPT_DAYS * periods.DAY_US + 1) == 1


def test_an_operator_is_offered_articles_kept_answers_and_past_ones_with_reasons(desk):
    publish(desk, "Caring for cast iron", "Rinse the iron pan with hot water. Never use soap.")
    publish(desk, "Rust: what we do", "We take rusty iron pans back, always.", "internal")
    habits.save_reply(
        desk.shop, None, ("Rust", "Dear {{ customer.name }}, scrub the rust off the pan.", None), desk.kim, NOW
    )
    past = write_in(desk, "My iron pan shows rust. What can I do? Order 1234567", email="ben@example.com", ago_min=90)
    for message in past.messages.all():
        search.index(message)
    writing.reply(
        desk.shop, past.pk, Reply("Dear Ben,\n\nScrub it with salt. Mail ben@example.com.\n\nBest, Kim"), desk.kim, NOW
    )
    asks = write_in(desk, "There is rust on my iron pan, can I use soap?", email="ann@example.com")
    found = answers.suggest(desk.shop, asks.pk, NOW)
    assert [each.kind for each in found] == ["article", "article", "canned", "past"]
    assert {each.title for each in found[:2]} == {"Caring for cast iron", "Rust: what we do"}
    internal = next(each for each in found if each.is_internal)
    assert internal.why.startswith("Only we may read it")
    assert "“rust”" in found[2].why
    assert found[3].text == "Scrub it with salt. Mail …."
    assert "Kim Kay answered so on" in found[3].why
    assert "“rust”" in found[3].why
    assert str(past.public_id) in found[3].url
    assert answers.suggest(desk.shop, "   ", NOW) == []


def test_nothing_is_offered_across_shops(desk):
    past = write_in(desk, "My iron pan shows rust, help")
    for message in past.messages.all():
        search.index(message)
    writing.reply(desk.shop, past.pk, Reply("Scrub it."), desk.kim, NOW)
    publish(desk, "Rust", "Iron pans rust.")
    assert len(answers.suggest(desk.shop, "rust on the iron pan", NOW)) == 2
    assert answers.suggest(make_desk("other").shop, "rust on the iron pan", NOW) == []


def _chat(desk, text, key):
    at_us = NOW_US - 60_000_000
    who = identity.ensure(desk.shop.pk, IdentityKind.VISITOR, [key], [at_us])[key]
    owner = links.customers_of(desk.shop.pk, [who]).get(who)
    talk = threads.open_conversation(
        desk.shop.pk, NewConversation(desk.team.pk, Channel.CHAT, "Chat", who, owner), at_us
    )
    ChatState.objects.create(conversation=talk, language="en", context={})
    said = NewMessage(Direction.IN, Author.CUSTOMER, text, at_us, client_id=key)
    threads.append(desk.shop.pk, talk.pk, said, at_us)
    return who


def test_what_chats_begin_with_is_noted_once_and_goes_with_the_customer(desk):
    publish(desk, "Returning something", "Send it back within 30 days.")
    who = _chat(desk, "Do you repair teapots? I am anna@example.com, order 1234567", "v1")
    _chat(desk, "How can I return this?", "v2")
    _chat(desk, "Hi, hello", "v3")
    for _ in range(2):
        answers_asked.note_chats(NOW)
    rows = {row.words: row.found for row in Asked.objects.filter(shop=desk.shop)}
    assert rows == {"Do you repair teapots? I am …, order …": 0, "How can I return this?": 1}
    assert [gap.by_place for gap in asked.gaps(desk.shop.pk, 0)] == [{"chat": 1}]
    erasing.erase(desk.shop, links.customers_of(desk.shop.pk, [who])[who], None, NOW)
    assert [row.words for row in Asked.objects.all()] == ["How can I return this?"]
