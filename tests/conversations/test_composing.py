"""Mails as bytes: what is written can be read again, nothing from outside adds a header, signatures hold."""

import base64
from datetime import UTC, datetime
from email import message_from_bytes, policy

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.conversations import composing, signing
from kizuna.conversations.composing import Letter, Part, Quoted, Words

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINES = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=200)


def _letter(**fields: object) -> Letter:
    told = {"subject": "A kettle", "text": "Hello.", "html": "<p>Hello.</p>", "to": ["anna@customer.example"], **fields}
    return Letter("1@shop.example", AT, "care@shop.example", "Care", **told)  # type: ignore[arg-type]


@given(LINES, LINES, LINES)
def test_whatever_is_written_arrives_and_adds_no_header(subject: str, name: str, text: str) -> None:
    letter = Letter("1@shop.example", AT, "care@shop.example", name, ["anna@customer.example"], subject, text, "")
    raw = composing.render(letter)
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    mail = message_from_bytes(raw, policy=policy.default)
    assert sorted({key.lower() for key in mail}) == sorted(
        ["message-id", "date", "from", "to", "subject", "mime-version", "content-type", "content-transfer-encoding"]
    )
    assert [each.addr_spec for each in mail["From"].addresses] == ["care@shop.example"]
    assert mail["To"] == "anna@customer.example"
    got = mail.get_content().replace("\r\n", "\n")
    assert got == text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def test_headers_of_others_cannot_be_added() -> None:
    for fields in (
        {"reply_to": "a@b.example\r\nBcc: x@y.example"},
        {"to": ["a@b.example, c@d.example"]},
        {"to": ["a@b.example>\r\nRCPT TO:<x@y.example"]},
        {"headers": [("X-A: b\r\nBcc", "x")]},
    ):
        with pytest.raises(ValueError, match=r"address|header"):
            composing.render(_letter(**fields))
    raw = composing.render(_letter(in_reply_to="a@b>\r\nBcc: x@y.example\r\nX: <", headers=[("X-A", "b\r\nBcc: x@y")]))
    assert b"\r\nBcc" not in raw


def test_files_and_images_go_where_they_belong() -> None:
    image = Part("logo.png", "image/png", b"\x89PNG", "logo@shop")
    paper = Part('Rechnung "März".pdf', "application/pdf", b"%PDF" * 100)
    odd = Part("../../x\r\nX: y.html", "text/html\r\nX: y", b"<b>")
    mail = message_from_bytes(composing.render(_letter(parts=[image, paper, odd])), policy=policy.default)
    assert mail.get_content_type() == "multipart/mixed"
    related = next(iter(mail.iter_parts()))
    assert related.get_content_type() == "multipart/related"
    kinds = [part.get_content_type() for part in related.iter_parts()]
    assert kinds == ["multipart/alternative", "image/png"]
    files = list(mail.iter_attachments())[-2:]
    assert [part.get_content_type() for part in files] == ["application/pdf", "application/octet-stream"]
    assert files[0].get_filename() == "Rechnung 'März'.pdf"
    assert base64.b64decode(str(files[0].get_payload())) == b"%PDF" * 100


def test_a_body_has_signature_history_and_the_way_out() -> None:
    quoted = Quoted("Anna <b>", "1 Mar", "one\n\ntwo & <three>")
    text, html = composing.write_body(Words("Yes: https://shop.example/a?b=1&c=2.", "", "Care", quoted, "https://u/1/"))
    assert text.split("\n\n")[1:3] == ["-- \nCare", "On 1 Mar, Anna <b> wrote:\n> one\n>\n> two & <three>"]
    assert '<a href="https://shop.example/a?b=1&amp;c=2">' in html
    assert "two &amp; &lt;three&gt;" in html
    assert "<b>" not in html
    assert text.strip().endswith("https://u/1/")


def test_references_keep_the_first_and_the_newest() -> None:
    ids = [f"{number}@x" for number in range(40)]
    kept = composing.trim_references([*ids, "39@x", ""])
    assert (kept[0], kept[-1], len(kept)) == ("0@x", "39@x", composing.MOST_REFERENCES)


@pytest.fixture(scope="module")
def key() -> tuple[str, str]:
    """A key as it is stored, and its public half."""
    return signing.make_key("secret")


@settings(max_examples=12)
@given(text=st.text(alphabet="ab .\t\n€", max_size=80))
def test_dkimpy_accepts_what_we_sign_and_nothing_that_was_changed(key: tuple[str, str], text: str) -> None:
    signer = signing.Signer("shop.example", "kizuna1", signing.open_key("secret", key[0]))
    raw = composing.render(_letter(text=text, subject="A  long   subject " * 8, cc=["ben@customer.example"]))
    signed = signing.sign(raw, signer, int(AT.timestamp()))

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        assert name.decode().rstrip(".") == "kizuna1._domainkey.shop.example"
        return signing.write_record(key[1]).encode()

    assert dkim.verify(signed, dnsfunc=look_up)
    assert not dkim.verify(signed.replace(b"\r\nTo: anna", b"\r\nTo: hannah"), dnsfunc=look_up)
    assert not dkim.verify(signed.replace(b"\r\nDate", b"\r\nFrom: x@y.example\r\nDate", 1), dnsfunc=look_up)
    assert not dkim.verify(signed.replace(b"<p>Hello", b"<p>Goodbye"), dnsfunc=look_up)


def test_a_key_is_read_with_the_secret_it_was_stored_under_only(key: tuple[str, str]) -> None:
    with pytest.raises(signing.Unreadable):
        signing.open_key("another secret", key[0])
