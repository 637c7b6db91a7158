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
