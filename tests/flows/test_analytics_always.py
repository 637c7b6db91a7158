"""Whatever happened in whatever order, sealed or not: the views over a holding say what the database says."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.customers import merging
from kizuna.flows import analytics, analytics_check, analytics_sealing, analytics_upkeep, orders
from kizuna.flows.orders import CancelDraft, RefundDraft
from kizuna.warehouse.engines import open_engine
from kizuna.warehouse.models import Erased
from kizuna.warehouse.schema import EV, LINE
from tests.flows import held
from tests.flows.making import DAY, START, Books, make_books
from tests.flows.test_analytics import FIRST, NOW

pytestmark = pytest.mark.django_db
EXAMPLES = 100 if os.environ.get("KIZUNA_TEST_LONG") else 5
IN_AN_HOUR = datetime.now(UTC) + timedelta(minutes=61)

acts = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("page", "mail", "order", "order", "correct", "correct", "refund", "cancel", "merge", "unmerge"),
                *("seal", "seal", "seal", "compact", "erase", "clean", "rebuild", "sweep"),
            ]
        ),
        st.integers(0, 3),
        st.integers(1, 50),
    ),
    min_size=5,
    max_size=30,
)


class World:
    """Four customers of a shop, and everything that may happen to them and their files."""

    def __init__(self) -> None:
        self.books: Books = make_books()
        self.shop = self.books.shop
        self.identities = [self.books.customer(f"c{number}") for number in range(4)]
        self.merges: list[int] = []

    def act(self, what: str, who: int, size: int) -> None:
        """Let one thing happen."""
        deeds: dict[str, Callable[[int, int], Any]] = {
            "page": lambda who, size: self.books.page(self.identities[who], START + size * DAY),
            "mail": lambda who, size: self.books.mail(self.identities[who], START + size * DAY),
            "order": self._order,
            "correct": self._order,
            "refund": self._refund,
            "cancel": lambda who, size: orders.cancel_orders(
                self.shop, [CancelDraft(f"A{who}{size % 3}", START + size * DAY)]
            ),
            "merge": self._merge,
            "unmerge": self._unmerge,
            "seal": lambda *_: analytics.seal(self.shop, NOW),
            "compact": lambda *_: analytics_upkeep.compact(self.shop, NOW),
            "erase": lambda who, _: analytics_upkeep.erase(self.shop, [self.identities[who]], NOW),
            "clean": lambda *_: analytics_upkeep.clean(self.shop, NOW),
            "rebuild": lambda *_: analytics_upkeep.rebuild(self.shop, NOW),
            "sweep": lambda *_: analytics_upkeep.clean(self.shop, IN_AN_HOUR),
        }
        deeds[what](who, size)

    def _order(self, who: int, size: int) -> None:
        """A new order, or the same one with another total, sometimes told of another customer."""
        told = replace(FIRST, source_ref=f"A{who}{size % 3}", total=Decimal(size), placed_us=START + size * DAY)
        orders.record_orders(self.shop, [(self.identities[(who + size // 40) % 4], told)])

    def _refund(self, who: int, size: int) -> None:
        told = RefundDraft(f"R{who}{size % 3}", START + size * DAY, "EUR", Decimal(size), f"A{who}{size % 3}")
        orders.record_refunds(self.shop, [(self.identities[who], told)])

    def _merge(self, who: int, size: int) -> None:
        one, other = (self.books.customer_of(self.identities[each % 4]) for each in (who, who + 1 + size % 3))
        if one != other:
            self.merges.append(merging.merge(self.shop.pk, one, other, None, NOW).merge_id)

    def _unmerge(self, _who: int, size: int) -> None:
        if self.merges:
            try:
                merging.unmerge(self.shop.pk, self.merges.pop(size % len(self.merges)), NOW)
            except merging.CannotUnmerge:
                return

    def check(self) -> None:
        """Compare every row and column of both views with the database."""
        gone = set(Erased.objects.filter(shop_id=self.shop.pk).values_list("identity_id", flat=True))
        expected = [row for row in held.expected(self.shop) if not gone & {row["identity_id"], row["visitor_id"]}]
        holding = analytics.hold(self.shop)
        with open_engine("duckdb", holding) as session:
            for view, columns, key in (("event", EV, "ev_id"), ("order_line", LINE, "line_id")):
                asked = session.ask(f"SELECT {', '.join(columns)} FROM {view} ORDER BY {key}", columns)
                found = [dict(zip(columns, row, strict=True)) for row in zip(*asked.values(), strict=True)]
                dataset = "ev" if view == "event" else "line"
                assert found == held.read(holding, dataset)
                if view == "event":
                    assert found == expected
        assert analytics_check.verify(self.shop).differences == []


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acted=acts)
def test_the_views_over_a_holding_say_what_the_database_says(
    acted: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home: Path = tmp_path_factory.mktemp("home")
    with override_settings(HOME=home), pytest.MonkeyPatch.context() as patch:
        patch.setattr(analytics_sealing, "PIECE_ROWS", 5)
        patch.setattr("kizuna.tracking.portions.AT_ONCE", 3)
        patch.setattr("kizuna.sales.portions.AT_ONCE", 2)
        patch.setattr("kizuna.tables.moments.LOCK_MS", 60_000)  # a vacuum may hold a table for a while
        world = World()
        for what, who, size in acted:
            world.act(what, who, size)
        world.check()
        analytics.seal(world.shop, NOW)
        analytics_upkeep.clean(world.shop, NOW)
        analytics_upkeep.clean(world.shop, IN_AN_HOUR)
        assert not Erased.objects.filter(shop_id=world.shop.pk, done_us=None).exists()
        world.check()
