"""Who holds which tier: kept in step with the portfolio, after moves, after every snapshot, and as grace runs out.

The rules are privileges.tiers. A flow of its own because the portfolio knows nothing of privileges.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING

from django.db import transaction
from django.tasks import task

from kizuna.customers import links
from kizuna.jobs import queue, standing
from kizuna.privileges import catalogue, entrance, site, tiers
from kizuna.privileges.site import Site
from kizuna.privileges.tiers import TierView
from kizuna.relationships import standings
from kizuna.science import periods
from kizuna.shops import audit, tenants

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from kizuna.shops.models import Person, Shop

_TOGETHER = 2_000


def refresh(shop: "Shop", segments: Mapping[int, str], now_us: int) -> None:
    """Keep the tiers of customers who moved in step; in the caller's transaction."""
    tiers.refresh(shop.pk, segments, now_us)


def inherit(shop: "Shop", gone: "Collection[int]") -> None:
    """Let customers hold what those merged into them held; in the caller's transaction."""
    for gone_id, kept_id in links.kept_of(shop.pk, gone).items():
        tiers.inherit(shop.pk, gone_id, kept_id)


def refresh_everybody(shop: "Shop", now_us: int) -> None:
    """Keep everybody's tier in step with where they stand, some per transaction."""
    placed = standings.segments(shop.pk)
    for some in batched(placed.items(), _TOGETHER):
        with transaction.atomic():
            tiers.refresh(shop.pk, dict(some), now_us)


@transaction.atomic
def change_tiers(shop: "Shop", wanted: "Sequence[TierView]", person: "Person | None", now: datetime) -> bool:
    """Settle what tiers are given to whom and what each sees; False where nothing differs. Raises tenants.Refused."""
    changed = tiers.change_tiers(shop.pk, wanted)
    for name, (old, new) in changed.items():
        if name.startswith("name "):
            catalogue.rename_tier(shop.pk, str(old), str(new))
    if changed:
        before = {name: old for name, (old, _) in changed.items()}
        after = {name: new for name, (_, new) in changed.items()}
        audit.record(shop, person, "tiers_changed", "privileges", before, after, now)
        now_us = periods.epoch_us(now)
        queue.enqueue_once(refresh_later, f"tiers:{shop.pk}", shop_id=shop.pk, now_us=now_us)
    return bool(changed)


@task()
def refresh_later(shop_id: int, now_us: int) -> None:
    """Keep everybody's tier in step after the owner settled tiers anew."""
    refresh_everybody(tenants.get_shop_by_id(shop_id), now_us)


@transaction.atomic
def change_site(shop: "Shop", wanted: Site, person: "Person | None", now: datetime) -> bool:
    """Settle how the premium site looks and speaks; False where nothing differs. Raises tenants.Refused."""
    changed = site.change_site(shop.pk, wanted)
    if changed:
        before = {name: old for name, (old, _) in changed.items()}
        after = {name: new for name, (_, new) in changed.items()}
        audit.record(shop, person, "premium_site_changed", "premium site", before, after, now)
    return bool(changed)


@transaction.atomic
def renew_secret(shop: "Shop", person: "Person | None", now: datetime) -> str:
    """Make a new secret for the shop's signed tokens; the one before signs nothing from now on."""
    secret = site.renew_secret(shop.pk)
    audit.record(shop, person, "premium_site_secret_renewed", "premium site", None, None, now)
    return secret


@standing.every("tiers.settle", cron="*/30 * * * *")
def settle(now: datetime) -> None:
    """Let falls happen whose grace is over, and forget links and sessions that ended."""
    now_us = periods.epoch_us(now)
    for shop in tenants.list_shops():
        due = tiers.list_due(shop.pk, now_us)
        if not due:
            continue
        placed = standings.segments(shop.pk)
        for some in batched(due, _TOGETHER):
            with transaction.atomic():
                tiers.refresh(shop.pk, {customer: placed.get(customer, "") for customer in some}, now_us)
    with transaction.atomic():
        entrance.prune(now_us)
