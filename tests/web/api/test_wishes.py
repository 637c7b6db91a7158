"""Wishes over the API: taken up once, moved through the stages, errors with their field, whatever is sent."""

import json
from uuid import uuid4

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kizuna.customers import profiles
from kizuna.shops import sources
from kizuna.web.api import access, openapi, openapi_wishes, wishes
from kizuna.web.api.access import Allowance
from tests.conftest import ONE_FIXTURE_FOR_ALL, examples
from tests.flows.wishes.making import Scene
from tests.shops.making import make_person

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/wishes"


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "allowance", Allowance(10**9))


def _client(scene: Scene, role: str = "operator", maker: bool = True) -> Client:
    person = make_person(scene.shop, "owner") if maker else None
    _, key = sources.create_token(scene.shop, f"token {uuid4()}", role, person)
    return Client(headers={"Authorization": f"Bearer {key}"})


def _post(client: Client, path: str, body: object):
    return client.post(path, json.dumps(body), content_type="application/json")


def _customer(scene: Scene) -> str:
    return str(profiles.cards(scene.shop.pk, [scene.customer_id])[scene.customer_id].public_id)


def test_a_wish_is_taken_up_once_and_moved_to_its_end() -> None:
    scene = Scene()
    client = _client(scene)
    body = {"customer": _customer(scene), "text": "The lamp in green", "token": "order-7"}
    made = _post(client, ROOT, body)
    assert made.status_code == 201
    assert set(made.json()["wish"]) == set(openapi_wishes.WISH["properties"])
    assert _post(client, ROOT, body).json()["wish"]["id"] == made.json()["wish"]["id"]
    path = f"{ROOT}/{made.json()['wish']['id']}"
    assert _post(client, f"{path}/stage", {"to": "accepted"}).status_code == 409
    for step in (
        {"to": "understood", "learned": "green", "confirmed": True},
        {"to": "accepted"},
        {"to": "in_work"},
        {"to": "fulfilled", "outcome": "sent"},
        {"to": "confirmed"},
    ):
        answer = _post(client, f"{path}/stage", step)
        assert (answer.status_code, answer.json()["wish"]["stage"]) == (200, step["to"])
    assert client.get(path).json()["wish"]["outcome"] == "sent"
    listed = client.get(f"{ROOT}?stage=confirmed&customer={_customer(scene)}&limit=1").json()
    assert ([each["id"] for each in listed["wishes"]], listed["next"]) == ([made.json()["wish"]["id"]], None)


def test_a_full_week_is_told_with_the_next_day_and_the_nearest() -> None:
    scene = Scene()
    entry = scene.entry(per_week=0)
    other = scene.entry("Stock colours")
    wish = scene.understood(capability_id=entry.pk)
    error = _post(_client(scene), f"{ROOT}/{wish.public_id}/stage", {"to": "accepted"}).json()["error"]
    assert (error["code"], error["next_day"]) == ("beyond_capacity", None)
    assert [each["id"] for each in error["nearest"]] == [str(other.public_id)]


def test_roles_shops_and_tokens_without_a_person_are_kept_apart() -> None:
    scene, elsewhere = Scene(), Scene()
    wish = scene.wish()
    assert _post(_client(scene, "reader"), ROOT, {}).status_code == 403
    assert _post(_client(scene, maker=False), ROOT, {"customer": _customer(scene), "text": "x"}).status_code == 403
    assert _client(elsewhere).get(f"{ROOT}/{wish.public_id}").status_code == 404
    assert _post(_client(elsewhere), f"{ROOT}/{wish.public_id}/stage", {"to": "declined"}).status_code == 404
    assert _post(_client(elsewhere), ROOT, {"customer": _customer(scene), "text": "x"}).json()["error"]["field"] == (
        "customer"
    )
    assert _client(scene).put(ROOT).status_code == 405


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": 5}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"kind": str(uuid4())}, "kind"),
        ({"kind": "x"}, "kind"),
        ({"department": str(uuid4())}, "department"),
        ({"capability": str(uuid4())}, "capability"),
        ({"priority": 9}, "priority"),
        ({"priority": True}, "priority"),
        ({"own_priority": 10**30}, "own_priority"),
        ({"customer": None}, "customer"),
        ({"colour": "green"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_body_is_named(body: dict[str, object], field: str) -> None:
    scene = Scene()
    answer = _post(_client(scene), ROOT, {"customer": _customer(scene), "text": "A lamp", **body})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'"x"', b"\xff\xfe", b"[" * 100_000, b"x" * 70_000])
def test_bodies_that_are_none_are_refused(raw: bytes) -> None:
    answer = _client(Scene()).post(ROOT, raw, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "body")


@pytest.mark.parametrize("query", ["stage=x", "limit=0", "limit=x", "cursor=x", "kind=x", "customer=x", "colour=x"])
def test_a_parameter_that_cannot_be_read_is_named(query: str) -> None:
    answer = _client(Scene()).get(f"{ROOT}?{query}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, query.partition("=")[0])


def test_the_description_of_wishes_is_valid_and_complete() -> None:
    assert {each["name"] for each in openapi_wishes.LIST["parameters"]} == wishes.PARAMETERS
    for operation, known in ((openapi_wishes.OPEN, wishes.NEW), (openapi_wishes.MOVE, wishes.MOVE)):
        assert set(operation["requestBody"]["content"]["application/json"]["schema"]["properties"]) == known


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NEW = st.dictionaries(st.sampled_from(sorted(wishes.NEW)), ANYTHING, max_size=4)
MOVE = st.builds(
    lambda body, to: {**body, "to": to},
    st.dictionaries(st.sampled_from(sorted(wishes.MOVE)), ANYTHING, max_size=4),
    st.sampled_from([str(each) for each in wishes.MOVES]) | ANYTHING,
)


@given(case=st.tuples(st.just(ROOT), NEW) | st.tuples(st.just(f"{ROOT}/{{public_id}}/stage"), MOVE))
@hypothesis_settings(max_examples=examples(40), suppress_health_check=ONE_FIXTURE_FOR_ALL)
def test_whatever_is_sent_is_answered_as_the_description_says(case: tuple[str, dict[str, object]]) -> None:
    path, body = case
    scene = Scene()
    wish = scene.wish()
    if "customer" not in body and path == ROOT:
        body = {**body, "customer": _customer(scene)}
    answer = _post(_client(scene), path.replace("{public_id}", str(wish.public_id)), body)
    described = openapi.DOCUMENT["paths"][path]["post"]["responses"]
    assert str(answer.status_code) in described, answer.content
    if answer.status_code >= 400:
        assert answer.json()["error"]["message"]
        assert answer.json()["error"]["field"]
