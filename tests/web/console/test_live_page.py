"""The live desk's doors: the page, entries by number, the customer beside, deeds and who may do them."""

import json

import pytest
from django.test import Client

from kizuna.conversations.live import keys
from kizuna.conversations.models import ProfileMark, ServiceRequest, Turn
from kizuna.relationships.models import Standing
from kizuna.shops.models import Person
from kizuna.web.live import desk_rows
from tests.flows.live.queueing import Floor
from tests.shops.making import make_owner, make_person, make_shop

pytestmark = pytest.mark.django_db


class Desk(Floor):
    """A live desk with a browser for each of its people."""

    def browser(self, person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    def url(self, chat: object, path: str) -> str:
        return f"/s/{self.desk.shop.slug}/live/{chat.public_id}/{path}"  # type: ignore[attr-defined]


@pytest.fixture
def floor() -> Desk:
    return Desk()


def _owner(floor: Desk) -> Person:
    return make_owner(floor.desk.shop, "own@desk.example")


def _told(answer: object) -> dict[str, object]:
    return json.loads(answer.content)  # type: ignore[attr-defined]


def test_the_page_is_for_who_answers(floor: Desk) -> None:
    shop = floor.desk.shop
    page = floor.browser(_owner(floor)).get(f"/s/{shop.slug}/live/")
    assert page.status_code == 200
    assert "Nobody waits." in page.content.decode()
    reader = make_person(shop, "reader")
    assert floor.browser(reader).get(f"/s/{shop.slug}/live/").status_code == 403


def test_entries_are_resumed_by_number(floor: Desk) -> None:
    owner = _owner(floor)
    chat = floor.chat(text="<b>Hello</b>")
    floor.answer(chat, owner, "Good day")
    browser = floor.browser(owner)
    whole = _told(browser.get(floor.url(chat, "entries/")))
    assert [(each["number"], each["side"], each["text"]) for each in whole["entries"]] == [  # type: ignore[attr-defined]
        (1, "in", "<b>Hello</b>"),
        (2, "out", "Good day"),
    ]
    rest = _told(browser.get(floor.url(chat, "entries/?after=1")))
    assert [each["number"] for each in rest["entries"]] == [2]  # type: ignore[attr-defined]
    assert "drafts" in whole
    assert "drafts" not in rest


def test_the_customer_is_beside_the_chat_without_forms_that_lead_away(floor: Desk) -> None:
    chat = floor.wait()
    page = floor.browser(_owner(floor)).get(floor.url(chat, "beside/")).content.decode()
    assert "<form" not in page


def test_it_says_beside_the_chat_whether_the_shop_vouches_for_the_customer(floor: Desk) -> None:
    chat = floor.wait()
    address, browser = floor.url(chat, "beside/"), floor.browser(_owner(floor))
    inbox = f"/s/{floor.desk.shop.slug}/inbox/{chat.public_id}/"
    for path in (address, inbox):
        assert browser.get(path).content.decode().count("Not proven who this is") == 1
    identity_id = chat.identity_id or 0
    keys.claim(chat.shop_id, "their-key", "grip", identity_id, floor.us)
    keys.note_vouched(chat.shop_id, [identity_id], "another grip", floor.us)
    assert "Not proven who this is" in browser.get(address).content.decode()
    keys.note_vouched(chat.shop_id, [identity_id], "grip", floor.us)
    for path in (address, inbox):
        assert "vouches for who this is" in browser.get(path).content.decode()


def test_a_row_of_the_desk_says_where_nothing_proves_who_writes(floor: Desk) -> None:
    shop, chat = floor.desk.shop, floor.wait()
    identity_id = chat.identity_id or 0

    def row() -> dict[str, object]:
        return desk_rows.read_chats(shop, desk_rows.Standings(shop.pk), floor.us)[chat.pk]

    assert row()["unproven"] is False, "a visitor without a profile is no customer to be mistaken for"
    told = {"shop_id": shop.pk, "label": "Ann", "known": True}
    Standing.objects.update_or_create(customer_id=chat.customer_id, defaults=told)
    assert (row()["who"], row()["unproven"]) == ("Ann", True)
    keys.claim(shop.pk, "their-key", "grip", identity_id, floor.us)
    keys.note_vouched(shop.pk, [identity_id], "grip", floor.us)
    assert row()["unproven"] is False


def test_deeds_take_close_and_refuse_in_words(floor: Desk) -> None:
    owner = _owner(floor)
    chat, browser = floor.wait(), floor.browser(owner)
    floor.sit(owner)
    assert _told(browser.post(floor.url(chat, "claim/"))) == {"done": True}
    assert floor.whose(chat) == owner.pk
    other = make_person(floor.desk.shop, "operator")
    assert "refused" in _told(floor.browser(other).post(floor.url(chat, "claim/")))
    assert floor.browser(other).post(floor.url(chat, "take-over/")).status_code == 403
    assert _told(browser.post(floor.url(chat, "close/"))) == {"done": True}
    assert floor.whose(chat) is None
    assert Turn.objects.get().end == "closed"


def test_a_supervisor_takes_over(floor: Desk) -> None:
    operator = make_person(floor.desk.shop, "operator")
    owner = _owner(floor)
    chat = floor.wait()
    floor.browser(operator).post(floor.url(chat, "claim/"))
    assert _told(floor.browser(owner).post(floor.url(chat, "take-over/"))) == {"done": True}
    assert floor.whose(chat) == owner.pk


def test_words_become_a_wish_in_one_click(floor: Desk) -> None:
    chat = floor.wait()
    browser = floor.browser(_owner(floor))
    told = _told(browser.post(floor.url(chat, "wish/")))
    assert ServiceRequest.objects.get().title == told["wish"]
    assert browser.post(floor.url(chat, "wish/"), {"number": "99"}).status_code == 404


def test_a_tap_says_whether_the_profile_is_right(floor: Desk) -> None:
    owner = _owner(floor)
    chat, browser = floor.wait(), floor.browser(owner)
    assert _told(browser.post(floor.url(chat, "mark/"), {"correct": "yes"})) == {"done": True}
    browser.post(floor.url(chat, "mark/"), {"complete": "no"})
    row = ProfileMark.objects.get()
    assert (row.correct, row.complete, row.relevant) == (True, False, None)
    browser.post(floor.url(chat, "mark/"), {"correct": ""})
    row.refresh_from_db()
    assert row.correct is None
    assert "refused" in _told(browser.post(floor.url(chat, "mark/"), {"person": "yes"}))


def test_presence_is_chosen_and_capacity_arranged(floor: Desk) -> None:
    owner, root = _owner(floor), f"/s/{floor.desk.shop.slug}/live/"
    browser = floor.browser(owner)
    assert _told(browser.post(f"{root}seat/beat/")) == {"sits": False}
    assert _told(browser.post(f"{root}seat/", {"state": "available"})) == {"state": "available"}
    assert _told(browser.post(f"{root}seat/beat/", {"used": "1"})) == {"sits": True}
    assert "refused" in _told(browser.post(f"{root}seat/", {"state": "wrap_up"}))
    assert "refused" in _told(browser.post(f"{root}seat/abilities/", {"capacity": "900"}))
    assert _told(browser.post(f"{root}seat/abilities/", {"capacity": "5", "languages": "de, en"})) == {"capacity": 5}
    assert _told(browser.post(f"{root}seat/", {"state": "offline"})) == {"state": "offline"}


def test_another_shops_chat_does_not_exist(floor: Desk) -> None:
    chat = floor.wait()
    stranger = make_owner(make_shop("strange"), "who@strange.example")
    browser = floor.browser(stranger)
    for path in ("entries/", "beside/", "suggestions/"):
        assert browser.get(f"/s/strange/live/{chat.public_id}/{path}").status_code == 404
