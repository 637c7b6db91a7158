"""Tiers: a rise at once, a fall only after grace, nothing lost by being back in time or by a merge."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.customers import identity
from kizuna.customers.identity import IdentityKind
from kizuna.customers.models import Identity
from kizuna.privileges import site, tiers
from kizuna.privileges.models import HeldTier
from kizuna.privileges.site import Site
from kizuna.science.periods import DAY_US
from kizuna.shops.tenants import Refused
from tests.conftest import ONE_FIXTURE_FOR_ALL, examples
from tests.shops.making import make_shop

pytestmark = pytest.mark.django_db
START = 1_770_000_000_000_000


def _customer(shop, name="anna"):
    found = identity.ensure(shop.pk, IdentityKind.USER_ID, [name], [START])
    return Identity.objects.get(pk=found[name]).customer_id


def test_a_rise_is_at_once_and_a_fall_waits_for_the_grace_period():
    shop = make_shop()
    anna = _customer(shop)
    assert tiers.tier_of(shop.pk, anna).level == tiers.EVERYBODY
    assert tiers.refresh(shop.pk, {anna: "A"}, START) == {anna: 3}
    assert tiers.refresh(shop.pk, {anna: "D"}, START + DAY_US) == {}
    held = tiers.tier_of(shop.pk, anna)
    assert (held.level, held.falls_us) == (3, START + 61 * DAY_US)
    assert tiers.refresh(shop.pk, {anna: "D"}, START + 61 * DAY_US - 1) == {}
    assert tiers.list_due(shop.pk, START + 61 * DAY_US) == [anna]
    assert tiers.refresh(shop.pk, {anna: "D"}, START + 61 * DAY_US) == {anna: 1}
    assert not HeldTier.objects.exists()


def test_who_is_back_in_time_has_lost_nothing():
    shop = make_shop()
    anna = _customer(shop)
    tiers.refresh(shop.pk, {anna: "A"}, START)
    tiers.refresh(shop.pk, {anna: "B"}, START + DAY_US)
    tiers.refresh(shop.pk, {anna: "A"}, START + 50 * DAY_US)
    tiers.refresh(shop.pk, {anna: "B"}, START + 80 * DAY_US)
    held = tiers.tier_of(shop.pk, anna)
    assert (held.level, held.since_us, held.falls_us) == (3, START, START + 140 * DAY_US)
    assert tiers.refresh(shop.pk, {anna: "B"}, START + 140 * DAY_US) == {anna: 2}


def test_a_merge_keeps_the_nearer_tier():
    shop = make_shop()
    anna, bert = _customer(shop), _customer(shop, "bert")
    tiers.refresh(shop.pk, {anna: "A", bert: "D"}, START)
    tiers.inherit(shop.pk, anna, bert)
    assert tiers.levels_of(shop.pk, [anna, bert]) == {anna: 3, bert: 3}


def test_the_owner_settles_names_segments_and_what_is_seen():
    shop, other = make_shop(), make_shop()
    mine = list(tiers.list_tiers(shop.pk))
    nearest = tiers.TierView(3, "Circle", ("A", "B"), frozenset({"wishes"}), "x", "y")
    second = tiers.TierView(2, "Friends", ("C",), frozenset(), "x", "y")
    assert set(tiers.change_tiers(shop.pk, [nearest, second, mine[2]])) >= {"name 3", "segments 3", "sees 3"}
    assert tiers.change_tiers(shop.pk, tiers.list_tiers(shop.pk)) == {}
    bert = _customer(shop, "bert")
    assert tiers.refresh(shop.pk, {bert: "B"}, START) == {bert: 3}
    assert tiers.tier_of(shop.pk, bert).may("wishes")
    assert not tiers.tier_of(shop.pk, bert).may("invite")
    assert tiers.list_tiers(other.pk)[0].name == "Inner circle"
    with pytest.raises(Refused):
        tiers.change_tiers(shop.pk, [nearest, mine[1], mine[2]])


@settings(max_examples=examples(30), suppress_health_check=ONE_FIXTURE_FOR_ALL)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["A", "B", "D", ""])), min_size=1, max_size=12))
def test_nobody_ever_falls_within_the_grace_period(steps):
    shop = make_shop()
    site.change_site(shop.pk, Site(grace_days=40))
    anna = _customer(shop)
    now, last_entitled = START, {2: None, 3: None}
    giving = {"A": 3, "B": 2}
    for days, segment in steps:
        now += days * DAY_US
        before = tiers.tier_of(shop.pk, anna).level
        tiers.refresh(shop.pk, {anna: segment}, now)
        after = tiers.tier_of(shop.pk, anna).level
        assert after >= giving.get(segment, 1)
        if after < before:
            assert last_entitled[before] is not None
            assert now - last_entitled[before] >= 40 * DAY_US
        for level in (2, 3):
            if giving.get(segment, 1) >= level:
                last_entitled[level] = now
