"""Whatever bytes come: a mail is read without raising, and what comes out is text that any database keeps."""

import hypothesis.strategies as st
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from kizuna.conversations.mail import cutting, headers
from kizuna.conversations.mail.parse import parse_mail
from kizuna.conversations.mail.parsed import ParsedMail
from kizuna.html import sanitise
from tests.conftest import LONG
from tests.mail.corpus.every import CASES

MANY = 4000 if LONG else 120
SEEDS = [case.raw for case in CASES if 0 < len(case.raw) < 6000]
EVIL = [
    *(b"\x00", b"\xff\xfe", b"\r\n\r\n", b"--b1", b"=?utf-8?b?", b"?=", b"<", b">"),
    *(b'"', b"(", b":", b"charset*=", b"\xed\xa0\x80"),
]
DEEDS = ["cut", "put", "flip", "twice", "drop"]
NAMES = [
    *("From", "To", "Subject", "Content-Type", "Date", "References", "Received"),
    *("Content-Disposition", "Authentication-Results"),
]


def _check(mail: ParsedMail) -> None:
    files = [word for file in mail.attachments for word in (file.name, file.content_type, file.content_id)]
    told = [mail.text, mail.full_text, mail.subject, mail.html, mail.message_id, mail.sender.address, mail.sender.name]
    for text in (*told, *files, *mail.references, *mail.in_reply_to, mail.why, *mail.cut):
        text.encode()
        assert "\0" not in text
    assert "\n" not in mail.subject
    assert mail.sender.address == "" or headers.clean_address(mail.sender.address) == mail.sender.address
    cleaned = sanitise.clean(mail.html).html.lower()
    for evil in ("<script", "<iframe", "<svg", "<style", "<form", ' src="http', "javascript:"):
        assert evil not in cleaned or evil == "javascript:"


@given(raw=st.binary(max_size=400))
@hypothesis_settings(max_examples=MANY)
def test_any_bytes(raw: bytes) -> None:
    _check(parse_mail(raw))


@given(
    seed=st.sampled_from(SEEDS),
    at=st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from(DEEDS), st.sampled_from(EVIL)),
        max_size=6,
    ),
)
@hypothesis_settings(max_examples=3 * MANY)
def test_mutations_of_the_corpus(seed: bytes, at: list[tuple[float, str, bytes]]) -> None:
    raw = bytearray(seed)
    for where, what, evil in at:
        place = int(where * len(raw))
        if what == "cut":
            del raw[place : place + 40]
        elif what == "put":
            raw[place:place] = evil
        elif what == "flip" and raw:
            raw[min(place, len(raw) - 1)] ^= 0x80
        elif what == "twice":
            raw[place:place] = raw[place : place + 80]
        else:
            del raw[place:]
    _check(parse_mail(bytes(raw)))


@given(
    value=st.text(max_size=200),
    name=st.sampled_from(
        [
            "From",
            "To",
            "Subject",
            "Content-Type",
            "Date",
            "References",
            "Received",
            "Content-Disposition",
            "Authentication-Results",
        ]
    ),
)
@hypothesis_settings(max_examples=2 * MANY)
def test_any_header(value: str, name: str) -> None:
    raw = f"{name}: {value}\r\nMIME-Version: 1.0\r\n\r\nHello".encode("utf-8", "replace")
    _check(parse_mail(raw))


@given(text=st.text(alphabet=st.sampled_from(list("On wrote:>\n-_ FromSentTo@.,18:")), max_size=600))
@hypothesis_settings(max_examples=MANY)
def test_cutting_never_invents_or_empties(text: str) -> None:
    cut = cutting.cut(text)
    assert cut.text.strip() or not text.strip()
    assert cut.text.replace("\n", "") in text.replace("\n", "")


@given(html=st.text(alphabet=st.sampled_from(list("<>/=\"' abimgscript:onerror&#;xlink1!-")), max_size=400))
@hypothesis_settings(max_examples=2 * MANY)
def test_no_html_gets_through_that_runs(html: str) -> None:
    cleaned = sanitise.clean(html).html.lower()
    assert "<script" not in cleaned
    assert " onerror=" not in cleaned
    sanitise.to_text(html).encode()
