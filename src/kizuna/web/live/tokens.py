"""The token of a panel: shop, visitor key, the grip only this browser has, and the user the shop vouched for, signed.

It is no cookie, so that it works where those are blocked; it opens only chats whose grip it holds. Nothing in it is
believed before the signature fits.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from functools import cache

import msgspec
from django.conf import settings

from kizuna.conversations.live import keys
from kizuna.flows.live.arriving import Visitor

GOOD_S = 400 * 86_400
USER_GOOD_S = 12 * 3600
LONGEST = 1_500
_ENDING = 22


class Forged(ValueError):
    """The token is none of ours, or too old."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a panel's token says; `user_s` is when the shop vouched for the user."""

    shop_id: int
    key: str
    grip: str
    issued_s: int
    user_id: str = ""
    identity_id: int | None = None
    user_s: int = 0

    @property
    def visitor(self) -> Visitor:
        """Who is at the door."""
        return Visitor(self.key, keys.hash_grip(self.grip), self.user_id, self.identity_id)


def fresh(shop_id: int, key: str, now_s: int) -> Token:
    """Make the token of a browser that comes for the first time."""
    return Token(shop_id, key or f"panel-{secrets.token_urlsafe(16)}", secrets.token_urlsafe(18), now_s)


def renew(token: Token, now_s: int) -> Token:
    """Let a token begin anew."""
    return replace(token, issued_s=now_s)


def forget_user(token: Token) -> Token:
    """Keep the browser and let its user go."""
    return replace(token, user_id="", identity_id=None, user_s=0)


def write(token: Token) -> str:
    """Write a token for the panel."""
    fields = (token.shop_id, token.key, token.grip, token.issued_s, token.user_id, token.identity_id, token.user_s)
    body = base64.urlsafe_b64encode(msgspec.json.encode(fields)).rstrip(b"=")
    return f"{body.decode()}.{_sign(body)}"


def read(text: str, now_s: int) -> Token:
    """Read a panel's token; a user vouched for long ago is not known any more. Raises Forged."""
    body, _, signature = text.partition(".")
    if len(text) > LONGEST or not hmac.compare_digest(_sign(body.encode()).encode(), signature.encode()):
        raise Forged("the token does not fit")
    token = Token(*msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
    if now_s - token.issued_s > GOOD_S:
        raise Forged("the token is too old")
    return token if now_s - token.user_s < USER_GOOD_S else forget_user(token)


def _sign(body: bytes) -> str:
    digest = hmac.new(_secret(settings.SECRET_KEY), body, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode()[:_ENDING]


@cache
def _secret(installation: str) -> bytes:
    return hashlib.sha256(b"kizuna.chat.token" + installation.encode()).digest()
