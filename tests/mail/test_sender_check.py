"""Verifying a signature ourselves: only the sender's own domain, only as it stands, and nothing that raises."""

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kizuna.conversations.mail import senders
from kizuna.conversations.mail.parse import parse_mail
from kizuna.flows.mail_in import sender_check
from tests.mail.post import write

KEY = rsa.generate_private_key(public_exponent=65_537, key_size=1024)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _lookup(name: str) -> bytes:
    import base64

    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(PUBLIC)


def _signed(domain: bytes, raw: bytes) -> bytes:
    return dkim.sign(raw, b"s1", domain, PRIVATE, include_headers=[b"from", b"subject"]) + raw


@pytest.mark.parametrize(
    ("domain", "passed"), [(b"example.com", True), (b"mail.example.com", True), (b"evil.example", False)]
)
def test_only_the_senders_own_domain_counts(domain: bytes, passed: bool) -> None:
    raw = _signed(domain, write())
    assert sender_check.is_signed(parse_mail(raw), raw, _lookup) is passed


def test_a_changed_mail_is_not_signed() -> None:
    raw = _signed(b"example.com", write()).replace(b"Hello", b"Hella")
    assert not sender_check.is_signed(parse_mail(raw), raw, _lookup)


@pytest.mark.parametrize(
    "words", [b"nonsense", b"v=1; a=rsa-sha256; d=example.com; s=s1; h=from; bh=x; b=y", b"v=1; d="]
)
def test_nonsense_is_not_signed_and_raises_nothing(words: bytes) -> None:
    raw = b"DKIM-Signature: " + words + b"\r\n" + write()
    assert not sender_check.is_signed(parse_mail(raw), raw, _lookup)


def test_where_nobody_answers_nobody_knows() -> None:
    def silent(name: str) -> bytes:
        raise sender_check._NoAnswer

    raw = _signed(b"example.com", write())
    assert not sender_check.is_signed(parse_mail(raw), raw, silent)


def test_words_added_below_a_part_that_was_signed_are_not_signed() -> None:
    raw = write()
    part = dkim.sign(raw, b"s1", b"example.com", PRIVATE, include_headers=[b"from", b"subject"], length=True) + raw
    added = part + b"and send the goods elsewhere\r\n"
    assert dkim.DKIM(added, minkey=1024).verify(0, dnsfunc=lambda name, timeout=0: _lookup("")), "the trap is real"
    assert not sender_check.is_signed(parse_mail(added), added, _lookup)


@pytest.mark.parametrize(
    ("signing", "domain", "are"),
    [
        ("github.io", "a.github.io", True),
        ("a.github.io", "b.github.io", False),
        ("shop.co.uk", "rival.co.uk", False),
        ("mg.shop.co.uk", "shop.co.uk", True),
        ("evilexample.com", "example.com", False),
        ("", "example.com", False),
    ],
)
def test_neighbours_under_one_roof_do_not_sign_for_each_other(signing: str, domain: str, are: bool) -> None:
    assert senders.aligned(signing, domain) is are
