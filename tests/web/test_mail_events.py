"""What a provider reports: believed from the provider alone, robots told from humans, everything once."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from kizuna.conversations import outgoing
from kizuna.conversations.models import Outgoing
from kizuna.flows.mail_out import reports
from kizuna.flows.mail_out.reports import Report
from kizuna.outreach import suppression
from kizuna.tracking.models import Fact
from tests.flows.mail_out.conftest import Desk, make_desk
from tests.shops.making import NOW

pytestmark = pytest.mark.django_db
SECRET = "postmark:a-long-enough-password"
ANNA = "anna@customer.example"


@pytest.fixture
def desk(settings: Any) -> Desk:
    """A shop whose mail goes through Postmark."""
    settings.MAIL_PROVIDER, settings.MAIL_WEBHOOK = "postmark", SECRET
    return make_desk()


def _sent(desk: Desk) -> Outgoing:
    message = desk.write(ANNA)
    row = Outgoing.objects.get(message=message)
    row.state, row.recipients[0]["state"], row.sent_us = "sent", "sent", int(NOW.timestamp() * 1e6)
    row.save()
    return row


def _post(body: dict[str, Any], secret: str = SECRET, provider: str = "postmark") -> int:
    proof = "Basic " + base64.b64encode(secret.encode()).decode()
    client = Client(enforce_csrf_checks=True)
    address = f"/mail/events/{provider}/"
    return client.post(address, json.dumps(body), "application/json", headers={"authorization": proof}).status_code


def _told(row: Outgoing, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "RecordType": kind,
        "MessageID": "p-1",
        "Metadata": {"kizuna": row.public_id.hex},
        "Recipient": ANNA,
        **more,
    }


def test_arrivals_and_bounces_are_shown_and_followed(desk: Desk) -> None:
    row = _sent(desk)
    assert _post(_told(row, "Delivery", DeliveredAt="2026-03-01T12:00:09Z")) == 200
    assert outgoing.states(desk.shop.pk, [row.message_id or 0])[row.message_id or 0].state == "delivered"
    bounce = {"Type": "HardBounce", "Email": ANNA, "BouncedAt": "2026-03-01T12:00:09Z", "Details": "smtp;550 5.1.1 no"}
    for _ in range(2):
        assert _post(_told(row, "Bounce", **bounce)) == 200
    row.refresh_from_db()
    assert (row.state, row.code) == ("bounced", "5.1.1")
    assert suppression.find(desk.shop.pk, [ANNA])[ANNA].scope == "all"
    assert Fact.objects.filter(name="Email Bounced").count() == 1


def test_nobody_else_is_believed(desk: Desk, settings: Any) -> None:
    row = _sent(desk)
    told = _told(row, "SpamComplaint", Email=ANNA, BouncedAt="2026-03-01T12:00:09Z")
    assert _post(told, secret="postmark:guessed-guessed-guessed") == 403
    assert _post(told, provider="mailgun") == 404
    assert Client().post("/mail/events/postmark/", "{", "application/json").status_code == 403
    settings.MAIL_WEBHOOK = ""
    assert _post(told) == 404
    assert suppression.find(desk.shop.pk, [ANNA]) == {}


@pytest.mark.parametrize("body", [{}, {"RecordType": "Open"}, {"RecordType": 5, "Metadata": []}, []])
def test_nonsense_is_refused_or_does_nothing(desk: Desk, body: Any) -> None:
    assert _post(body) in (200, 400)


@pytest.mark.parametrize(
    ("kind", "agent", "after_s", "machine"),
    [
        ("opened", "Mozilla/5.0 (Windows NT 10.0) Thunderbird/140", 3600, False),
        ("opened", "Mozilla/5.0", 3600, True),
        ("clicked", "Mozilla/5.0 (iPhone) Safari/605", 600, False),
        ("clicked", "Mozilla/5.0 (iPhone) Safari/605", 3, True),
        ("clicked", "Barracuda Link Scanner", 600, True),
        ("opened", "", 600, False),
    ],
)
def test_robots_are_told_from_humans(desk: Desk, kind: str, agent: str, after_s: int, machine: bool) -> None:
    row = _sent(desk)
    at = datetime.fromtimestamp((row.sent_us or 0) / 1e6, UTC) + timedelta(seconds=after_s)
    report = Report(kind, row.public_id.hex, "", ANNA, at, link="https://shop.example/", user_agent=agent)
    assert reports.take([report, report], NOW) == 2
    (fact,) = Fact.objects.filter(name__in=["Email Opened", "Email Link Clicked"])
    assert bool(fact.properties.get("machine")) is machine
