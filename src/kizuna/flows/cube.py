"""The base of a shop's cube, made anew after every snapshot and when somebody asks: a job, never a page.

Facts come through the warehouse on whatever engine is chosen; the base and what is reckoned from it are kept together.
"""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from django.tasks import task

from kizuna.flows import analytics, portfolio, retention
from kizuna.jobs import queue, standing
from kizuna.relationships import snapshots
from kizuna.science import periods
from kizuna.shops import tenants
from kizuna.warehouse import cube, cube_files, engines, erasure, rollup
from kizuna.warehouse.cube_files import CubeView
from kizuna.warehouse.face import Warehouse
from kizuna.warehouse.schema import Table

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

_EVERY_S = 120.0


def make(shop: "Shop", now: datetime) -> CubeView:
    """Make the base of a shop anew from all its facts, and retention with it; the one before stays until this stands.

    Segments are those shown when it is made; sources are where customers first came from.
    """
    now_us = periods.epoch_us(now)
    last = snapshots.find_last(shop.pk)
    as_of_us = portfolio.shop_now(shop, now_us)
    facts, who = _read(shop)
    queue.report(0.4)
    path = cube_files.path_of(shop.pk, now_us)
    written = cube.write(facts, who, path)
    queue.report(0.8)
    until_day = periods.day_index(as_of_us, ZoneInfo(shop.timezone))
    kept = retention.reckon(rollup.purchases(path), written.labels, until_day)
    view = cube_files.view_of(path, written, (as_of_us, now_us), None if last is None else last.id)
    with transaction.atomic():
        cube_files.keep(shop.pk, view, kept)
    cube_files.sweep(shop.pk, now_us)
    return view


def make_later(shop: "Shop", now: datetime) -> UUID:
    """Let a job make the base anew, once for all who ask while it waits; gives the job to look after."""
    with transaction.atomic():
        return queue.enqueue_once(make_again, f"cube:{shop.pk}", shop_id=shop.pk, now_us=periods.epoch_us(now))


def is_due(shop: "Shop") -> bool:
    """Tell whether a shop has a snapshot that its base does not show yet, or an erasure that it may still hold."""
    last = snapshots.find_last(shop.pk)
    made = cube_files.find(shop.pk)
    if made is None:
        return last is not None
    return made.made_us <= erasure.last_asked_us(shop.pk) or (last is not None and made.snapshot_id != last.id)


@task(queue_name="slow")
def make_again(shop_id: int, now_us: int) -> None:
    """Make the base of a shop anew."""
    make(tenants.get_shop_by_id(shop_id), periods.instant_at(now_us))


@standing.every("cube.make", seconds=_EVERY_S)
def make_due(now: datetime) -> None:
    """Enqueue the making of every base that a snapshot or an erasure has outdated; replaced files go."""
    for shop in tenants.list_shops():
        cube_files.sweep(shop.pk, periods.epoch_us(now))
        if is_due(shop):
            make_later(shop, now)


def _read(shop: "Shop") -> tuple[Table, Table]:
    """The cube's finest grain, and the customers with where they first came from."""
    held = analytics.hold(shop)
    name, options = engines.configured()
    with engines.open_engine(name, held, options) as session:
        warehouse = Warehouse(session)
        facts, touched = warehouse.cuboid(), warehouse.first_touch()
    who = dict(held.tables["who"])
    source = np.full(len(who["customer_id"]), "", dtype=np.object_)
    if len(touched["customer_id"]) and len(source):
        order = np.argsort(who["customer_id"])
        place = order[np.minimum(np.searchsorted(who["customer_id"][order], touched["customer_id"]), len(order) - 1)]
        known = who["customer_id"][place] == touched["customer_id"]
        source[place[known]] = touched["source"][known]
    who["source"] = source
    return facts, who
