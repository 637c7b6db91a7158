"""Whom the shop vouched for: their chats follow them and nobody reads another's; offers need no chat before."""

import hashlib
import hmac
import time
from dataclasses import replace

import jwt

from kizuna.conversations.live.rules import RuleDraft
from kizuna.customers.models import Identity, IdentityKind
from kizuna.flows.live import panels
from kizuna.relationships.models import Standing
from kizuna.web.live import tokens
from tests.shops.making import NOW
from tests.web.live.conftest import Panelled
from tests.web.live.driving import begin, call


def _sign(secret: str, user: str) -> dict[str, str]:
    return {
        "identifier": user,
        "identifier_hash": hmac.new(secret.encode(), user.encode(), hashlib.sha256).hexdigest(),
    }


def test_who_signs_in_with_a_strangers_visitor_key_reads_none_of_their_chats(panelled: Panelled) -> None:
    secret = panels.renew_secret(panelled.shop, None, NOW)

    async def stealing() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key, visitor="vera")
        await call(door, "close", token=token, conversation=chat)
        thief = (await call(door, "hello", key=panelled.key, visitor="vera", user=_sign(secret, "thief"))).content
        assert thief["known"] is True
        assert thief["history"] == []
        assert (await call(door, "history", token=thief["token"], conversation=chat)).status == 404

    panelled.run(stealing)


def test_a_chat_before_signing_in_follows_its_own_browsers_user(panelled: Panelled) -> None:
    secret = panels.renew_secret(panelled.shop, None, NOW)

    async def signing_in() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key, visitor="laptop", text="Before I signed in")
        await call(door, "close", token=token, conversation=chat)
        await call(door, "hello", key=panelled.key, token=token, user=_sign(secret, "ann"))
        phone = (await call(door, "hello", key=panelled.key, visitor="phone", user=_sign(secret, "ann"))).content
        assert [each["preview"] for each in phone["history"]] == ["Before I signed in"]

    panelled.run(signing_in)


def test_a_valuable_customer_is_known_before_their_first_chat(panelled: Panelled) -> None:
    secret = panels.renew_secret(panelled.shop, None, NOW)
    rule = RuleDraft("Best", {"valuable": True, "seconds_on_page": 5}, {"en": "Hello"})
    panels.save_rule(panelled.shop, None, rule, None, NOW)

    async def arriving() -> None:
        door = panelled.door()
        first = await call(door, "hello", key=panelled.key, visitor="ann", user=_sign(secret, "ann"))
        assert first.content["panel"]["invitations"] == []

    async def again() -> None:
        door = panelled.door()
        signed = await call(door, "hello", key=panelled.key, visitor="ann", user=_sign(secret, "ann"))
        tracked = await call(door, "hello", key=panelled.key, visitor="ann")
        other = await call(door, "hello", key=panelled.key, visitor="bo")
        assert [len(each.content["panel"]["invitations"]) for each in (signed, tracked, other)] == [1, 1, 0]

    panelled.run(arriving)
    ann = Identity.objects.get(shop=panelled.shop, kind=IdentityKind.USER_ID, value="ann")
    Standing.objects.update_or_create(
        customer_id=ann.customer_id, defaults={"shop_id": panelled.shop.pk, "segment": "A", "as_of_us": 1}
    )
    panelled.run(again)


def test_another_name_on_a_browser_lets_go_of_whom_the_shop_vouched_for(panelled: Panelled) -> None:
    secret = panels.renew_secret(panelled.shop, None, NOW)
    others = (
        {"identifier": "bob"},
        {"identifier": "bob", "identifier_hash": "00"},
        {"jwt": "none.of.ours"},
        {"jwt": jwt.encode({"sub": "bob"}, "another secret, long enough for a key")},
    )

    async def changing_accounts() -> None:
        door = panelled.door()
        token, closed = await begin(door, panelled.key, visitor="desk", text="What only Ann knows")
        await call(door, "close", token=token, conversation=closed)
        ann = (await call(door, "hello", key=panelled.key, token=token, user=_sign(secret, "ann"))).content
        opened = await call(door, "open", token=ann["token"], client_id="next", text="What she asks now")
        for user in others:
            bob = (await call(door, "hello", key=panelled.key, token=ann["token"], user=user)).content
            assert (bob["known"], bob["history"], bob["conversation"]) == (False, [], None), user
            for chat in (closed, opened.content["conversation"]):
                assert (await call(door, "history", token=bob["token"], conversation=chat)).status == 404
        for same in (None, {}, {"identifier": "ann"}):
            still = (await call(door, "hello", key=panelled.key, token=ann["token"], user=same)).content
            assert still["known"] is True, same
        stale = {"identifier": "ann", "identifier_hash": "00"}
        doubted = (await call(door, "hello", key=panelled.key, token=ann["token"], user=stale)).content
        assert (doubted["known"], doubted["history"]) == (False, [])
        assert doubted["conversation"]["id"] == opened.content["conversation"], "the browser is the same"

    panelled.run(changing_accounts)


def test_a_user_vouched_for_long_ago_is_believed_by_no_call(panelled: Panelled) -> None:
    secret = panels.renew_secret(panelled.shop, None, NOW)

    async def staying_away() -> None:
        door = panelled.door()
        token, chat = await begin(door, panelled.key, visitor="laptop")
        await call(door, "hello", key=panelled.key, token=token, user=_sign(secret, "ann"))
        await call(door, "close", token=token, conversation=chat)
        phone = (await call(door, "hello", key=panelled.key, visitor="phone", user=_sign(secret, "ann"))).content
        assert (await call(door, "history", token=phone["token"], conversation=chat)).status == 200
        read = tokens.read(phone["token"], int(time.time()))
        old = tokens.write(replace(read, user_s=read.user_s - tokens.USER_GOOD_S))
        assert (await call(door, "history", token=old, conversation=chat)).status == 404

    panelled.run(staying_away)
