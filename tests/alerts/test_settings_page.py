"""Settings, Alerts: a browser handed over, tested over real HTTP, and believed only with the test's own key."""

import json

import pytest
from django.test import Client

from kizuna.shops import alerts
from kizuna.shops.models import Device
from tests.alerts.push_service import push_service
from tests.shops.making import log_in, make_person, make_shop

pytestmark = pytest.mark.django_db
ROOT = "/s/tea/settings/alerts/"


@pytest.fixture
def service(settings):
    with push_service() as running:
        settings.PUSH_HOSTS = (running.netloc,)
        yield running


def hand_over(client, service, **changed):
    told = service.subscription("mine", "Firefox on Linux")
    said = {"endpoint": told.endpoint, "keys": {"p256dh": told.p256dh, "auth": told.auth}, "name": told.name}
    return client.post(f"{ROOT}browsers/", json.dumps(said | changed), content_type="application/json")


def test_a_test_is_believed_when_the_browser_itself_says_it_showed_it(service):
    shop = make_shop("tea")
    kim = make_person(shop, "operator")
    client = log_in(kim)
    assert "No browser is alerted yet" in client.get(ROOT).content.decode()
    number = hand_over(client, service).json()["device"]
    assert alerts.chosen_by(shop.pk, kim.pk) is not None
    assert "Waiting for the browser" in client.post(f"{ROOT}browsers/{number}/test/").content.decode()
    path = service.arrived[0]["shown"]
    for wrong in ("/alerts/shown/x/", f"/alerts/shown/{'a' * 43}/"):
        assert Client().post(wrong).status_code == 204
    assert "Waiting" in client.get(f"{ROOT}browsers/{number}/").content.decode()
    assert Client(enforce_csrf_checks=True).post(path).status_code == 204
    assert "It works" in client.get(f"{ROOT}browsers/{number}/").content.decode()
    service.status = 410
    assert "removed" in client.post(f"{ROOT}browsers/{number}/test/").content.decode()
    assert not Device.objects.exists()


def test_nobody_tests_or_removes_another_persons_browser(service):
    shop = make_shop("tea")
    kim, lee = (log_in(make_person(shop, "operator")) for _ in range(2))
    number = hand_over(kim, service).json()["device"]
    for path in ("test/", "remove/"):
        assert lee.post(f"{ROOT}browsers/{number}/{path}").status_code == 404
    assert lee.get(f"{ROOT}browsers/{number}/").status_code == 404
    assert "Firefox on Linux" not in lee.get(ROOT).content.decode()
    assert kim.post(f"{ROOT}browsers/{number}/remove/").status_code == 302


@pytest.mark.parametrize(
    "changed", [{"endpoint": "http://10.0.0.1/x"}, {"endpoint": 7}, {"keys": {"p256dh": "x", "auth": "y"}}, {"keys": 1}]
)
def test_a_hostile_subscription_is_not_kept(service, changed):
    client = log_in(make_person(make_shop("tea"), "operator"))
    assert hand_over(client, service, **changed).status_code in (400, 422)
    for body in ("[]", "null", "{", "x" * 9_000):
        assert client.post(f"{ROOT}browsers/", body, content_type="application/json").status_code == 400
    assert not Device.objects.exists()


def test_choices_are_kept_and_the_worker_is_served_from_the_top():
    shop = make_shop("tea")
    kim = make_person(shop, "operator")
    log_in(kim).post(f"{ROOT}choose/", {"waiting": "on", "by_push": "on"})
    chosen = alerts.chosen_by(shop.pk, kim.pk)
    assert (chosen.waiting, chosen.mine, chosen.by_mail, chosen.with_words) == (True, False, False, False)
    assert log_in(make_person(shop, "reader")).get(ROOT).status_code == 403
    answer = Client().get("/alerts-worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert b"showNotification" in answer.content
