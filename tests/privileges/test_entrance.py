"""The ways into the premium site: single use, expiring, throttled; tokens that are forged, late or used are refused."""

import base64
import hashlib
import hmac
import json

import pytest

from kizuna.customers import identity
from kizuna.customers.identity import IdentityKind
from kizuna.flows.premium import entering
from kizuna.flows.premium.entering import Refused
from kizuna.privileges import entrance, site
from tests.shops.making import make_shop

pytestmark = pytest.mark.django_db
NOW_US = 1_790_000_000_000_000
NOW_S = NOW_US // 1_000_000


def _plain(secret, user="anna", exp=NOW_S + 60):
    signature = hmac.new(secret.encode(), f"{user}|{exp}".encode(), hashlib.sha256).hexdigest()
    return {"user_id": user, "exp": str(exp), "hmac": signature}


def _pack(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _jwt(secret, claims, alg="HS256"):
    signed = f"{_pack({'alg': alg, 'typ': 'JWT'})}.{_pack(claims)}"
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return {"jwt": f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"}


@pytest.fixture
def shop():
    made = make_shop()
    identity.ensure(made.pk, IdentityKind.USER_ID, ["anna"], [NOW_US])
    return made


def test_a_token_lets_in_once_and_another_shop_never(shop):
    secret, other = site.renew_secret(shop.pk), make_shop()
    site.renew_secret(other.pk)
    identity.ensure(other.pk, IdentityKind.USER_ID, ["anna"], [NOW_US])
    for given in (_plain(secret), _jwt(secret, {"sub": "anna", "exp": NOW_S + 60})):
        with pytest.raises(Refused):
            entering.enter_by_token(other, given, NOW_US)
        key = entering.enter_by_token(shop, given, NOW_US)
        assert entrance.find_session(shop.pk, key, NOW_US) is not None
        assert entrance.find_session(other.pk, key, NOW_US) is None
        with pytest.raises(Refused):
            entering.enter_by_token(shop, given, NOW_US)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: _plain("kz_p_wrong"),
        lambda secret: {**_plain(secret), "user_id": "bert"},
        lambda secret: {**_plain(secret), "exp": str(NOW_S + 61)},
        lambda secret: _plain(secret, exp=NOW_S),
        lambda secret: _plain(secret, exp=NOW_S + 3601),
        lambda secret: _plain(secret, user="nobody"),
        lambda secret: _jwt("kz_p_wrong", {"sub": "anna", "exp": NOW_S + 60}),
        lambda secret: _jwt(secret, {"sub": "anna", "exp": NOW_S + 60}, alg="none"),
        lambda secret: _jwt(secret, {"sub": "anna"}),
        lambda secret: _jwt(secret, {"sub": "anna", "exp": NOW_S - 1}),
        lambda secret: _jwt(secret, ["anna"]),
        lambda secret: {"jwt": "a.b.c"},
        lambda secret: {"jwt": "é.ü.ö"},
        lambda secret: {"jwt": "x" * 5000},
        lambda secret: {},
    ],
)
def test_forged_and_late_tokens_are_refused(shop, spoil):
    secret = site.renew_secret(shop.pk)
    with pytest.raises(Refused):
        entering.enter_by_token(shop, spoil(secret), NOW_US)


def test_a_renewed_secret_ends_the_one_before_and_none_accepts_nothing(shop):
    with pytest.raises(Refused):
        entering.enter_by_token(shop, _plain(""), NOW_US)
    old = site.renew_secret(shop.pk)
    new = site.renew_secret(shop.pk)
    assert old != new == site.find_secret(shop.pk)
    with pytest.raises(Refused):
        entering.enter_by_token(shop, _plain(old), NOW_US)


def test_a_link_works_once_for_its_shop_and_not_for_long(shop):
    who = identity.ensure(shop.pk, IdentityKind.EMAIL, ["anna@example.com"], [NOW_US])["anna@example.com"]
    key, late = entrance.make_link(shop.pk, who, NOW_US), entrance.make_link(shop.pk, who, NOW_US)
    with pytest.raises(Refused):
        entering.enter_by_link(make_shop(), key, NOW_US)
    assert entering.enter_by_link(shop, key, NOW_US)
    for given, at in ((key, NOW_US), (late, NOW_US + entrance.LINK_US), (key[:-1], NOW_US)):
        with pytest.raises(Refused):
            entering.enter_by_link(shop, given, at)


def test_asking_is_slowed_down_for_known_and_unknown_alike(shop):
    for address in ("anna@example.com", "nobody@example.com"):
        asked = [entrance.note_attempt(shop.pk, address, address, NOW_US) for _ in range(5)]
        assert asked == [True, True, True, False, False]
        assert entrance.note_attempt(shop.pk, address, address, NOW_US + entrance.WINDOW_US)
    many = [entrance.note_attempt(shop.pk, f"{n}@example.com", "10.0.0.1", NOW_US) for n in range(25)]
    assert many == [True] * 20 + [False] * 5


def test_sessions_end_and_are_forgotten(shop):
    who = identity.ensure(shop.pk, IdentityKind.USER_ID, ["anna"], [NOW_US])["anna"]
    key = entrance.open_session(shop.pk, who, "link", NOW_US)
    assert entrance.find_session(shop.pk, key, NOW_US + entrance.SESSION_US) is None
    assert entrance.end_sessions(shop.pk, [who], NOW_US) == 1
    assert entrance.find_session(shop.pk, key, NOW_US) is None
    entrance.prune(NOW_US + entrance.SESSION_US + 2 * 86_400_000_000)
    assert entrance.find_session(shop.pk, key, NOW_US) is None
