"""The chat door among strangers: floods, tabs, sizes, sites, other shops, markup, files, users nobody vouched for."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest

from kizuna.conversations.live import panel
from kizuna.conversations.models import Attachment, Conversation, Message, OnlineVisitor
from kizuna.customers.models import Identity, IdentityKind
from kizuna.flows.live import panels, saying
from kizuna.web.live import rates, tokens, wire
from kizuna.web.live.chat_door import LARGEST_FILE, MOST_STREAMS
from tests.shops.making import NOW, make_shop
from tests.web.live.conftest import Panelled
from tests.web.live.driving import begin, call, post, stream


def test_one_visitor_cannot_flood_and_others_go_on(panelled: Panelled) -> None:
    async def flooding() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key)
        told = {"token": token, "conversation": chat, "text": "x"}
        answers = [await call(door, "say", client_id=str(each), **told) for each in range(40)]
        refused = [each for each in answers if each.status == 429]
        assert 5 < len(refused) < 40
        assert int(refused[0].headers["retry-after"]) >= 1
        other, theirs = await begin(door, panelled.key)
        answer = await call(door, "say", token=other, conversation=theirs, client_id="a", text="x")
        assert answer.status == 200

    panelled.run(flooding)


def test_a_thousand_tabs_of_one_visitor_hold_few_streams_and_one_row(panelled: Panelled) -> None:
    async def opening() -> None:
        door = panelled.door()
        hello = await call(door, "hello", key=panelled.key, page={"url": "https://tea.example/"})
        token = hello.content["token"]
        opened = [stream(door, token=token) for _ in range(MOST_STREAMS)]
        for each in opened:
            assert (await each.__aenter__()).status == 200
        refused = [await call(door, "stream", token=token) for _ in range(1_000 - MOST_STREAMS)]
        assert {each.status for each in refused} == {429}
        for each in opened:
            await each.__aexit__(None, None, None)
        async with stream(door, token=token) as again:
            assert again.status == 200

    panelled.run(opening)
    assert OnlineVisitor.objects.count() == 1


def test_many_panels_from_one_address_are_asked_to_wait(panelled: Panelled) -> None:
    async def arriving() -> None:
        door = panelled.door(arrivals_per_s=0.1)
        answers = [await call(door, "hello", key=panelled.key) for _ in range(4)]
        assert [each.status for each in answers] == [200, 200, 429, 429]
        assert int(answers[-1].headers["retry-after"]) >= 1

    panelled.run(arriving)


@pytest.mark.parametrize("text", ["x" * (wire.LONGEST_TEXT + 1), "x" * 1_000_000], ids=["long", "1 MB"])
def test_too_long_words_are_refused_clearly_and_change_nothing(panelled: Panelled, text: str) -> None:
    async def shouting() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key)
        answer = await call(door, "say", token=token, conversation=chat, client_id="a", text=text)
        assert (answer.status, answer.content["field"]) in {(400, "text"), (413, "body")}
        assert (await call(door, "say", token=token, conversation=chat, client_id="a", text="short")).status == 200

    panelled.run(shouting)
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"token": 1}', b"\xff\xfe", b"[" * 60_000, b'{"token":"a","token":"b"}']
)
def test_nonsense_is_refused_as_such(panelled: Panelled, body: bytes) -> None:
    async def babbling() -> None:
        door = panelled.door()
        for name in ("hello", "open", "say", "stream", "upload", "read", "defer", "rate", "search"):
            answer = await post(door, f"/chat/v1/{name}", body)
            assert answer.status in {400, 401}, (name, answer)
            assert answer.content["error"]
            assert answer.headers["access-control-allow-origin"] == "*"
        assert (await post(door, "/chat/v1/nothing", b"{}")).status == 404

    panelled.run(babbling)


def test_markup_and_half_characters_stay_text(panelled: Panelled) -> None:
    markup = "<script>alert(1)</script><svg onload=x>"

    async def writing() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key, text=markup)
        half = json.dumps({"token": token, "conversation": chat, "client_id": "h", "text": "a\ud83d b\x00c"}).encode()
        assert (await post(door, "/chat/v1/say", half)).status == 200
        hello = await call(door, "hello", key=panelled.key, token=token)
        texts = [each["text"] for each in hello.content["conversation"]["messages"]]
        assert texts == [markup, "a\ufffd b\ufffdc"]

    panelled.run(writing)
    assert set(Message.objects.values_list("html", flat=True)) == {""}


def test_only_sites_that_were_named_show_the_panel(panelled: Panelled) -> None:
    panel.change(panelled.shop.pk, panel.PanelView(origins=("https://tea.example",)))

    async def visiting() -> None:
        door = panelled.door()
        for origin, status in (("https://tea.example", 200), ("https://evil.example", 403), ("null", 403), ("", 403)):
            headers = {"Origin": origin} if origin else {}
            assert (await call(door, "hello", headers, key=panelled.key)).status == status, origin

    panelled.run(visiting)


def test_a_panel_switched_off_and_keys_unknown_answer_nothing(panelled: Panelled) -> None:
    async def asking() -> None:
        door = panelled.door()
        assert (await call(door, "hello", key="kz_w_unknown")).status == 401

    panelled.run(asking)
    panel.change(panelled.shop.pk, panel.PanelView(is_on=False))

    async def off() -> None:
        assert (await call(panelled.door(), "hello", key=panelled.key)).status == 403

    panelled.run(off)


def test_a_token_of_one_shop_opens_nothing_in_another(panelled: Panelled) -> None:
    other = make_shop()

    async def crossing() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key)
        read = tokens.read(token, int(time.time()))
        theirs = tokens.write(tokens.Token(other.pk, read.key, read.grip, read.issued_s))
        answer = await call(door, "say", token=theirs, conversation=chat, client_id="a", text="x")
        assert answer.status == 404
        body, _, signature = token.partition(".")
        forged = tokens.write(tokens.Token(other.pk, read.key, read.grip, read.issued_s)).partition(".")[0]
        assert forged != body
        assert (await call(door, "open", token=f"{forged}.{signature}", client_id="a")).status == 401

    panelled.run(crossing)


def test_words_for_a_closed_chat_are_refused_and_begin_another(panelled: Panelled) -> None:
    async def closing() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key)
        assert (await call(door, "close", token=token, conversation=chat)).status == 200
        late = await call(door, "say", token=token, conversation=chat, client_id="late", text="one more")
        assert late.status == 409
        known = await call(door, "say", token=token, conversation=chat, client_id="first", text="Is it tea?")
        assert (known.status, known.content["number"]) == (200, 1), "what was stored is acknowledged for ever"
        again = await call(door, "open", token=token, client_id="late", text="one more")
        assert again.content["conversation"] != chat

    panelled.run(closing)
    assert Conversation.objects.filter(state="open").count() == 1


def test_files_wait_for_their_own_chat_and_go_once(panelled: Panelled) -> None:
    async def attaching() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key)
        head = {"token": token, "conversation": chat, "name": "../../a.svg", "type": "image/svg+xml"}
        kept = await post(door, "/chat/v1/upload", json.dumps(head).encode() + b"\n<svg onload=alert(1)>")
        assert (kept.status, kept.content["name"]) == (200, "a.svg")
        file = kept.content["token"]
        other, theirs = await begin(door, panelled.key)
        stolen = await call(door, "say", token=other, conversation=theirs, client_id="s", attachments=[file])
        assert stolen.status == 400
        sent = await call(door, "say", token=token, conversation=chat, client_id="f", attachments=[file])
        assert sent.status == 200
        twice = await call(door, "say", token=token, conversation=chat, client_id="g", attachments=[file])
        assert twice.status == 400
        async with stream(door, token=token, conversation=chat, after=1) as opened:
            _, entry, _ = await opened.next("message")
            assert [each["name"] for each in entry["attachments"]] == ["a.svg"]
        large = json.dumps(head).encode() + b"\n" + b"x" * LARGEST_FILE
        assert (await post(door, "/chat/v1/upload", large)).status == 413

    panelled.run(attaching)
    assert Attachment.objects.count() == 1


def _signed(secret: str, how: str) -> dict[str, str]:
    if how == "hmac":
        fits = hmac.new(secret.encode(), b"user-1", hashlib.sha256).hexdigest()
        return {"identifier": "user-1", "identifier_hash": fits, "email": "ann@example.com"}
    return {"jwt": jwt.encode({"sub": "user-1", "exp": int(time.time()) + 60}, secret, algorithm="HS256")}


@pytest.mark.parametrize("how", ["hmac", "jwt"])
def test_a_user_the_shop_vouched_for_sees_their_chats_on_another_browser(panelled: Panelled, how: str) -> None:
    secret = panels.renew_secret(panelled.shop, None, NOW)

    async def signing_in() -> None:
        door = panelled.door()
        hello = await call(door, "hello", key=panelled.key, visitor="laptop", user=_signed(secret, how))
        assert hello.content["known"] is True
        token = hello.content["token"]
        opened = await call(door, "open", token=token, client_id="a", text="from my laptop")
        await call(door, "close", token=token, conversation=opened.content["conversation"])
        phone = await call(door, "hello", key=panelled.key, visitor="phone", user=_signed(secret, how))
        assert [each["preview"] for each in phone.content["history"]] == ["from my laptop"]
        past = await call(door, "history", token=phone.content["token"], conversation=opened.content["conversation"])
        assert past.content["messages"][0]["text"] == "from my laptop"
        stranger = await call(door, "hello", key=panelled.key, visitor="laptop")
        assert (stranger.content["history"], stranger.content["known"]) == ([], False)

    panelled.run(signing_in)
    keys = Identity.objects.filter(shop=panelled.shop, kind=IdentityKind.VISITOR)
    user = Identity.objects.get(shop=panelled.shop, kind=IdentityKind.USER_ID, value="user-1")
    assert {each.customer_id for each in keys} == {user.customer_id}
    assert not Identity.objects.filter(kind=IdentityKind.EMAIL).exists(), "an address is hearsay"


def _unsigned(secret: str) -> list[dict[str, Any]]:
    other = jwt.encode({"sub": "user-1"}, "another secret of the same length....", algorithm="HS256")
    ended = jwt.encode({"sub": "user-1", "exp": int(time.time()) - 3_600}, secret, algorithm="HS256")
    none = jwt.encode({"sub": "user-1"}, "", algorithm="none")
    nobody = jwt.encode({"name": "x"}, secret, algorithm="HS256")
    return [
        {"identifier": "user-1", "identifier_hash": "0" * 64},
        {"identifier": "", "identifier_hash": hmac.new(secret.encode(), b"", hashlib.sha256).hexdigest()},
        *({"jwt": each} for each in (other, ended, none, nobody, "a.b.c", "x" * 4_000)),
    ]


def test_nobody_is_believed_without_a_signature_that_fits(panelled: Panelled) -> None:
    secret = panels.renew_secret(panelled.shop, None, NOW)

    async def claiming() -> None:
        door = panelled.door()
        for user in _unsigned(secret):
            hello = await call(door, "hello", key=panelled.key, visitor="ann", user=user)
            assert (hello.status, hello.content["known"]) == (200, False), user
            assert hello.content["refused"]["field"] == "user"

    panelled.run(claiming)
    assert not Identity.objects.filter(kind=IdentityKind.USER_ID).exists()


def test_a_batch_that_fails_is_stored_one_by_one(panelled: Panelled, monkeypatch: pytest.MonkeyPatch) -> None:
    store = saying.store

    def failing(batch: Any, now_us: int, origin: str = "") -> Any:
        if any(said.text == "poison" for said in batch):
            raise RuntimeError("this cannot be stored")
        return store(batch, now_us, origin)

    monkeypatch.setattr(saying, "store", failing)

    async def talking() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key)
        texts = ["a", "poison", "b", "c"]
        told = {"token": token, "conversation": chat}
        answers = await asyncio.gather(*(call(door, "say", client_id=each, text=each, **told) for each in texts))
        assert [each.status for each in answers] == [200, 503, 200, 200]

    panelled.run(talking)
    assert Message.objects.count() == 4


def test_one_address_with_many_tokens_begins_few_chats(panelled: Panelled) -> None:
    async def flooding() -> None:
        door = panelled.door(arrivals_per_s=2)
        hellos = [(await call(door, "hello", key=panelled.key)).content["token"] for _ in range(5)]
        opened = [await call(door, "open", token=each, client_id="a", text="x") for each in hellos]
        assert [each.status for each in opened] == [200, 200, 200, 429, 429]
        left = await call(door, "defer", token=hellos[-1], client_id="b", email="ann@example.org", text="x")
        assert left.status == 429
        token, chat = hellos[0], opened[0].content["conversation"]
        said = await call(door, "say", token=token, conversation=chat, client_id="c", text="x")
        assert said.status == 200, "who began in time goes on"

    panelled.run(flooding)


def test_names_beyond_the_bound_cost_no_more_and_the_fullest_bucket_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates, "MOST_KEPT", 100)
    buckets = rates.Buckets(0.001, 2.0, lambda: 0.0)
    assert buckets.take("flood", 2.0) == 0
    for each in range(99):
        assert buckets.take(each) == 0
        assert buckets.take("flood") > 0, "who goes on asking stays known"
    assert buckets.take("one more") == 0
    assert len(buckets._left) == 100
    assert buckets.take("flood") > 0
    assert buckets.take(0, 2.0) == 0, "forgotten, so it is full again"
