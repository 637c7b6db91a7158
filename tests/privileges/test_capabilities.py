"""Promises within what can be done: whatever happens in whatever order, no week holds more than its capacity."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kizuna.privileges import capabilities, catalogue
from kizuna.privileges.capabilities import Asked, Asker, Beyond
from kizuna.privileges.models import Capability, CapabilityWeek, Promise
from kizuna.shops.models import Shop
from kizuna.shops.tenants import NotThere, Refused
from kizuna.tables.public_ids import make
from tests.conftest import ONE_FIXTURE_FOR_ALL, examples
from tests.shops import making

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 3, 2)
NOW_US = 1_772_445_600_000_000
"""That Monday at ten."""


def make_entry(shop: Shop, name: str = "Engraving", **more: object) -> Capability:
    draft = catalogue.Draft(name, is_published=True, **more)  # type: ignore[arg-type]
    return catalogue.store(shop.pk, draft, None, MONDAY)


STEP = st.one_of(
    st.tuples(st.just("promise"), st.integers(1, 3), st.integers(0, 20)),
    st.tuples(st.just("release"), st.integers(0, 30), st.just(0)),
    st.tuples(st.just("capacity"), st.integers(0, 6), st.just(0)),
    st.tuples(st.just("again"), st.integers(0, 30), st.integers(1, 4)),
)


@given(steps=st.lists(STEP, max_size=25))
@hypothesis_settings(max_examples=examples(25), suppress_health_check=ONE_FIXTURE_FOR_ALL)
def test_no_order_of_promises_releases_and_changes_exceeds_a_week(steps: list[tuple[str, int, int]]) -> None:
    shop = making.make_shop()
    entry = make_entry(shop, per_week=4)
    known = []
    for what, one, other in steps:
        before = dict(CapabilityWeek.objects.filter(capability=entry).values_list("monday", "taken"))
        per_week = Capability.objects.get(pk=entry.pk).per_week or 0
        try:
            if what == "promise":
                ref = make(NOW_US)
                asked = Asked(ref, one, MONDAY + timedelta(days=other))
                with transaction.atomic():
                    capabilities.promise(shop.pk, entry.pk, asked, NOW_US)
                known.append(ref)
            elif what == "release" and known:
                capabilities.release(shop.pk, known[one % len(known)], NOW_US)
            elif what == "again" and known:
                with transaction.atomic():
                    capabilities.promise(shop.pk, entry.pk, Asked(known[one % len(known)], other), NOW_US)
            elif what == "capacity":
                catalogue.store(shop.pk, catalogue.Draft("Engraving", per_week=one), entry, MONDAY)
        except Beyond as beyond:
            day = beyond.next_day
            assert day is None or before.get(capabilities.monday_of(day), 0) < per_week
        for week in CapabilityWeek.objects.filter(capability=entry):
            held = Promise.objects.filter(capability=entry, monday=week.monday, released_us=None)
            assert week.taken == sum(held.values_list("units", flat=True))
            assert week.taken <= max(per_week, before.get(week.monday, 0))


def test_the_database_itself_refuses_more_than_a_week_holds() -> None:
    entry = make_entry(making.make_shop(), per_week=2)
    week = CapabilityWeek.objects.create(capability=entry, monday=MONDAY, capacity=2, taken=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        CapabilityWeek.objects.filter(pk=week.pk).update(taken=3)


def test_lead_time_region_tier_and_dates_bound_what_is_offered() -> None:
    shop = making.make_shop()
    make_entry(shop, "Anybody's", lead_days=3)
    make_entry(shop, "Gold's", tiers=["gold"], segments=["A"])
    make_entry(shop, "Berlin's", regions=["Germany"])
    make_entry(shop, "Over", to_day=MONDAY - timedelta(days=1))
    make_entry(shop, "In May", from_day=date(2026, 5, 2))
    catalogue.store(shop.pk, catalogue.Draft("Not published"), None, MONDAY)
    asker = Asker(segment="A", region="germany")
    offered = {each.capability.name: each.day for each in capabilities.list_published(shop.pk, "gold", NOW_US, asker)}
    assert offered == {
        "Anybody's": date(2026, 3, 5),
        "Gold's": MONDAY,
        "Berlin's": MONDAY,
        "In May": date(2026, 5, 4),
    }
    french = capabilities.list_published(shop.pk, "", NOW_US, Asker(segment="A", region="France"))
    assert {each.capability.name for each in french} == {"Anybody's", "In May"}


def test_a_full_week_leads_to_the_next_working_day_and_an_end_to_none() -> None:
    shop = making.make_shop()
    entry = make_entry(shop, per_week=1, to_day=MONDAY + timedelta(days=13))
    capabilities.promise(shop.pk, entry.pk, Asked(uuid4()), NOW_US)
    with pytest.raises(Beyond) as full:
        capabilities.promise(shop.pk, entry.pk, Asked(uuid4()), NOW_US)
    assert full.value.next_day == MONDAY + timedelta(days=7)
    capabilities.promise(shop.pk, entry.pk, Asked(uuid4(), day=full.value.next_day), NOW_US)
    with pytest.raises(Beyond) as over:
        capabilities.promise(shop.pk, entry.pk, Asked(uuid4()), NOW_US)
    assert over.value.next_day is None
    with pytest.raises(Beyond) as never:
        capabilities.promise(shop.pk, entry.pk, Asked(uuid4(), units=2), NOW_US)
    assert never.value.next_day is None


def test_the_same_wish_keeps_its_promise_and_a_changed_one_takes_its_place() -> None:
    shop = making.make_shop()
    entry = make_entry(shop, per_week=2)
    ref = uuid4()
    first = capabilities.promise(shop.pk, entry.pk, Asked(ref), NOW_US)
    assert capabilities.promise(shop.pk, entry.pk, Asked(ref), NOW_US).pk == first.pk
    both = capabilities.promise(shop.pk, entry.pk, Asked(ref, units=2), NOW_US)
    assert (both.pk != first.pk, CapabilityWeek.objects.get().taken) == (True, 2)
    assert capabilities.release(shop.pk, ref, NOW_US)
    assert not capabilities.release(shop.pk, ref, NOW_US)
    assert CapabilityWeek.objects.get().taken == 0


def test_what_cannot_be_promised_names_the_field() -> None:
    shop, other = making.make_shop(), making.make_shop()
    entry = make_entry(shop, lead_days=2)
    for asked, field in (
        (Asked(uuid4(), units=0), "units"),
        (Asked(uuid4(), day=MONDAY), "day"),
        (Asked(uuid4(), day=MONDAY + timedelta(days=900)), "day"),
    ):
        with pytest.raises(Refused) as refused:
            capabilities.promise(shop.pk, entry.pk, asked, NOW_US)
        assert refused.value.field == field
    with pytest.raises(NotThere):
        capabilities.promise(other.pk, entry.pk, Asked(uuid4()), NOW_US)
    for draft, field in (
        (catalogue.Draft(" "), "name"),
        (catalogue.Draft("Engraving"), "name"),
        (catalogue.Draft("x", per_week=-1), "per_week"),
        (catalogue.Draft("x", lead_days=400), "lead_days"),
        (catalogue.Draft("x", from_day=MONDAY, to_day=date(2026, 1, 1)), "to_day"),
        (catalogue.Draft("x", segments=["E"]), "segments"),
    ):
        with pytest.raises(Refused) as refused:
            catalogue.store(shop.pk, draft, None, MONDAY)
        assert refused.value.field == field


def test_no_day_before_the_lead_time_is_promised_of_what_ends_sooner() -> None:
    shop = making.make_shop()
    brief = make_entry(shop, lead_days=5, to_day=MONDAY + timedelta(days=2))
    for day in (MONDAY + timedelta(days=1), MONDAY - timedelta(days=400)):
        with pytest.raises(Refused) as refused:
            capabilities.promise(shop.pk, brief.pk, Asked(uuid4(), day=day), NOW_US)
        assert refused.value.field == "day"
    assert not Promise.objects.exists()
