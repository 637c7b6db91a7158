"""The unsubscribe link over HTTP: looking changes nothing, one click does, nobody logs in."""

import pytest
from django.test import Client

from kizuna.conversations.models import Outgoing
from kizuna.flows.mail_out import sending, unsubscribing
from kizuna.flows.mail_out.sending import Notice
from kizuna.outreach import suppression
from tests.shops.making import NOW, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail() -> Outgoing:
    """A marketing mail."""
    return sending.send_notice(make_shop(), Notice("anna@customer.example", "s", "t", marketing=True), NOW)


def _is_suppressed(mail: Outgoing) -> bool:
    return bool(suppression.find(mail.shop_id, ["Anna@Customer.example"]))


def test_looking_changes_nothing_and_one_click_unsubscribes(mail: Outgoing) -> None:
    browser = Client(enforce_csrf_checks=True)
    address = f"/unsubscribe/{unsubscribing.token_of(mail)}/"
    for method in (browser.get, browser.head):
        assert method(address).status_code == 200
    assert not _is_suppressed(mail)
    done = browser.post(address, {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert "no more mail of this kind" in done.content.decode()
    assert _is_suppressed(mail)
    assert not done.cookies


def test_a_link_outlives_its_mail_and_a_forged_one_does_nothing(mail: Outgoing) -> None:
    token = unsubscribing.token_of(mail)
    shop_id = mail.shop_id
    mail.delete()
    for bad in ("x", token[:-3] + "AAA", "é" * 9):
        assert Client().post(f"/unsubscribe/{bad}/").status_code == 404
    assert suppression.find(shop_id, ["anna@customer.example"]) == {}
    assert Client().post(f"/unsubscribe/{token}/").status_code == 200
    assert suppression.find(shop_id, ["anna@customer.example"])
