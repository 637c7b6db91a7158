"""Coming in by the mailed link and by the shop's token; cookies, forms, and what strangers learn: nothing."""

import hashlib
import hmac
import re
import time

import pytest
from django.test import Client

from kizuna.conversations.models import Outgoing
from kizuna.customers import identity
from kizuna.customers.identity import IdentityKind
from kizuna.privileges import site
from kizuna.privileges.site import Site
from tests.shops.making import make_shop

pytestmark = pytest.mark.django_db
ADDRESS = "anna@example.com"


@pytest.fixture
def shop():
    made = make_shop("tea")
    identity.ensure(made.pk, IdentityKind.EMAIL, [ADDRESS], [1])
    return made


def _mailed_path():
    return re.search(r"https?://[^/]+(/p/\S+)", Outgoing.objects.latest("id").content["text"]).group(1)


def test_a_mailed_link_lets_in_once(shop):
    client = Client()
    asked = client.post("/p/tea/enter/", {"email": " Anna@Example.com "})
    assert asked.status_code == 200
    path = _mailed_path()
    assert client.get(path).status_code == 200, "looking at a link does not use it up"
    entered = client.post(path)
    assert entered.status_code == 302
    cookie = entered.cookies["kizuna_premium"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/p/tea/", True, "Lax")
    assert client.get("/p/tea/").status_code == 200
    assert "console" not in client.get("/p/tea/").content.decode()
    assert client.get("/s/tea/").status_code == 302, "no session of the console"
    assert Client().post(path).status_code == 410


def test_unknown_addresses_get_the_same_answer_and_no_mail(shop):
    known = Client().post("/p/tea/enter/", {"email": ADDRESS}).content.decode()
    sent = Outgoing.objects.count()
    unknown = Client().post("/p/tea/enter/", {"email": "nobody@example.com"}).content.decode()
    assert known.replace(ADDRESS, "X") == unknown.replace("nobody@example.com", "X")
    assert Outgoing.objects.count() == sent
    assert Client().post("/p/tea/enter/", {"email": "nonsense"}).status_code == 422


def test_forms_need_the_token_and_come_from_these_pages(shop):
    client = Client()
    client.post("/p/tea/enter/", {"email": ADDRESS})
    client.post(_mailed_path())
    path = "/p/tea/about-you/add/"
    assert client.post(path, {"kind": "want", "text": "x"}).status_code == 403
    csrf = re.search(r'name="csrf" value="(\w+)"', client.get("/p/tea/").content.decode()).group(1)
    told = {"kind": "want", "text": "green tea", "csrf": csrf}
    assert client.post(path, told, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(path, told, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post(path, told).status_code == 302
    assert "green tea" in client.get("/p/tea/about-you/").content.decode()
    assert client.post("/p/tea/leave/", {"csrf": csrf}).status_code == 302
    assert client.get("/p/tea/about-you/").status_code == 302


def test_the_shops_token_lets_in_and_a_second_use_does_not(shop):
    identity.ensure(shop.pk, IdentityKind.USER_ID, ["c-1"], [1])
    secret, exp = site.renew_secret(shop.pk), int(time.time()) + 300
    signature = hmac.new(secret.encode(), f"c-1|{exp}".encode(), hashlib.sha256).hexdigest()
    path = f"/p/tea/enter/signed/?user_id=c-1&exp={exp}&hmac={signature}&next=/p/tea/about-you/"
    client = Client()
    assert client.get(path).headers["Location"] == "/p/tea/about-you/"
    assert Client().get(path).status_code == 403
    assert Client().get(path.replace("c-1", "c-2")).status_code == 403
    elsewhere = path.replace("/p/tea/about-you/", "https://evil.example/p/tea/")
    assert Client().get(elsewhere).status_code == 403


def test_a_closed_site_does_not_exist(shop):
    site.change_site(shop.pk, Site(is_open=False))
    assert Client().get("/p/tea/enter/").status_code == 404
    assert Client().get("/p/nowhere/").status_code == 404


def test_the_page_speaks_german(shop):
    answer = Client().get("/p/tea/enter/", headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert '<html lang="de">' in answer.content.decode()
