"""Responses to the shop's mails: a mail counts once, machines never, and nothing of it is in the stock E."""

from zoneinfo import ZoneInfo

import pytest

from kizuna.tracking import journal, plan, responsiveness
from kizuna.tracking.journal import NewFact
from kizuna.tracking.responsiveness import Response

SHOP, OTHER = 71, 72
UTC = ZoneInfo("UTC")

pytestmark = pytest.mark.django_db


def record(name: str, at: int, identity: int = 5, shop: int = SHOP, **said: object) -> None:
    """Store one fact of a mail."""
    shape = plan.shape_of(name)
    journal.record(shop, UTC, [NewFact(identity, 1, at, at, shape, f"m{at}-{shop}", dict(said), None, False)])


def test_what_people_do_with_mails_counts_once_a_mail_over_all_identities() -> None:
    for number in range(4):
        record("Email Sent", number, email_id=f"nl{number}")
    record("Email Opened", 10, email_id="nl0")
    record("Email Opened", 11, email_id="nl0", identity=6)
    record("Email Link Clicked", 12, email_id="nl0")
    record("Email Opened", 13, email_id="nl1", machine=True)
    record(plan.EMAIL_RECEIVED, 14, in_reply_to="nl2", subject="Re: news")
    record(plan.EMAIL_RECEIVED, 15, subject="A question of my own")
    record("Email Opened", 16, email_id="nl3", shop=OTHER)
    found = responsiveness.read(SHOP, [5, 6])
    assert found == Response(sent=4, opened=1, clicked=1, answered=1, responded=2)
    assert found.ratio == 0.5


def test_where_nothing_was_sent_there_is_no_ratio() -> None:
    record("Email Opened", 1, email_id="forged")
    assert responsiveness.read(SHOP, [5]).ratio is None
    record("Email Sent", 2, email_id="real")
    record("Email Opened", 3, email_id="real")
    assert responsiveness.read(SHOP, [5]).ratio == 1.0
