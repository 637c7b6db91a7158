"""The corpus: every mail is read without raising, and as its case expects."""

from collections.abc import Callable
from typing import Any

import pytest

from kizuna.conversations.mail import senders
from kizuna.conversations.mail.parse import parse_mail
from kizuna.conversations.mail.parsed import ParsedMail
from kizuna.html import sanitise
from tests.mail.corpus.case import Case
from tests.mail.corpus.every import CASES

RECEIVER = "mx.shop.example"


def _failure(mail: ParsedMail, wanted: dict[str, Any]) -> bool:
    assert mail.report is not None
    first = mail.report.failures[0]
    told = {name: getattr(first, name, None) for name in wanted}
    told |= {"message_id": mail.report.message_id} if "message_id" in wanted else {}
    assert told == wanted
    return True


def _failures(mail: ParsedMail, wanted: list[tuple[str, bool]]) -> bool:
    return mail.report is not None and [(each.address, each.hard) for each in mail.report.failures] == wanted


def _clean(mail: ParsedMail) -> str:
    return sanitise.clean(mail.html).html


CHECKS: dict[str, Callable[[ParsedMail, Any], bool]] = {
    "text_has": lambda mail, wanted: wanted in mail.text,
    "cut_of_text": lambda mail, wanted: bool(mail.full_text) is wanted,
    "html_has": lambda mail, wanted: wanted in mail.html,
    "clean_has": lambda mail, wanted: wanted in _clean(mail),
    "clean_lacks": lambda mail, wanted: not any(each in _clean(mail) for each in wanted),
    "files": lambda mail, wanted: [each.name for each in mail.attachments] == wanted,
    "files_count": lambda mail, wanted: len(mail.attachments) == wanted,
    "longest_name": lambda mail, wanted: max(len(each.name) for each in mail.attachments) <= wanted,
    "problem": lambda mail, wanted: wanted in mail.problems,
    "cut": lambda mail, wanted: any(wanted in each for each in mail.cut),
    "name": lambda mail, wanted: mail.sender.name == wanted,
    "sender": lambda mail, wanted: mail.sender.address == wanted,
    "sender_lacks": lambda mail, wanted: wanted not in mail.sender.address,
    "to_has": lambda mail, wanted: wanted in [each.address for each in mail.to],
    "to_count": lambda mail, wanted: len(mail.to) == wanted,
    "references_most": lambda mail, wanted: len(mail.references) <= wanted,
    "message_id_lacks": lambda mail, wanted: wanted not in mail.message_id,
    "message_id_most": lambda mail, wanted: len(mail.message_id) <= wanted,
    "meeting": lambda mail, wanted: (mail.meeting.summary if mail.meeting else None) == wanted,
    "failure": _failure,
    "failures": _failures,
    "feedback": lambda mail, wanted: mail.report is not None and mail.report.feedback == wanted,
    "check": lambda mail, wanted: senders.read_results(mail, RECEIVER) == wanted,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mail_is_read_as_expected(case: Case) -> None:
    mail = parse_mail(case.raw, case.mail_from)
    for name, wanted in case.expect.items():
        if name in CHECKS:
            assert CHECKS[name](mail, wanted), (name, wanted, mail)
        else:
            assert getattr(mail, name) == wanted, (name, mail)
    for text in (mail.text, mail.full_text, mail.subject, mail.sender.name, mail.html, mail.message_id):
        text.encode()
        assert "\0" not in text


def test_the_corpus_is_large_and_names_each_case_once() -> None:
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)
