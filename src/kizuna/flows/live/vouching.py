"""A customer whom the shop vouches for: HMAC-SHA256(secret, user id) in hex, or a JWT (HS256) with `sub`.

Their visitor key is linked to their user id by the rules of identities, on the path of every other event. Without a
secret, or with a signature that does not fit, nobody is believed and the visitor stays who they were.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import jwt
from django.db import transaction

from kizuna.conversations.live import panel
from kizuna.customers import identity, links
from kizuna.customers.identity import Claims
from kizuna.flows import facts
from kizuna.science import periods
from kizuna.tracking import seen, wire

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

LONGEST_USER = 255
LEEWAY_S = 60


class Refused(ValueError):
    """The shop did not vouch for this: the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whom a page says the visitor is, and how it wants to prove it; the rest is hearsay."""

    source_id: int
    user_id: str = ""
    signature: str = ""
    token: str = ""
    traits: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who the visitor surely is, and the identity their chats belong to."""

    user_id: str
    identity_id: int


def read_user(secret: str | None, told: Claimed) -> str:
    """Read the user id that was signed. Raises Refused."""
    if not secret:
        raise Refused("no secret is set for the panel, so nobody's user id is believed")
    return _read_jwt(secret, told.token) if told.token else _read_hmac(secret, told)


def read_named(told: Claimed) -> str:
    """Read whom a page names, signed or not: enough to keep somebody else's from them, never to show them anything."""
    if not told.token:
        return told.user_id
    try:
        claims = jwt.decode(told.token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return told.user_id
    return str(claims.get("sub", claims.get("user_id", "")))


@transaction.atomic
def vouch(shop: "Shop", visitor_key: str, told: Claimed, now: datetime) -> Vouched:
    """Link a visitor key to the user id that was signed, and say whose chats it has now. Raises Refused."""
    user_id = read_user(panel.find_secret(shop.pk), told)
    now_us = periods.epoch_us(now)
    links.lock(shop.pk)
    _tell(shop, visitor_key, user_id, told, now)
    found = identity.resolve(shop.pk, [Claims(now_us, user=user_id, visitor=visitor_key)], now_us).each[0]
    return Vouched(user_id, found.visitor_identity_id or found.identity_id)


def _tell(shop: "Shop", visitor_key: str, user_id: str, told: Claimed, now: datetime) -> None:
    """Tell who the visitor is, and their traits, as a fact; once, for they say so again on every page."""
    name = hashlib.sha256(json.dumps([visitor_key, user_id, told.traits], sort_keys=True).encode()).hexdigest()[:40]
    message_id = f"chat-user-{name}"
    if seen.knows(told.source_id, message_id):
        return
    event = {
        "userId": user_id,
        "anonymousId": visitor_key,
        "messageId": message_id,
        "timestamp": now.isoformat(),
        "traits": told.traits,
    }
    now_us = periods.epoch_us(now)
    raw = wire.RawEvent("identify", json.dumps(event).encode(), now_us)
    facts.take(shop, [facts.read(told.source_id, "browser", raw, shop.currency)], now_us)


def _read_hmac(secret: str, told: Claimed) -> str:
    expected = hmac.new(secret.encode(), told.user_id.encode(), hashlib.sha256).hexdigest()
    if not told.user_id or not hmac.compare_digest(expected.encode(), told.signature.strip().lower().encode()):
        raise Refused("identifier_hash does not fit the identifier")
    return told.user_id


def _read_jwt(secret: str, token: str) -> str:
    """HS256 only, so that a token can name no other way to be checked; one without an end is taken too."""
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], leeway=LEEWAY_S, options={"verify_aud": False})
    except jwt.PyJWTError as problem:
        raise Refused(f"the JWT does not fit: {problem}") from None
    subject = claims.get("sub", claims.get("user_id", ""))
    if not isinstance(subject, str | int) or isinstance(subject, bool) or not 0 < len(str(subject)) <= LONGEST_USER:
        raise Refused("the JWT names nobody: sub is missing")
    return str(subject)
