"""Verifying a signature ourselves: only the sender's own domain, only as it stands, and nothing that raises."""

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

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
