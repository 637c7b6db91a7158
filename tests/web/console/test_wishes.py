"""The pages of wishes: the whole way of a wish through its forms, mistakes that keep what was typed, filters."""

import pytest
from django.test import Client

from kizuna.conversations import teams, wishes
from kizuna.conversations.models import ServiceRequest, Team, WishStep
from kizuna.conversations.wishes import Stage
from kizuna.customers import profiles
from tests.flows.wishes.making import Scene
from tests.shops.making import log_in, make_person

pytestmark = pytest.mark.django_db


def _do(client: Client, wish: ServiceRequest, deed: str, **form: str):
    return client.post(f"/s/{wish.shop.slug}/wishes/{wish.public_id}/do/{deed}/", form)


def _stage(wish: ServiceRequest) -> str:
    return wishes.get(wish.shop_id, wish.public_id).stage


def test_a_wish_goes_its_whole_way_through_the_forms() -> None:
    scene = Scene()
    client = log_in(scene.operator)
    message = scene.says("Could I have the lamp in moss green?")
    root = f"/s/{scene.shop.slug}/wishes/"
    taken = client.post(f"{root}from-message/", {"message": str(message.public_id)})
    wish = ServiceRequest.objects.get()
    assert taken["Location"] == f"{root}{wish.public_id}/"
    assert client.post(f"{root}from-message/", {"message": str(message.public_id)})["Location"] == taken["Location"]
    assert "What we understood" in client.get(taken["Location"]).content.decode()
    for deed, form, stage in (
        ("understand", {"learned": "the lamp, moss green", "confirmed": "1"}, Stage.UNDERSTOOD),
        ("accept", {"units": "1"}, Stage.ACCEPTED),
        ("step", {"title": "Lacquer it"}, Stage.ACCEPTED),
        ("start", {}, Stage.IN_WORK),
        ("comment", {"text": "The lacquer is here"}, Stage.IN_WORK),
        ("fulfil", {"outcome": "Lacquered and sent"}, Stage.FULFILLED),
        ("confirm", {}, Stage.CONFIRMED),
    ):
        assert _do(client, wish, deed, **form).status_code == 302, deed
        assert _stage(wish) == stage
    page = client.get(taken["Location"]).content.decode()
    for words in ("the lamp, moss green", "Lacquer it", "The lacquer is here", "Lacquered and sent", "promise kept"):
        assert words in page, words


def test_a_full_week_is_told_with_the_next_day_and_what_was_typed_stays() -> None:
    scene = Scene()
    entry = scene.entry(per_week=0, refusal="Our lacquerer is on her honeymoon.")
    scene.entry("Lacquer in stock colours")
    wish = scene.understood(capability_id=entry.pk)
    client = log_in(scene.operator)
    answer = _do(client, wish, "accept", capability=str(entry.public_id), units="3")
    page = answer.content.decode()
    assert answer.status_code == 422
    for words in ("taken for that week", "no day in sight", "honeymoon", "Lacquer in stock colours", 'value="3"'):
        assert words in page, words
    assert _stage(wish) == Stage.UNDERSTOOD
    for form, words in (({"day": "soon", "units": "1"}, "give a day such as"), ({"units": "x"}, "whole number")):
        answer = _do(client, wish, "accept", **form)
        assert (answer.status_code, words.lower() in answer.content.decode().lower()) == (422, True)
    assert _do(client, wish, "decline").status_code == 422
    assert _do(client, wish, "decline", reason="We cannot", nearest="In grey").status_code == 302
    assert _do(client, wish, "dance").status_code == 404
    assert _do(client, wish, "step-done", step="nonsense").status_code == 404


def test_approval_is_asked_by_whoever_works_and_given_by_whoever_has_the_say() -> None:
    scene = Scene()
    wish = scene.understood()
    client = log_in(scene.operator)
    assert _do(client, wish, "ask", question="It costs 400, go on?").status_code == 302
    assert _do(client, wish, "accept", units="1").status_code == 422
    decide = f"/s/{scene.shop.slug}/wishes/{wish.public_id}/decide/approve/"
    assert client.post(decide).status_code == 403
    assert log_in(make_person(scene.shop, "marketer")).post(decide, {"answer": "She is worth it"}).status_code == 302
    assert _do(client, wish, "accept", units="1").status_code == 302
    assert _stage(wish) == Stage.ACCEPTED


def test_a_specialist_sees_first_what_their_department_has_to_do() -> None:
    scene = Scene()
    workshop = Team.objects.create(shop=scene.shop, name="Workshop", is_department=True)
    specialist = make_person(scene.shop, "specialist")
    teams.seat(workshop.pk, [specialist.pk])
    theirs, other = scene.wish("Theirs by a step"), scene.wish("Somebody else's")
    _do(log_in(scene.operator), theirs, "step", title="Drill a hole", department=str(workshop.public_id))
    client = log_in(specialist)
    board = client.get(f"/s/{scene.shop.slug}/wishes/").content.decode()
    assert (theirs.title in board, other.title in board) == (True, False)
    step = WishStep.objects.get()
    assert _do(client, theirs, "step-start", step=str(step.public_id)).status_code == 302
    assert _do(client, theirs, "step-done", step=str(step.public_id), result="8 mm").status_code == 302
    step.refresh_from_db()
    assert (step.assignee_id, step.result) == (specialist.pk, "8 mm")


@pytest.mark.parametrize(
    "query",
    [
        "department=nonsense&kind=%00&who=x&priority=99&show=x&stage=x,y&q=%00'\"",
        "q=lamp+green&stage=forwarded,understood&after=5-5",
        "after=nonsense",
        "after=9999999999999999999999-1",
        "who=me&show=late",
    ],
)
@pytest.mark.parametrize("page", ["", "list/"])
def test_nothing_in_the_address_breaks_board_or_list(query: str, page: str) -> None:
    scene = Scene()
    scene.wish()
    client = log_in(scene.operator)
    assert client.get(f"/s/{scene.shop.slug}/wishes/{page}?{query}").status_code == 200


def test_the_list_goes_on_page_by_page_and_the_work_flow_is_measured(django_assert_max_num_queries) -> None:
    scene = Scene()
    for number in range(60):
        scene.wish(f"Wish {number:02}")
        scene.later(minutes=1)
    client = log_in(scene.operator)
    address = f"/s/{scene.shop.slug}/wishes/list/"
    with django_assert_max_num_queries(22):
        first = client.get(address).content.decode()
    assert ("Wish 59" in first, "Wish 05" in first, "60" in first) == (True, False, True)
    cursor = first.split("after=")[1].split('"')[0]
    second = client.get(f"{address}?after={cursor}", headers={"HX-Request": "true"}).content.decode()
    assert ("Wish 05" in second, "Wish 59" in second) == (True, False)
    assert "Promises kept" in client.get(f"/s/{scene.shop.slug}/wishes/flow/?days=365").content.decode()


def test_a_wish_is_noted_by_hand_once() -> None:
    scene = Scene()
    client = log_in(scene.operator)
    customer = profiles.cards(scene.shop.pk, [scene.customer_id])[scene.customer_id].public_id
    address = f"/s/{scene.shop.slug}/customers/{customer}/wish/"
    assert client.get(address).status_code == 200
    form = {"text": "A lamp\nin green", "priority": "3", "token": "one"}
    assert client.post(address, form).status_code == client.post(address, form).status_code == 302
    [wish] = ServiceRequest.objects.all()
    assert (wish.title, wish.priority, wish.source) == ("A lamp", 3, "form")
    assert client.post(address, {"text": "", "priority": "3"}).status_code == 422
