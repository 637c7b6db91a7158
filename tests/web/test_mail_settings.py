"""Settings, Mail: what an owner sees and does; what the DNS says is put in, nobody is asked."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kizuna.conversations import deliverability, signing, signing_keys
from kizuna.conversations.deliverability import NoAnswer
from kizuna.conversations.models import Outgoing
from kizuna.flows.mail_out import checking
from kizuna.outreach import suppression
from kizuna.shops.models import AuditEntry
from tests.flows.mail_out.conftest import Desk, make_desk
from tests.shops.making import NOW, log_in, make_owner, make_person

pytestmark = pytest.mark.django_db
IP = "1.2.3.4"
ZONE = {
    ("good.example", "TXT"): ["something else", "v=spf1 include:relay.example -all"],
    ("relay.example", "TXT"): ["v=spf1 ip4:1.2.3.0/28 -all"],
    ("open.example", "TXT"): ["v=spf1 a mx"],
    ("open.example", "A"): [IP],
    ("loop.example", "TXT"): ["v=spf1 include:loop.example -all"],
    ("other.example", "TXT"): ["v=spf1 ip4:198.51.100.1 ip4:nonsense -all"],
    ("twice.example", "TXT"): ["v=spf1 -all", "v=spf1 ~all"],
    ("_dmarc.good.example", "TXT"): ["v=DMARC1; p=reject"],
    ("_dmarc.open.example", "TXT"): ["v=DMARC1; p=none"],
    ("4.3.2.1.in-addr.arpa", "PTR"): ["mx.relay.example."],
    ("mx.relay.example", "A"): [IP],
    ("good.example", "MX"): ["10 mx.relay.example"],
}


def ask(name: str, kind: str) -> Sequence[str]:
    """Answer from the zone above."""
    if name.endswith("silent.example"):
        raise NoAnswer
    return ZONE.get((name, kind), [])


@pytest.fixture
def desk() -> Desk:
    """A shop that writes from good.example."""
    made = make_desk("posting")
    made.team.address = "care@good.example"
    made.team.save()
    return made


@pytest.fixture
def owner(desk: Desk) -> Client:
    """Its owner."""
    return log_in(make_owner(desk.shop))


def _url(name: str, *parts: object) -> str:
    return reverse(name, args=["posting", *parts])


@pytest.mark.parametrize(
    ("domain", "tone"),
    [("good", "good"), ("open", "warn"), ("loop", "bad"), ("other", "bad"), ("twice", "bad"), ("none", "bad")],
)
def test_spf_is_read_as_a_receiver_reads_it(domain: str, tone: str) -> None:
    assert deliverability.check_spf(ask, f"{domain}.example", IP).tone == tone


def test_what_the_dns_does_not_say_is_not_guessed() -> None:
    assert deliverability.check_spf(ask, "silent.example", IP).tone == "unknown"
    assert deliverability.check_dmarc(ask, "silent.example").tone == "unknown"
    assert deliverability.check_mx(ask, "silent.example").tone == "unknown"
    tones = [deliverability.check_dmarc(ask, f"{name}.example").tone for name in ("good", "open", "none")]
    assert tones == ["good", "warn", "bad"]
    names = [deliverability.check_reverse_name(ask, ip).tone for ip in (IP, "1.2.3.5", "")]
    assert names == ["good", "bad", "unknown"]


def test_a_key_signs_only_once_the_dns_shows_it(desk: Desk, owner: Client, monkeypatch: Any, settings: Any) -> None:
    monkeypatch.setattr(checking, "ask_dns", ask)
    options = {"host": IP, "port": 25}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
    assert owner.post(_url("settings_mail_key", "elsewhere.example")).status_code == 404
    owner.post(_url("settings_mail_key", "good.example"))
    key = signing_keys.find(desk.shop.pk, "good.example")
    assert key is not None
    assert signing.write_record(key.public) in owner.get(_url("settings_mail")).content.decode()
    assert key.private not in owner.get(_url("settings_mail")).content.decode()
    owner.post(_url("settings_mail_sign", "good.example"), {"sign": "1"})
    assert signing_keys.find_signer(desk.shop.pk, "good.example", settings.SECRET_KEY) is None
    record = signing.write_record(key.public)
    monkeypatch.setitem(ZONE, (f"{key.selector}._domainkey.good.example", "TXT"), [record])
    owner.post(_url("settings_mail_sign", "good.example"), {"sign": "1"})
    assert signing_keys.find_signer(desk.shop.pk, "good.example", settings.SECRET_KEY) is not None
    page = owner.get(_url("settings_mail_check"), {"domain": "good.example"}).content.decode()
    assert page.count('<span class="badge good">') == 5
    owner.post(_url("settings_mail_sign", "good.example"), {"sign": "0"})
    assert signing_keys.find_signer(desk.shop.pk, "good.example", settings.SECRET_KEY) is None
    assert AuditEntry.objects.filter(action__in=["signing_key_made", "signing_changed"]).count() == 3


def test_what_did_not_arrive_is_listed_and_sent_again(desk: Desk, owner: Client) -> None:
    message = desk.write("anna@customer.example")
    row = Outgoing.objects.get(message=message)
    row.recipients[0].update(state="bounced", code="5.1.1", detail="no <b>such</b> user")
    Outgoing.objects.filter(pk=row.pk).update(
        state="bounced", code="5.1.1", detail="no <b>such</b> user", recipients=row.recipients, attempts=1
    )
    page = owner.get(_url("settings_mail")).content.decode()
    assert "no &lt;b&gt;such&lt;/b&gt; user" in page
    assert owner.post(_url("settings_mail_resend", row.public_id)).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.recipients[0]["state"], row.mail_id) == ("queued", "queued", row.mail_id)
    assert owner.post(_url("settings_mail_resend", row.public_id)).status_code == 404


def test_the_suppression_list_is_added_to_searched_and_lifted(desk: Desk, owner: Client) -> None:
    address = _url("settings_suppressed")
    assert owner.post(address, {"address": "not one", "scope": "all"}).status_code == 422
    assert owner.post(address, {"address": "Anna@Customer.example", "scope": "all"}).status_code == 302
    assert suppression.find(desk.shop.pk, ["anna@customer.example"])["anna@customer.example"].scope == "all"
    assert "anna@customer.example" in owner.get(address, {"q": "anna@"}).content.decode()
    assert "No such address" in owner.get(address, {"q": "ben", "page": "99999999999"}).content.decode()
    (entry,) = suppression.list_entries(desk.shop.pk, "", 1)
    owner.post(_url("settings_suppressed_lift", entry.pk))
    assert suppression.find(desk.shop.pk, ["anna@customer.example"]) == {}
    assert owner.post(_url("settings_suppressed_lift", entry.pk)).status_code == 404


def test_a_test_mail_goes_to_who_asks_and_only_owners_come_here(desk: Desk, owner: Client) -> None:
    owner.post(_url("settings_mail_test"))
    assert Outgoing.objects.get().recipients[0]["address"] == "owner@example.com"
    assert log_in(make_person(desk.shop, "marketer")).get(_url("settings_mail")).status_code == 403


def test_an_erased_person_stays_suppressed(desk: Desk) -> None:
    reason, scope = suppression.Reason.UNSUBSCRIBED, suppression.Scope.MARKETING
    suppression.suppress(desk.shop.pk, "anna@customer.example", reason, scope, int(NOW.timestamp() * 1e6))
    suppression.forget_address(desk.shop.pk, "ANNA@customer.example")
    (entry,) = suppression.list_entries(desk.shop.pk, "", 1)
    assert entry.address == ""
    assert suppression.find(desk.shop.pk, ["anna@customer.example"])
