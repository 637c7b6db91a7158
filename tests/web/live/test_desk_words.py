"""An operator's words in a chat that somebody else serves are refused: one visitor is not answered by two people."""

import pytest

from kizuna.conversations.models import Conversation, Message, Turn
from kizuna.flows.live import routing, saying
from kizuna.flows.live.saying import Author, Refusal, Said, Stored
from kizuna.shops.models import Person
from kizuna.web.live.desk_door import DeskDoor
from kizuna.web.live.panel_calls import run
from tests.flows.live.queueing import Floor
from tests.shops.making import log_in, make_person, make_shop
from tests.web.live.conftest import Panelled
from tests.web.live.driving import begin, post

CSRF = "a" * 32


def _headers(person: Person) -> dict[str, str]:
    session = log_in(person).cookies["sessionid"].value
    return {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}


def test_a_chat_takes_words_of_who_serves_it_and_of_supervisors(panelled: Panelled) -> None:
    shop = panelled.shop
    kim, lee, max_ = (make_person(shop, role) for role in ("operator", "operator", "marketer"))
    hers, his, theirs = (_headers(each) for each in (kim, lee, max_))

    async def answering() -> None:
        door = panelled.door()
        desk = DeskDoor(door.parts)
        _, chat = await begin(door, panelled.key)
        row = await run(door.parts.threads, lambda now: Conversation.objects.get())
        await run(door.parts.threads, lambda now: routing.claim(shop, row.pk, kim, now))
        tried = (("k1", hers, 200), ("l1", his, 409), ("m1", theirs, 200), ("k2", hers, 200), ("l1", his, 409))
        for client_id, headers, status in tried:
            content = {"conversation": chat, "client_id": client_id, "text": "It is."}
            answer = await post(desk, f"/live/{shop.slug}/say", content, headers)
            assert answer.status == status, (client_id, answer)
            assert status == 200 or "somebody else" in answer.content["error"]

    panelled.run(answering)
    said = Message.objects.filter(author="person", kind="message").order_by("number")
    assert list(said.values_list("client_id", flat=True)) == ["k1", "m1", "k2"]
    assert Turn.objects.get().person_id == kim.pk


@pytest.mark.django_db
def test_of_two_who_answer_one_chat_in_the_same_batch_the_first_has_it() -> None:
    floor = Floor()
    chat = floor.wait()
    kim, lee = floor.desk.kim, floor.desk.lee

    def words(person: Person, client_id: str) -> Said:
        return Said(chat.shop_id, chat.pk, client_id, "Hello", author=Author.PERSON, person_id=person.pk)

    first, second = saying.store([words(kim, "k"), words(lee, "l")], floor.us)
    assert isinstance(first, Stored)
    assert second == Refusal("taken")
    assert floor.whose(chat) == kim.pk
    (again,) = saying.store([words(kim, "k")], floor.us)
    assert isinstance(again, Stored)
    assert not again.is_new


def test_whoever_answers_for_one_shop_reaches_no_chat_of_another(panelled: Panelled) -> None:
    strangers = make_shop()
    theirs = _headers(make_person(strangers, "owner"))

    async def reaching() -> None:
        door = panelled.door()
        desk = DeskDoor(door.parts)
        _, chat = await begin(door, panelled.key)
        for what in ("say", "typing", "seen"):
            content = {"conversation": chat, "client_id": what, "text": "Read me", "number": 1}
            for shop in (strangers, panelled.shop):  # by their own address and by the chat's
                assert (await post(desk, f"/live/{shop.slug}/{what}", content, theirs)).status == 404, (what, shop.slug)

    panelled.run(reaching)
    assert Message.objects.filter(author="person").count() == 0
