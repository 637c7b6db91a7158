"""Tiers in step with the portfolio: a merge loses no privilege, a due fall happens by itself, names are followed."""

from datetime import UTC, datetime, timedelta

import pytest

from kizuna.customers import identity
from kizuna.customers.identity import IdentityKind
from kizuna.customers.models import Identity
from kizuna.flows import identities, placing
from kizuna.flows import tiers as flow
from kizuna.privileges import tiers
from kizuna.privileges.models import Capability
from kizuna.science import periods
from tests.shops.making import make_owner, make_shop

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
NOW_US = periods.epoch_us(NOW)


def _customer(shop, name):
    found = identity.ensure(shop.pk, IdentityKind.EMAIL, [name], [NOW_US])[name]
    return Identity.objects.select_related("customer").get(pk=found).customer


def test_a_merge_loses_no_privilege_overnight():
    shop = make_shop()
    owner = make_owner(shop)
    kept, merged = _customer(shop, "a@example.com"), _customer(shop, "b@example.com")
    tiers.refresh(shop.pk, {merged.pk: "A"}, NOW_US)
    identities.merge(shop, identities.Pair(kept.pk, merged.pk), owner, NOW)
    held = tiers.tier_of(shop.pk, kept.pk)
    assert held.level == 3
    assert held.falls_us is not None, "not placed yet: the grace period runs"


def test_a_fall_that_is_due_happens_by_itself():
    shop = make_shop()
    anna = _customer(shop, "a@example.com")
    tiers.refresh(shop.pk, {anna.pk: "A"}, NOW_US)
    placing.place(shop, [anna.pk], "test", NOW_US)
    flow.settle(NOW + timedelta(days=59))
    assert tiers.tier_of(shop.pk, anna.pk).level == 3
    flow.settle(NOW + timedelta(days=60))
    assert tiers.tier_of(shop.pk, anna.pk).level == 1


def test_what_is_for_a_tier_follows_its_new_name():
    shop = make_shop()
    entry = Capability.objects.create(shop=shop, name="Tasting", tiers=["Inner circle"], is_published=True)
    nearest, *others = tiers.list_tiers(shop.pk)
    renamed = tiers.TierView(3, "Circle", nearest.segments, nearest.sees, nearest.promise, nearest.earned_by)
    assert flow.change_tiers(shop, [renamed, *others], make_owner(shop), NOW)
    entry.refresh_from_db()
    assert entry.tiers == ["Circle"]
    assert not flow.change_tiers(shop, [renamed, *others], None, NOW)
