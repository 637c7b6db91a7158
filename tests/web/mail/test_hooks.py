"""Providers post mail: signatures are checked, what cannot be read is kept whole, an address alone opens nothing."""

import base64
import hashlib
import hmac
import json
import time

import pytest
from django.test import Client

from kizuna.conversations import mailboxes
from kizuna.conversations.models import MailHook, RawMail, RawState, Team
from kizuna.flows.mail_in import posting, taking
from kizuna.web.mail import forms
from tests.mail.post import CARE, Post, make_post, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(db: None) -> Post:
    return make_post()


def _basic(words: str) -> str:
    return "Basic " + base64.b64encode(words.encode()).decode()


def _postmark(post: Post, to: str = CARE) -> tuple[MailHook, str]:
    told = {
        "FromFull": {"Email": "anna@example.com", "Name": "Anna"},
        "ToFull": [{"Email": to, "Name": ""}],
        "CcFull": [],
        "BccFull": [],
        "OriginalRecipient": to,
        "Subject": "Grüner Tee",
        "MessageID": "a-b-c",
        "Date": "Sun, 22 Nov 2026 11:00:00 +0000",
        "TextBody": "Do you have it?",
        "HtmlBody": "",
        "Headers": [{"Name": "Message-ID", "Value": "<pm@example.com>"}],
        "Attachments": [],
    }
    return mailboxes.add_hook(post.shop.pk, post.team.pk, "postmark", "user:pass"), json.dumps(told)


def _send(hook: MailHook, body: str, words: str = "user:pass") -> int:
    headers = {"Authorization": _basic(words)} if words else {}
    address = f"/mail/in/{hook.provider}/{hook.token}/"
    return Client().post(address, body, content_type="application/json", headers=headers).status_code


def test_a_posted_mail_becomes_a_conversation(post: Post) -> None:
    hook, body = _postmark(post)
    assert _send(hook, body) == 200
    post.work()
    raw = RawMail.objects.get()
    assert raw.door == "webhook"
    assert raw.message.text == "Do you have it?"
    assert raw.message.subject == "Grüner Tee"
    assert raw.message.from_address == "anna@example.com"
    assert _send(hook, body) == 200
    assert RawMail.objects.count() == 1


@pytest.mark.parametrize("words", ["user:wrong", ""])
def test_without_the_secret_nothing_comes_in(post: Post, words: str) -> None:
    hook, body = _postmark(post)
    assert _send(hook, body, words) == 400
    assert not RawMail.objects.exists()


def test_an_unknown_door_does_not_exist(post: Post) -> None:
    hook, body = _postmark(post)
    hook.token = "x" * 43
    assert _send(hook, body) == 404
    assert Client().post("/mail/in/nobody/x/").status_code == 404


def test_what_cannot_be_read_is_kept_whole(post: Post) -> None:
    hook, _ = _postmark(post)
    assert _send(hook, '{"nonsense": 1}') == 200
    raw = RawMail.objects.get()
    assert raw.state == RawState.QUARANTINED
    assert b"nonsense" in bytes(raw.body)


def test_a_door_leads_into_no_other_shop(post: Post) -> None:
    make_post("other", "care@other.example")
    hook, body = _postmark(post, "care@other.example")
    assert _send(hook, body) == 200
    assert RawMail.objects.get().shop_id == post.shop.pk


def test_mailgun_signs_and_its_raw_form_is_taken(post: Post) -> None:
    Team.objects.create(shop=post.shop, name="Returns", address="returns@shop.example")
    hook = mailboxes.add_hook(post.shop.pk, post.team.pk, "mailgun", "signing-key")
    stamp, token = str(int(time.time())), "t" * 50
    signature = hmac.new(b"signing-key", f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    told = {
        "timestamp": stamp,
        "token": token,
        "signature": signature,
        "recipient": "returns@shop.example",
        "sender": "anna@example.com",
        "body-mime": write("Raw from Mailgun").decode(),
    }
    address = f"/mail/in/mailgun/{hook.token}/"
    assert Client().post(address, told).status_code == 200
    post.work()
    raw = RawMail.objects.get()
    assert raw.team.name == "Returns"
    assert raw.message.text == "Raw from Mailgun"
    assert Client().post(address, {**told, "signature": "0" * 64}).status_code == 400


MB = 1024 * 1024


def _with_file(body: str, size: int) -> str:
    file = base64.b64encode(b"x" * size).decode()
    told = {"Name": "long.bin", "ContentType": "application/octet-stream", "Content": file, "ContentLength": size}
    return json.dumps({**json.loads(body), "Attachments": [told]})


def _mailgun(post: Post, raw: bytes) -> tuple[MailHook, dict[str, str]]:
    hook = mailboxes.add_hook(post.shop.pk, post.team.pk, "mailgun", "signing-key")
    stamp, token = str(int(time.time())), "t" * 50
    signature = hmac.new(b"signing-key", f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    told = {"timestamp": stamp, "token": token, "signature": signature, "recipient": CARE, "sender": "anna@example.com"}
    return hook, {**told, "body-mime": raw.decode()}


def test_a_mail_far_above_what_pages_may_be_sent_comes_in_whole(post: Post) -> None:
    hook, body = _postmark(post)
    assert _send(hook, _with_file(body, 6 * MB)) == 200
    post.work()
    message = RawMail.objects.get().message
    assert [each.size for each in message.attachments.all()] == [6 * MB]


def test_a_large_raw_mail_in_a_form_comes_in_whole(post: Post) -> None:
    hook, told = _mailgun(post, write("A long letter.\n" + "word " * (6 * MB // 5)))
    address = f"/mail/in/mailgun/{hook.token}/"
    assert Client().post(address, told).status_code == 200
    assert RawMail.objects.get().size > 6 * MB
    assert Client().post(address, {**told, "signature": "0" * 64}).status_code == 400


def test_of_a_mail_that_is_too_large_the_beginning_is_kept_and_the_provider_hears_it(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "LARGEST", 2 * MB)
    hook, body = _postmark(post)
    assert [_send(hook, _with_file(body, 2 * MB)) for _ in range(2)] == [413, 413]
    raw = RawMail.objects.get()
    assert (raw.state, raw.size) == (RawState.QUARANTINED, posting.BEGINNING)
    assert "Ask the sender" in raw.problem
    assert b"anna@example.com" in bytes(raw.body)
    other, told = _mailgun(post, write("x" * (2 * MB)))
    assert Client().post(f"/mail/in/mailgun/{other.token}/", told).status_code == 406


def test_a_post_that_is_far_too_large_is_not_taken_apart(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MOST_READ", MB)
    hook, body = _postmark(post)
    assert _send(hook, _with_file(body, MB), "user:wrong") == 400
    assert not RawMail.objects.exists()
    assert _send(hook, _with_file(body, MB)) == 413
    assert RawMail.objects.get().state == RawState.QUARANTINED


def test_few_large_posts_are_read_at_once(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "_PATIENCE_S", 0.0)
    hook, body = _postmark(post)
    with forms.reading(forms.SMALL + 1), forms.reading(forms.SMALL + 1):
        assert _send(hook, _with_file(body, 5 * MB)) == 503
        assert _send(hook, body) == 200


@pytest.mark.long
def test_a_mail_of_the_largest_size_comes_in(post: Post) -> None:
    hook, body = _postmark(post)
    assert _send(hook, _with_file(body, 24 * MB)) == 200
    assert RawMail.objects.get().size > 24 * MB
