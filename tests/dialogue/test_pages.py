"""The inbox and a conversation as pages: views, order, rights, and acting on them."""

import re
from uuid import uuid4

import pytest

from kizuna.conversations.models import Conversation, Message, Outgoing
from kizuna.flows.live import routing
from tests.dialogue.making import hear, make_desk, write_in
from tests.flows.live.queueing import Floor
from tests.shops.making import log_in, make_person

pytestmark = pytest.mark.django_db


def test_views_show_what_they_say() -> None:
    desk = make_desk()
    conversation = write_in(desk, ago_min=90)
    client, url = log_in(desk.kim), f"/s/{desk.shop.slug}/inbox/"
    page = client.get(url).content.decode()
    assert "Ann Archer" in page or "ann@example.com" in page
    assert "My order" in page
    act = f"{url}{conversation.public_id}/"
    client.post(f"{act}take/")
    assert "My order" not in client.get(f"{url}?view=unassigned").content.decode()
    assert "My order" in client.get(url).content.decode(), "where nothing is unassigned, an inbox opens on one's own"
    assert "My order" in client.get(f"{url}?view=mine").content.decode()
    client.post(f"{act}close/")
    for view, shown in (("mine", False), ("closed", True), ("waiting", False), ("spam", False), ("snoozed", False)):
        assert ("My order" in client.get(f"{url}?view={view}").content.decode()) is shown, view
    for order in ("newest", "oldest", "waiting", "retain"):
        assert client.get(f"{url}?view=closed&order={order}").status_code == 200
    assert "My order" in client.get(f"{url}?q=where+tea").content.decode()
    assert "Nothing found" in client.get(f"{url}?q=coffee").content.decode()


def test_a_long_list_goes_on() -> None:
    desk = make_desk()
    for number in range(45):
        write_in(desk, subject=f"Letter {number:02}", ago_min=number)
    client, url = log_in(desk.kim), f"/s/{desk.shop.slug}/inbox/"
    for order in ("newest", "oldest", "waiting", "retain"):
        first = client.get(f"{url}?view=all&order={order}").content.decode()
        following = first.partition('hx-get="/s/')[2] and first.split('class="more-line" hx-get="')[1].split('"')[0]
        rest = client.get(following.replace("&amp;", "&"), headers={"HX-Request": "true"}).content.decode()
        shown = {f"Letter {number:02}" for number in range(45) if f"Letter {number:02}" in first}
        later = {f"Letter {number:02}" for number in range(45) if f"Letter {number:02}" in rest}
        assert (len(shown), len(later), shown & later) == (40, 5, set()), order


def test_answering_and_noting_on_the_page() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    client, url = log_in(desk.kim), f"/s/{desk.shop.slug}/inbox/{conversation.public_id}/"
    assert "Where is my tea?" in client.get(url).content.decode()
    client.post(f"{url}reply/", {"text": "On its <b>way</b>", "client_id": "a"})
    client.post(f"{url}note/", {"text": "@lee look", "client_id": "b"})
    page = client.get(f"{url}thread/").content.decode()
    assert "On its &lt;b&gt;way&lt;/b&gt;" in page
    assert "@lee look" in page
    refused = client.post(f"{url}reply/", {"text": ""}, headers={"HX-Request": "true"})
    assert "write something" in refused["HX-Trigger"]
    assert Message.objects.filter(conversation=conversation, kind="message").count() == 2


def test_rights_and_walls() -> None:
    desk, other = make_desk(), make_desk()
    conversation = write_in(desk)
    url = f"/s/{desk.shop.slug}/inbox/{conversation.public_id}/"
    assert log_in(other.kim).get(url).status_code == 404
    wrong = f"/s/{other.shop.slug}/inbox/{conversation.public_id}/"
    assert log_in(other.kim).get(wrong).status_code == 404
    assert log_in(other.kim).post(f"{wrong}close/").status_code == 404
    assert log_in(desk.kim).get(f"/s/{desk.shop.slug}/inbox/{uuid4()}/").status_code == 404
    specialist = log_in(make_person(desk.shop, "specialist"))
    assert specialist.get(url).status_code == 200
    assert specialist.post(f"{url}reply/", {"text": "x"}).status_code == 403
    assert specialist.post(f"{url}note/", {"text": "x"}).status_code == 302
    assert log_in(make_person(desk.shop, "reader")).get(url).status_code == 403
    assert Conversation.objects.get(pk=conversation.pk).state == "open"


