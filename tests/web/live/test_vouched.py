"""Whom the shop vouched for: their chats follow them and nobody reads another's; offers need no chat before."""

import hashlib
import hmac

from kizuna.conversations.live.rules import RuleDraft
from kizuna.customers.models import Identity, IdentityKind
from kizuna.flows.live import panels
from kizuna.relationships.models import Standing
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
