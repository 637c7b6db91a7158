"""What investments brought: against others alike where they do something and where they do nothing; cost by channel."""

import numpy as np
import pytest

from kizuna.conversations import teams, threads
from kizuna.conversations.models import Conversation
from kizuna.conversations.threads import Channel, NewConversation
from kizuna.flows import investment_report, snapshots
from kizuna.flows.investment_report import HORIZON_DAYS
from kizuna.relationships import investments
from kizuna.relationships.investments import Booking
from kizuna.sales.models import Order
from kizuna.science import periods
from kizuna.shops.models import Shop
from tests.flows.making import DAY, Books
from tests.shops.making import NOW, make_shop

pytestmark = pytest.mark.django_db
NOW_US = periods.epoch_us(NOW)
START_US = NOW_US - 300 * DAY


def _order(shop: Shop, identity: int, ref: str, at_us: int, amount: int) -> Order:
    return Order(
        shop=shop, identity_id=identity, source_ref=ref, placed_us=at_us, day=at_us // DAY, month=0, currency="EUR",
        original_revenue_minor=amount, rate=1, revenue_minor=amount, goods_revenue_minor=amount, goods_cost_minor=0,
        net_profit_minor=amount, cost_assumed=False, is_purchase=True,
    )  # fmt: skip


def trade(books: Books, gain: int, customers: int = 80) -> list[int]:
    """Customers who buy about monthly; half are invested in at day 150, and then bring so much more an order."""
    random = np.random.default_rng(4)
    chosen, orders = [], []
    for number in range(customers):
        identity = books.customer(f"who-{number}")
        level, invested = int(random.integers(500, 5000)), number % 2 == 0
        for month in range(10):
            at_us = START_US + round((month * 30 + random.uniform(0, 20)) * DAY)
            extra = gain if invested and at_us > START_US + 150 * DAY else 0
            orders.append(_order(books.shop, identity, f"{number}-{month}", at_us, level + extra))
        if invested:
            chosen.append(identity)
            booking = Booking(identity, "goods", 250, START_US + 150 * DAY, "wish", str(number))
            assert investments.book(books.shop.pk, booking)
    Order.objects.bulk_create(orders)
    snapshots.make_snapshot(books.shop, START_US + 149 * DAY, snapshots.IMPORTED, NOW)
    snapshots.settle_present(books.shop, NOW)
    return chosen


@pytest.mark.parametrize(("gain", "shows"), [(0, False), (4000, True)])
def test_others_alike_tell_what_an_investment_did(gain: int, shows: bool) -> None:
    books = Books(make_shop(f"gain-{gain}", "EUR"))
    chosen = trade(books, gain)
    body = investment_report.refresh(books.shop, NOW).body
    told = body["comparison"]["all"]
    assert told["matched"] + told["unmatched"] == len(chosen)
    assert told["matched"] >= len(chosen) / 2
    assert (told["low"] > 0) is shows
    assert told["low"] < gain * HORIZON_DAYS / 30 < told["high"] * 1.3 + 1
    assert sum(row["invested_minor"] for row in body["by_segment"]) == 250 * len(chosen)
    assert sum(sum(row["segments"].values()) for row in body["by_month"]) == 250 * len(chosen)
    assert body["by_kind"] == {"goods": 250 * len(chosen)}


def test_cost_per_resolved_contact_counts_closed_conversations_once() -> None:
    books = Books(make_shop("channels", "EUR"))
    identity, team = books.customer(), teams.ensure_default(books.shop.pk)
    for place, channel in enumerate((Channel.EMAIL, Channel.EMAIL, Channel.PHONE, Channel.EMAIL)):
        talk = threads.open_conversation(books.shop.pk, NewConversation(team.pk, channel, identity_id=identity), NOW_US)
        if place < 3:
            Conversation.objects.filter(pk=talk.pk).update(state="closed", closed_us=NOW_US)
        for part in ("a", "b"):
            booking = Booking(identity, "channel", 100, NOW_US, "message", f"{place}{part}", conversation_id=talk.pk)
            investments.book(books.shop.pk, booking)
    rows = investment_report.refresh(books.shop, NOW).body["channels"]
    assert {(row["channel"], row["resolved"], row["cost_minor"]) for row in rows} == {
        ("email", 2, 400),
        ("phone", 1, 200),
    }


def test_a_shop_without_anything_has_an_empty_report() -> None:
    body = investment_report.refresh(make_shop("none", "EUR"), NOW).body
    assert (body["by_segment"], body["by_month"], body["channels"], body["comparison"]["all"]) == ([], [], [], None)
