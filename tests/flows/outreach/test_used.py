"""What mail was used for: prior relation at the moment of sending, words beyond buying, robots left out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kizuna.flows.outreach import outcome, sending, used
from kizuna.outreach import usage
from kizuna.outreach.models import Target
from kizuna.outreach.plays import Purpose
from kizuna.outreach.who import Who
from kizuna.relationships.models import Move
from kizuna.science import periods
from kizuna.tracking.models import Fact
from tests.flows.making import DAY, make_books, make_shop
from tests.flows.outreach.asked import ALWAYS, DRAFT, NOON, NOW_US, people, running

pytestmark = pytest.mark.django_db
MARCH = periods.epoch_us(datetime(2026, 3, 1, tzinfo=UTC))


def test_strangers_robots_and_words_are_told_apart() -> None:
    books = make_books()
    friend, writer, stranger, late = (books.customer() for _ in range(4))
    books.order(friend, MARCH - 40 * DAY)
    books.mail(writer, MARCH - 50 * DAY)
    for each in (friend, writer, stranger, late):
        books.fact(each, MARCH + 2 * DAY, "Email Sent")
    books.order(late, MARCH + 3 * DAY)
    books.fact(late, MARCH + 9 * DAY, "Email Sent")
    books.mail(friend, MARCH + 3 * DAY)
    books.fact(friend, MARCH + 3 * DAY, "Wish Expressed")
    books.fact(stranger, MARCH + 3 * DAY, "Email Opened")
    Fact.objects.filter(name="Email Opened").update(properties={"machine": True})
    books.fact(writer, MARCH + 4 * DAY, "Email Opened")
    books.fact(stranger, MARCH + 4 * DAY, "Email Marked as Spam")
    books.fact(friend, MARCH - DAY, "Email Sent")
    used.reckon(books.shop, NOW_US + 10 * DAY)
    months = usage.list_months(books.shop.pk)
    assert [view.month for view in months][-1] == (2026 - 1970) * 12 + 2
    month = months[-1].figures
    assert (month.sent, month.to_related, month.people, month.spoke) == (5, 3, 4, 1)
    assert (month.replies, month.wishes, month.opened, month.by_machines) == (1, 1, 1, 1)
    assert (month.complaints, month.unsubscribed) == (1, 0)
    assert months[-2].figures.sent == 1
    used.reckon(books.shop, NOW_US + 11 * DAY)
    assert len(usage.list_months(books.shop.pk, 50)) == 12


def test_to_strengthen_is_judged_beside_those_not_written_to() -> None:
    shop = make_shop()
    people(shop, 120, "B")
    wanted = Who(segments=("B",), silent_days=None)
    play = running(shop, replace(DRAFT, who=wanted, purpose=Purpose.STRENGTHEN, hold_out=0.5, success_days=60), ALWAYS)
    while sending.send_some(shop, play, NOON):
        pass
    sent = list(Target.objects.filter(state="sent").values_list("customer_id", flat=True))
    held = list(Target.objects.filter(state="held").values_list("customer_id", flat=True))
    moved = [*sent[:30], *held[:5]]
    days = dict.fromkeys(moved, 10) | {sent[30]: 70}
    Move.objects.bulk_create(
        Move(shop_id=shop.pk, customer_id=customer, at_us=NOW_US + day * DAY, from_segment="B", to_segment="A")
        for customer, day in days.items()
    )
    early = outcome.movement(shop, play, NOW_US + 30 * DAY)
    assert early is not None
    assert (early.pending, early.written.whole, early.shown) == (120, 0, False)
    found = outcome.movement(shop, play, NOW_US + 61 * DAY)
    assert found is not None
    assert (found.written.number, found.held.number, found.pending) == (30, 5, 0)
    assert found.shown
    assert found.difference.low > 0