def test_hostile_words_stay_words() -> None:
    desk = make_desk()
    evil = "<script>alert(1)</script> javascript:alert(2) https://ok.example/'onmouseover='alert(3)"
    conversation = write_in(desk, evil, evil)
    hear(conversation, evil)
    client = log_in(desk.kim)
    for path in ("", f"{conversation.public_id}/"):
        page = client.get(f"/s/{desk.shop.slug}/inbox/{path}?view=all").content.decode()
        assert "<script>alert" not in page
        assert 'href="javascript' not in page
        assert "'onmouseover='" not in page.replace("&#x27;onmouseover=&#x27;", "")


def test_a_long_thread_is_read_in_pages() -> None:
    desk = make_desk()
    conversation = write_in(desk, "Word 1.")
    shop, made = desk.shop, Message.objects.get(conversation=conversation)
    rows = [
        Message(
            shop=shop, public_id=uuid4(), conversation=conversation, number=number, kind=made.kind, at_us=made.at_us,
            direction=made.direction, channel=made.channel, author=made.author, text=f"Word {number}.",
            stored_us=made.stored_us, client_id=f"x{number}",
        )
        for number in range(2, 231)
    ]  # fmt: skip
    Message.objects.bulk_create(rows)
    client, url = log_in(desk.kim), f"/s/{shop.slug}/inbox/{conversation.public_id}/"

    def shown(path: str) -> list[int]:
        return [int(each) for each in re.findall(r"Word (\d+)\.", client.get(f"{url}{path}").content.decode())]

    assert shown("thread/") == [*range(131, 231)]
    assert "?before=131" in client.get(url).content.decode()
    assert shown("thread/?before=131") == [*range(31, 131)]
    assert shown("thread/?before=31") == [*range(1, 31)]
    assert "?before=" not in client.get(f"{url}thread/?before=31").content.decode()
    assert shown("thread/?before=%D9%A3") == [*range(131, 231)], "no number, no page"


def test_many_in_copy_read_an_answer_only_when_that_is_said() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    named = [f"p{number}@example.org" for number in range(6)]
    Message.objects.filter(conversation=conversation).update(recipients={"to": [desk.team.address], "cc": named})
    client, url = log_in(desk.kim), f"/s/{desk.shop.slug}/inbox/{conversation.public_id}/"
    assert "6 people in copy" in client.get(url).content.decode()
    told = {"text": "Yes", "to": "ann@example.com", "cc": ", ".join(named).upper()}
    refused = client.post(f"{url}reply/", told, headers={"HX-Request": "true"})
    assert "6 people in copy would read this" in refused["HX-Trigger"]
    assert not Outgoing.objects.exists()
    client.post(f"{url}reply/", told | {"cc": ", ".join(named[:5]), "client_id": "few"})
    client.post(f"{url}reply/", told | {"copies": "yes", "client_id": "all"})
    assert [len(each.recipients) for each in Outgoing.objects.order_by("id")] == [6, 7]


def test_a_live_chat_is_left_to_who_serves_it_and_the_page_says_so() -> None:
    floor = Floor()
    desk = floor.desk
    floor.sit(desk.kim)
    chat = floor.wait()
    routing.claim(desk.shop, chat.pk, desk.kim, floor.now)
    client, url = log_in(desk.lee), f"/s/{desk.shop.slug}/inbox/{chat.public_id}/"
    for page in (client.get(url).content.decode(), client.get(f"{url}thread/").content.decode()):
        assert "Kim Kay</strong> serves this chat live" in page
        assert f"{url}take-over/" not in page
        assert f"{url}close/" not in page
    answer = {"text": "I answer too", "client_id": "a"}
    for path in ("reply/", "close/", "spam/"):
        refused = client.post(url + path, answer, headers={"HX-Request": "true"})
        assert "served by Kim Kay" in refused["HX-Trigger"], path
    assert client.post(f"{url}take-over/").status_code == 403
    assert not Message.objects.filter(text="I answer too").exists()
    assert floor.whose(chat) == desk.kim.pk
    mine = log_in(desk.kim).get(url).content.decode()
    assert "serves this chat live" not in mine
    assert f"{url}close/" in mine
    marketer = make_person(desk.shop, "marketer", f"mia@{desk.shop.slug}.example")
    supervisor = log_in(marketer)
    assert f"{url}take-over/" in supervisor.get(url).content.decode()
    assert "served by Kim Kay" in supervisor.post(f"{url}reply/", answer, headers={"HX-Request": "true"})["HX-Trigger"]
    supervisor.post(f"{url}take-over/")
    assert floor.whose(chat) == marketer.pk
    supervisor.post(f"{url}reply/", answer)
    assert Message.objects.get(text="I answer too").person_id == marketer.pk
