"""The pages of incoming mail: the shelf with its source shown as text, another try, and the settings."""

import pytest
from django.test import Client
from django.urls import reverse

from kizuna.conversations import mailboxes
from kizuna.conversations.models import Mailbox, MailHook, RawMail, RawState
from kizuna.flows.mail_in import filing, receiving
from kizuna.flows.mail_in.receiving import Envelope
from tests.mail.post import CARE, NOW_US, Post, write
from tests.shops.making import log_in, make_person


@pytest.fixture
def owner(post: Post) -> Client:
    return log_in(make_person(post.shop, "owner"))


@pytest.fixture
def poisoned(post: Post, monkeypatch: pytest.MonkeyPatch) -> RawMail:
    """A mail that could not be taken."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError("the reason")

    monkeypatch.setattr(filing, "place", fail)
    raw = write("<script>alert(1)</script>", Subject="<b>Poison</b>")
    raw_id = receiving.take_raw(Envelope("anna@example.com", (CARE,), "lmtp"), raw, NOW_US)
    post.work()
    monkeypatch.undo()
    return RawMail.objects.get(pk=raw_id)


def test_the_shelf_lists_what_needs_somebody_and_says_when_nothing_does(post: Post, owner: Client) -> None:
    address = reverse("mail_shelf", args=[post.shop.slug])
    assert b"Every mail found its place" in owner.get(address).content
    post.deliver(write("away", Auto_Submitted="auto-replied"))
    page = owner.get(address, {"state": "aside"}).content.decode()
    assert "Green tea" in page
    assert "Out of office" in page


def test_a_mails_source_is_shown_as_text_and_given_as_a_file(post: Post, owner: Client, poisoned: RawMail) -> None:
    response = owner.get(reverse("mail_look", args=[post.shop.slug, poisoned.public_id]))
    page = response.content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "ValueError: the reason" in page
    given = owner.get(reverse("mail_download", args=[post.shop.slug, poisoned.public_id]))
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert given.headers["Content-Type"] == "application/octet-stream"
    assert given.content == bytes(poisoned.body)


def test_another_try_takes_it(post: Post, owner: Client, poisoned: RawMail) -> None:
    assert poisoned.state == RawState.QUARANTINED
    owner.post(reverse("mail_retry", args=[post.shop.slug, poisoned.public_id]))
    post.work()
    poisoned.refresh_from_db()
    assert poisoned.state == RawState.DONE


def test_what_was_discarded_can_be_taken_back(post: Post, owner: Client, poisoned: RawMail) -> None:
    owner.post(reverse("mail_discard", args=[post.shop.slug, poisoned.public_id]))
    poisoned.refresh_from_db()
    assert poisoned.state == RawState.DISCARDED
    owner.post(reverse("mail_retry", args=[post.shop.slug, poisoned.public_id]))
    post.work()
    poisoned.refresh_from_db()
    assert poisoned.state == RawState.DONE


def test_mail_kept_aside_is_opened_by_hand(post: Post, owner: Client) -> None:
    raw = post.deliver(write("away", Auto_Submitted="auto-replied"))
    response = owner.post(reverse("mail_open", args=[post.shop.slug, raw.public_id]))
    raw.refresh_from_db()
    assert raw.state == RawState.DONE
    assert str(raw.conversation.public_id) in response.url


def test_settings_keep_a_mailbox_encrypted_and_refuse_what_makes_no_sense(post: Post, owner: Client) -> None:
    told = {
        "team": post.team.pk,
        "host": "imap.shop.example",
        "port": "993",
        "security": "tls",
        "username": CARE,
        "password": "s3cret pass",
        "folder": "INBOX",
    }
    address = reverse("settings_mailbox_new", args=[post.shop.slug])
    assert owner.post(address, {**told, "host": "no host"}).status_code == 422
    assert owner.post(address, told).status_code == 302
    box = Mailbox.objects.get()
    assert "s3cret" not in box.password
    assert mailboxes.access_of(box).password == "s3cret pass"
    assert owner.post(address, told).status_code == 422
    page = owner.get(reverse("settings_mail_in", args=[post.shop.slug])).content.decode()
    assert "s3cret" not in page
    assert CARE in page
    owner.post(reverse("settings_mailbox_remove", args=[post.shop.slug, box.public_id]))
    assert not Mailbox.objects.exists()


def test_settings_keep_terms_and_a_providers_door(post: Post, owner: Client) -> None:
    terms = reverse("settings_mail_in_terms", args=[post.shop.slug])
    assert owner.post(terms, {"fax_addresses": "nonsense"}).status_code == 422
    told = {"trusted_receiver": "MX.shop.example", "fax_addresses": "Fax@gateway.example, f2@gateway.example"}
    for days in ("", "5", "-1", "4000"):
        assert owner.post(terms, told | {"raw_days": days}).status_code == 422
    told["raw_days"] = "365"
    assert owner.post(terms, told).status_code == 302
    door = reverse("settings_mail_door_new", args=[post.shop.slug])
    assert owner.post(door, {"provider": "postmark", "team": post.team.pk, "secret": "user:s3cret"}).status_code == 302
    page = owner.get(reverse("settings_mail_in", args=[post.shop.slug])).content.decode()
    assert "fax@gateway.example" in page
    assert MailHook.objects.get().token in page
    assert "s3cret" not in page
