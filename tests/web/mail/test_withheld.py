"""A mailbox whose server does not give a mail: asked for again, not passed by at once, and not for ever in the way."""

from types import SimpleNamespace
from typing import Any

import pytest

from kizuna.conversations import mailboxes
from kizuna.conversations.mailboxes import Access
from kizuna.conversations.models import RawMail, RawState
from kizuna.web.mail import imap
from tests.mail.post import NOW_US, make_post, write

pytestmark = pytest.mark.django_db


class _Busy:
    """Two mails; the first is refused so many times."""

    def __init__(self, refusals: int) -> None:
        self.left = refusals
        self.client = self
        self.folder = SimpleNamespace(status=lambda *_: {"UIDVALIDITY": 1})

    def uid(self, command: str, *told: str) -> tuple[str, list[Any]]:
        """Answer as IMAP does."""
        if command == "SEARCH":
            return "OK", [b"1 2"]
        if command == "STORE":
            return "OK", []
        number, what = told
        if number == "1" and self.left:
            self.left -= 1
            return "NO", [b"[SERVERBUG] try again"]
        mail = write(f"Mail {number}", Message_ID=f"<{number}@example.com>")
        size = f"{number} (UID {number} RFC822.SIZE {len(mail)})".encode()
        return "OK", [size] if "SIZE" in what else [(b"1 (BODY[] {9}", mail), b")"]


@pytest.mark.parametrize(("refusals", "states"), [(2, [RawState.PENDING] * 2), (99, ["quarantined", "pending"])])
def test_a_mail_that_is_refused_is_asked_for_again_and_holds_nobody_up(refusals: int, states: list[str]) -> None:
    post = make_post()
    mailbox = mailboxes.add(post.shop.pk, Access(post.team.pk, "127.0.0.1", 1, "none", "anna@customer.example", "x"))
    server: Any = _Busy(refusals)
    for _ in range(imap.MOST_REFUSALS):
        mailbox.refresh_from_db()
        try:
            imap.fetch_new(mailbox, server, NOW_US)
        except imap.Withheld:
            assert not RawMail.objects.exists(), "the next one does not overtake it"
    assert list(RawMail.objects.order_by("id").values_list("state", flat=True)) == states
