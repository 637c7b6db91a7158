"""The storefront over HTTP: only where the demo is, what its pages tell the tracker, what bad input does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from kizuna.demo import catalogue, filling, kept
from kizuna.demo.simulator_world import Plan
from kizuna.web.public import basket, buyers

NOW_US = 1_795_338_000_000_000
HOME = "/store/kasane/"


@pytest.fixture
def store(tmp_path: Path, settings: Any, transactional_db: None) -> Path:
    settings.HOME = tmp_path
    filling.fill(tmp_path, Plan(NOW_US, customers=60), lambda doing, done, whole: None)
    return tmp_path


def told(page: bytes) -> list[list[Any]]:
    """Read what a page tells the tracker."""
    found = re.search(rb'<script id="tell-kizuna" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    calls: list[list[Any]] = json.loads(found[1])
    return calls


@pytest.mark.django_db
def test_without_a_demo_there_is_no_storefront(tmp_path: Path, settings: Any, client: Client) -> None:
    settings.HOME = tmp_path
    assert client.get(HOME).status_code == 404
    kept.write_note(tmp_path, kept.Note("kasane", Plan(NOW_US), "key", filled=False))
    assert client.get(HOME).status_code == 404
    assert client.get("/store/another/").status_code == 404


def test_a_shopper_signs_in_fills_the_basket_and_orders(store: Path, client: Client) -> None:
    groups = buyers.find_buyers("kasane", "")
    buyer = next(each for _, group in groups for each in group)
    assert client.post(f"{HOME}sign-in/", {"customer": buyer.user_id}).status_code == 302
    calls = told(client.get(HOME).content)
    traits = {"name": buyer.name, "email": buyer.email, "country": buyer.country}
    assert calls == [["identify", buyer.user_id, traits], ["track", "Signed In"]]
    assert told(client.get(HOME).content) == []

    client.post(f"{HOME}cart/change/", {"sku": "KC-701", "add": "1"})
    client.post(f"{HOME}cart/change/", {"sku": "KC-701", "count": "3"})
    calls = told(client.get(f"{HOME}cart/").content)
    assert [(name, said[0]["quantity"] if name != "cart.view" else 3) for name, *said in calls] == [
        ("cart.add", 1),
        ("cart.add", 2),
        ("cart.view", 3),
    ]
    assert [name for name, *_ in told(client.get(f"{HOME}checkout/").content)] == ["checkout"]
    assert client.post(f"{HOME}checkout/", {"newsletter": "on"}).status_code == 302
    order, consent = told(client.get(f"{HOME}thanks/").content)
    assert consent == ["consent", "granted", "email_marketing"]
    said = order[1]
    pot = catalogue.find_product("KC-701")
    assert pot is not None
    assert said["subtotal"] == round(3 * pot.in_currency(said["currency"]) / 100, 2)
    assert said["total"] == said["subtotal"] + said["shipping"]
    assert told(client.get(f"{HOME}thanks/").content) == []
    assert b"Nothing in it yet" in client.get(f"{HOME}cart/").content


def test_british_customers_see_pounds() -> None:
    visit = basket.Visit(basket.Buyer("K1", "A", "a@example.com", "United Kingdom"), {"KC-701": 2})
    pot = catalogue.find_product("KC-701")
    assert pot is not None
    assert visit.currency == "GBP"
    assert visit.goods_minor() == 2 * pot.in_currency("GBP") != 2 * pot.price_minor


def test_bad_input_is_refused_kindly(store: Path, client: Client) -> None:
    assert client.get(f"{HOME}product/NONE/").status_code == 404
    assert client.get(f"{HOME}category/cars/").status_code == 404
    assert client.post(f"{HOME}cart/change/", {"sku": "'; drop"}).status_code == 404
    assert client.post(f"{HOME}cart/change/", {"sku": "KC-701", "count": "-5"}).status_code == 302
    assert client.post(f"{HOME}cart/change/", {"sku": "KC-701", "count": "9999999"}).status_code == 302
    assert client.post(f"{HOME}sign-in/", {"customer": "owner@kasane.example"}).status_code == 404
    assert client.get(f"{HOME}checkout/").status_code == 302
    client.cookies[basket.COOKIE] = "forged:cookie"
    assert client.get(HOME).status_code == 200
    page = client.get(f"{HOME}search/", {"q": "<script>alert(1)</script> 🎎"}).content.decode()
    assert "<script>alert" not in page
    assert "🎎" in page


def test_nobody_but_simulated_customers_can_be_chosen(store: Path) -> None:
    assert buyers.find_buyer("kasane", "K1") is None
    assert buyers.find_buyer("kasane", "") is None
    some = buyers.find_buyers("kasane", "")
    assert [title for title, _ in some] == list(buyers.GROUPS.values())
    found = next(each for _, group in some for each in group)
    assert buyers.find_buyer("kasane", found.user_id) == found


def test_signing_out_forgets_the_person(store: Path, client: Client) -> None:
    buyer = next(each for _, group in buyers.find_buyers("kasane", "") for each in group)
    client.post(f"{HOME}sign-in/", {"customer": buyer.user_id})
    client.get(HOME)
    client.post(f"{HOME}sign-out/")
    page = client.get(HOME)
    assert told(page.content) == [["track", "Signed Out"], ["reset"]]
    assert buyer.name.encode() not in page.content


def test_pictures_exist_for_every_product(store: Path, client: Client) -> None:
    pictures = {client.get(f"{HOME}art/{each.sku}.svg").content for each in catalogue.list_products()}
    assert len(pictures) > 50
    assert all(picture.startswith(b"<svg") for picture in pictures)


@pytest.mark.django_db
def test_the_tracker_is_small_cached_and_open_to_every_origin(client: Client) -> None:
    plain = client.get("/kizuna.js")
    packed = client.get("/kizuna.js", headers={"Accept-Encoding": "gzip"})
    assert len(packed.content) < 6 * 1024 < len(plain.content)
    assert packed["Content-Encoding"] == "gzip"
    assert plain["Access-Control-Allow-Origin"] == "*"
    assert "max-age" in plain["Cache-Control"]
    again = client.get("/kizuna.js", headers={"If-None-Match": plain["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
