"""The ways into the premium site: a link by e-mail, a token signed by the shop, and the session that follows.

Every key works for one shop, is stored hashed and ends by itself. Sending the link is a flow's work; the cookie is the
door's. A token is HMAC-SHA256(secret, "user_id|exp") in hex, or a JWT (HS256) with sub and exp.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from kizuna.privileges.models import EntryAttempt, EntryLink, SiteSession, UsedToken

MINUTE_US = 60_000_000
LINK_US = 30 * MINUTE_US
SESSION_US = 30 * 24 * 60 * MINUTE_US
SEEN_EVERY_US = 5 * MINUTE_US
WINDOW_US = 15 * MINUTE_US
MOST_PER_ADDRESS, MOST_PER_ORIGIN = 3, 20
LONGEST_TOKEN_S = 3600
LONGEST_TOKEN = 4096


class Refused(ValueError):
    """A link or token does not open the site: forged, too old, or used already."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a token of the shop says: whom, until when, and its name for the list of used ones."""

    user_id: str
    expires_us: int
    token_hash: str


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is in, as a page needs it."""

    id: int
    identity_id: int
    csrf: str


def note_attempt(shop_id: int, address: str, origin: str, now_us: int) -> bool:
    """Note that somebody asks for a link; False where this address or this origin asked too often lately."""
    attempt = EntryAttempt(
        shop_id=shop_id, address_hash=_keyed("address", address), origin_hash=_keyed("origin", origin), at_us=now_us
    )
    lately = EntryAttempt.objects.filter(shop_id=shop_id, at_us__gt=now_us - WINDOW_US)
    if lately.filter(address_hash=attempt.address_hash).count() >= MOST_PER_ADDRESS:
        return False
    if lately.filter(origin_hash=attempt.origin_hash).count() >= MOST_PER_ORIGIN:
        return False
    attempt.save(force_insert=True)
    return True


def make_link(shop_id: int, identity_id: int, now_us: int) -> str:
    """Make the key of a log-in link; earlier ones of the same identity stay good until they end."""
    key = "kz_e_" + secrets.token_urlsafe(32)
    EntryLink.objects.create(
        shop_id=shop_id, identity_id=identity_id, key_hash=_hash(key), created_us=now_us, expires_us=now_us + LINK_US
    )
    return key


def is_link_good(shop_id: int, key: str, now_us: int) -> bool:
    """Tell whether a link would still open the site; using it up is `use_link`."""
    return EntryLink.objects.filter(shop_id=shop_id, key_hash=_hash(key), used_us=None, expires_us__gt=now_us).exists()


def use_link(shop_id: int, key: str, now_us: int) -> int:
    """Use a link up and return its identity. Raises Refused."""
    wanted = EntryLink.objects.filter(shop_id=shop_id, key_hash=_hash(key))
    if not wanted.filter(used_us=None, expires_us__gt=now_us).update(used_us=now_us):
        raise Refused("this link was used already or is too old")
    return wanted.values_list("identity_id", flat=True).get()


def read_hmac(secret: str, user_id: str, exp: str, signature: str, now_us: int) -> Signed:
    """Read a token of the plain kind. Raises Refused."""
    expected = hmac.new(secret.encode(), f"{user_id}|{exp}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.strip().lower().encode()):
        raise Refused("the signature does not fit")
    return _fresh(user_id, exp, f"{user_id}|{exp}", now_us)


def read_jwt(secret: str, token: str, now_us: int) -> Signed:
    """Read a token of the JWT kind, HS256 only. Raises Refused."""
    if len(token) > LONGEST_TOKEN or token.count(".") != 2:
        raise Refused("this is no token")
    head, body, signature = token.split(".")
    expected = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    try:
        given = _unpack(signature)
        header, claims = json.loads(_unpack(head)), json.loads(_unpack(body))
    except (ValueError, binascii.Error, RecursionError) as problem:
        raise Refused("this is no token") from problem
    if not isinstance(header, dict) or header.get("alg") != "HS256" or not hmac.compare_digest(expected, given):
        raise Refused("the signature does not fit")
    subject = claims.get("sub", claims.get("user_id", "")) if isinstance(claims, dict) else None
    if not isinstance(subject, str | int) or isinstance(subject, bool):
        raise Refused("sub is missing")
    return _fresh(str(subject), str(claims.get("exp", "")), f"{head}.{body}", now_us)


def use_token(shop_id: int, signed: Signed) -> None:
    """Use a token up. Raises Refused where it was used already."""
    _, is_new = UsedToken.objects.get_or_create(
        shop_id=shop_id, token_hash=signed.token_hash, defaults={"expires_us": signed.expires_us}
    )
    if not is_new:
        raise Refused("this token was used already")


def open_session(shop_id: int, identity_id: int, via: str, now_us: int) -> str:
    """Let a browser in and return the key that its cookie carries."""
    key = "kz_c_" + secrets.token_urlsafe(32)
    SiteSession.objects.create(
        shop_id=shop_id,
        identity_id=identity_id,
        key_hash=_hash(key),
        via=via,
        created_us=now_us,
        seen_us=now_us,
        expires_us=now_us + SESSION_US,
    )
    return key


def find_session(shop_id: int, key: str, now_us: int) -> Session | None:
    """Find the session that a cookie belongs to."""
    if not key:
        return None
    found = SiteSession.objects.filter(
        shop_id=shop_id, key_hash=_hash(key), ended_us=None, expires_us__gt=now_us
    ).first()
    return None if found is None else Session(found.pk, found.identity_id, _keyed("csrf", key)[:40])


def end_sessions(shop_id: int, identity_ids: list[int], now_us: int, only: int | None = None) -> int:
    """End the sessions of identities, or only one of them; returns how many ended."""
    wanted = SiteSession.objects.filter(shop_id=shop_id, identity_id__in=identity_ids, ended_us=None)
    return (wanted if only is None else wanted.filter(pk=only)).update(ended_us=now_us)


def erase(shop_id: int, identity_ids: list[int]) -> None:
    """Delete the links and sessions of identities."""
    EntryLink.objects.filter(shop_id=shop_id, identity_id__in=identity_ids).delete()
    SiteSession.objects.filter(shop_id=shop_id, identity_id__in=identity_ids).delete()


def prune(now_us: int) -> None:
    """Forget links, attempts, tokens and sessions that ended more than a day ago."""
    before = now_us - 24 * 60 * MINUTE_US
    EntryAttempt.objects.filter(at_us__lt=before).delete()
    EntryLink.objects.filter(expires_us__lt=before).delete()
    UsedToken.objects.filter(expires_us__lt=before).delete()
    SiteSession.objects.filter(expires_us__lt=before).delete()


def _fresh(user_id: str, exp: str, name: str, now_us: int) -> Signed:
    """Raises Refused where a token names nobody, has ended, or would last longer than an hour."""
    if not exp.isascii() or not exp.isdigit() or len(exp) > 12:
        raise Refused("exp is missing")
    left_s = int(exp) - now_us // 1_000_000
    if not user_id or not 0 < left_s <= LONGEST_TOKEN_S:
        raise Refused("the token has ended, or lasts longer than an hour")
    return Signed(user_id, int(exp) * 1_000_000, _hash(name))


def _unpack(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _keyed(purpose: str, value: str) -> str:
    return salted_hmac(f"kizuna.entrance.{purpose}", value, algorithm="sha256").hexdigest()
