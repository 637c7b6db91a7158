"""Facts, visits, messages seen and arrivals in the database: exact whatever the order, counted, and apart by shop."""

import itertools
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from kizuna.science.periods import DAY_US
from kizuna.science.visits import sessionise
from kizuna.tracking import arrivals, columns, cursors, journal, plan, seen, timeline, visits
from kizuna.tracking.arrivals import ACCEPTED, Filters, NewArrival
from kizuna.tracking.cursors import Position
from kizuna.tracking.journal import NewFact
from kizuna.tracking.models import Channel, Visit
from kizuna.tracking.timeline import FactFilters
from tests.conftest import examples

MINUTE = 60_000_000
SHOP, OTHER = 71, 72
UTC = ZoneInfo("UTC")


def fact(at_us: int, name: str = plan.EMAIL_RECEIVED, identity: int = 5, *, mail: bool = True) -> NewFact:
    return NewFact(identity, 1, at_us, at_us, plan.shape_of(name), f"m{at_us}", {"n": at_us}, None, mail)


class TestVisits(TestCase):
    @settings(max_examples=examples(60))
    @given(
        st.lists(st.tuples(st.integers(1, 3), st.integers(0, 400)), min_size=1, max_size=25),
        st.lists(st.integers(1, 6), max_size=6),
    )
    def test_taken_in_any_order_and_portion_they_equal_a_full_cut(
        self, events: list[tuple[int, int]], portions: list[int]
    ) -> None:
        activity = [(key, minute * MINUTE) for key, minute in events]
        corrections: dict[tuple[int, int], int] = {}
        start = 0
        for size in [*portions, len(activity)]:
            for each in visits.take_in(SHOP, activity[start : start + size]):
                place = each.identity_id, each.happened_us
                corrections[place] = corrections.get(place, 0) + each.weight
            start += size
        owners, instants = (np.array(column, dtype=np.int64) for column in zip(*activity, strict=True))
        owner, first, last, pages = (column.tolist() for column in sessionise(owners, instants))
        stored = Visit.objects.filter(shop_id=SHOP).order_by("identity_id", "first_us")
        assert list(stored.values_list("identity_id", "first_us", "last_us", "pages")) == list(
            zip(owner, first, last, pages, strict=True)
        )
        assert {place: weight for place, weight in corrections.items() if weight} == dict.fromkeys(
            zip(owner, first, strict=True), 1
        )


@pytest.mark.django_db
class TestJournal:
    def test_at_most_three_mails_count_on_one_day_of_the_shop(self) -> None:
        tokyo = ZoneInfo("Asia/Tokyo")
        evening = 14 * 3600 * 1_000_000
        first = [fact(evening + minute * MINUTE) for minute in range(2)]
        assert journal.record(SHOP, tokyo, first) == [True, True]
        later = [fact(evening + 30 * MINUTE), fact(evening + 40 * MINUTE), fact(evening + 61 * MINUTE)]
        assert journal.record(SHOP, tokyo, later) == [True, False, True]
        assert journal.record(SHOP, tokyo, [fact(evening, identity=6), fact(evening, mail=False)]) == [True, False]
        assert len(columns.email_columns(SHOP, None)[0]) == 5
        assert len(columns.email_columns(SHOP, evening)[0]) == 2
        assert len(columns.email_columns(OTHER, None)[0]) == 0

    def test_a_fact_keeps_its_day_and_month_in_the_shops_zone(self) -> None:
        journal.record(SHOP, ZoneInfo("America/New_York"), [fact(31 * DAY_US)])
        [stored] = timeline.list_facts(SHOP, [5], FactFilters(), None, 10)
        assert (stored.day, stored.month) == (30, 0)
        assert str(stored.public_id)[14] == "7"
        assert journal.rebuild_days(SHOP, UTC, 0) == stored.pk
        assert journal.rebuild_days(SHOP, UTC, stored.pk) is None
        [stored] = timeline.list_facts(SHOP, [5], FactFilters(), None, 10)
        assert (stored.day, stored.month) == (31, 1)

    def test_columns_are_read_by_name_and_direction(self) -> None:
        told = [("Phone Call Received", 1), ("Phone Call Made", 2), ("Fax Sent", 3)]
        journal.record(SHOP, UTC, [fact(at, name, mail=False) for name, at in told])
        names = ["Phone Call Received", "Phone Call Made"]
        assert columns.indicator_columns(SHOP, names, None, None)[1].tolist() == [1, 2]
        assert columns.indicator_columns(SHOP, names, 2, None)[1].tolist() == [2]
        assert columns.last_fact_us(SHOP) == 3
        assert columns.last_fact_us(OTHER) is None

    def test_the_time_line_pages_without_gaps_and_without_transactions(self) -> None:
        told = [fact(at, mail=False) for at in (1, 2, 2, 2, 3)]
        journal.record(SHOP, UTC, [*told, fact(4, "Order Completed", mail=False), fact(5, "Fax Sent", mail=False)])
        newest = timeline.list_facts(SHOP, [5], FactFilters(), None, 3)
        assert [each.happened_us for each in newest] == [5, 3, 2, 2, 2]
        older = timeline.list_facts(SHOP, [5], FactFilters(), newest[-1].happened_us, 3)
        assert [each.happened_us for each in older] == [1]
        faxes = timeline.list_facts(SHOP, [5], FactFilters(channels=frozenset({Channel.FAX})), None, 3)
        assert [each.name for each in faxes] == ["Fax Sent"]
        assert timeline.list_facts(OTHER, [5], FactFilters(), None, 3) == []


@pytest.mark.django_db
class TestSeen:
    def test_the_first_of_equal_messages_is_new_within_a_call_and_ever_after(self) -> None:
        assert seen.note([(1, "a", 0), (1, "b", 0), (1, "a", 0), (2, "a", 0)]) == [True, True, False, True]
        assert seen.note([(1, "a", 0), (1, "c", 0)]) == [False, True]

    def test_messages_are_forgotten_after_thirty_days_but_never_those_of_files(self) -> None:
        seen.note([(1, "a", 0), (9, "a", 0)])
        assert seen.prune(30, keep_sources=[9]) == 0
        assert seen.prune(31, keep_sources=[9]) == 1
        assert seen.note([(1, "a", 0), (9, "a", 0)]) == [True, False]


def line(number: int, outcome: str = ACCEPTED) -> NewArrival:
    return NewArrival(1, number, "track", f"E{number}", "u", outcome, "", b'{"a": "\xff\x00"}')


@pytest.mark.django_db
class TestArrivals:
    def test_drops_are_counted_and_only_the_newest_lines_are_kept(self) -> None:
        newest = arrivals.record(
            SHOP, [line(number, "bad_time" if number % 2 else ACCEPTED) for number in range(10)], 7
        )
        for _ in range(arrivals.KEPT // arrivals.TAKEN_AT_ONCE + 1):
            arrivals.record(SHOP, [line(number) for number in range(arrivals.TAKEN_AT_ONCE)], 7)
        arrivals.record(OTHER, [line(1)], 7)
        arrivals.prune([SHOP])
        assert len(arrivals.list_newest(SHOP, 0, Filters(), 10_000)) == arrivals.KEPT
        assert arrivals.list_newest(SHOP, 0, Filters(dropped_only=True), 10) == []
        assert arrivals.count_drops(SHOP, 7) == {"bad_time": 5}
        assert arrivals.count_drops(SHOP, 8) == {}
        assert arrivals.newest_id(SHOP) > newest
        [other] = arrivals.list_newest(OTHER, 0, Filters(text="e1"), 10)
        assert other.body == '{"a": "\ufffd"}'

    def test_of_many_taken_together_a_sample_is_shown_and_of_the_dropped_every_one(self) -> None:
        many = [line(number, "bad_time" if number % 4 == 1 else ACCEPTED) for number in range(400)]
        assert arrivals.record(SHOP, many, 7) == arrivals.newest_id(SHOP)
        shown = arrivals.list_newest(SHOP, 0, Filters(), 1_000)
        assert sum(each.outcome == "bad_time" for each in shown) == arrivals.count_drops(SHOP, 7)["bad_time"] == 100
        taken = [each.received_us for each in shown if each.outcome == ACCEPTED]
        assert len(taken) == arrivals.TAKEN_AT_ONCE
        assert taken == sorted(taken, reverse=True)
        assert taken[0] == 399
        assert max(a - b for a, b in itertools.pairwise(taken)) < 12


@pytest.mark.django_db
def test_a_cursor_remembers_the_request_and_the_part_of_the_next() -> None:
    assert cursors.read("x") == Position(0, 0)
    assert cursors.lock("x") == Position(0, 0)
    cursors.move("x", Position(7, 300))
    assert cursors.lock("x") == cursors.read("x") == Position(7, 300)
