"""A process that lets children seal, compact, erase and rebuild a shop, kills them at chosen points, and looks after.

`python -m tests.flows.doomed ROUNDS SEED`: every point at which the disk or the database is about to be written counts;
a child dies by SIGKILL at one of them. Runs in a home folder and a database of its own, and ends with 0 if all is well.
"""

import importlib
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

DEEDS = ("seal", "compact", "clean", "rebuild")
NOW = datetime.now(UTC)


def _count_down(points: int) -> None:
    """Die at the so-manieth point from now at which something would become lasting."""
    from django.db.backends.utils import CursorWrapper
    from django.db.transaction import Atomic

    left = [points]

    def doomed(work: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*args, **more)

        return step

    os.fsync = doomed(os.fsync)
    for owner, name in ((Path, "replace"), (Path, "unlink"), (Atomic, "__exit__")):
        setattr(owner, name, doomed(getattr(owner, name)))
    execute = CursorWrapper.execute

    def execute_if_writing(self: Any, sql: str, *args: Any) -> Any:
        writes = sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))
        return (doomed(execute) if writes else execute)(self, sql, *args)

    CursorWrapper.execute = execute_if_writing  # type: ignore[method-assign]


def in_child(work: Callable[[], object]) -> int:
    """Do something in a child of this process: 0 well, -9 killed, 1 failed."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def begin() -> None:
    """A shop with four customers."""
    from django.core.management import call_command

    from tests.flows.making import Books, make_shop

    call_command("migrate", verbosity=0)
    books = Books(make_shop(slug="doomed"))
    for number in range(12):
        books.customer(f"c{number}")


def live(seed: int) -> None:
    """New pages, orders, corrections, and one customer who wants to be forgotten."""
    from django.db import transaction

    from kizuna.flows import analytics_upkeep, orders
    from kizuna.shops import tenants
    from kizuna.warehouse.models import Erased
    from tests.flows.making import DAY, START, Books
    from tests.flows.test_analytics import FIRST

    chance = random.Random(seed)
    books = Books(tenants.get_shop("doomed"))
    ids = list(books.shop.identity_set.order_by("id").values_list("pk", flat=True))
    with transaction.atomic():
        for _ in range(30):
            books.page(chance.choice(ids), START + chance.randrange(400 * DAY))
        told = [
            (
                chance.choice(ids),
                replace(FIRST, source_ref=f"A{chance.randrange(40)}", total=Decimal(chance.randrange(90))),
            )
            for _ in range(8)
        ]
        orders.record_orders(books.shop, told)
    left = set(ids) - set(Erased.objects.values_list("identity_id", flat=True))
    if len(left) > 4:
        analytics_upkeep.erase(books.shop, [min(left)], NOW)


def do(deed: str, points: int | None) -> None:
    """One of the deeds, in small pieces; with points until death."""
    from kizuna.flows import analytics, analytics_sealing, analytics_upkeep
    from kizuna.shops import tenants

    analytics_sealing.PIECE_ROWS = 20
    works = {
        "seal": analytics.seal,
        "compact": analytics_upkeep.compact,
        "clean": analytics_upkeep.clean,
        "rebuild": analytics_upkeep.rebuild,
    }
    shop = tenants.get_shop("doomed")
    if points is not None:
        _count_down(points)
    until = time.monotonic() + 30
    while True:
        try:
            works[deed](shop, NOW)
            return
        except analytics.Busy:  # PostgreSQL may take a moment to notice that the last one died
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def look() -> None:
    """Nothing is lost or doubled."""
    from kizuna.flows import analytics_check
    from kizuna.shops import tenants

    report = analytics_check.verify(tenants.get_shop("doomed"))
    assert report.agrees, report.differences
    assert report.rows["facts"] > 0


def tidy() -> None:
    """Nothing is left behind: after the hour of grace there is what the database names, and nobody erased is in it."""
    import duckdb

    from kizuna.flows import analytics_upkeep
    from kizuna.shops import tenants
    from kizuna.warehouse import segments
    from kizuna.warehouse.models import Erased

    shop = tenants.get_shop("doomed")
    analytics_upkeep.clean(shop, datetime.now(UTC) + timedelta(minutes=61))
    named = segments.paths_of(shop.pk, segments.list_segments(shop.pk))
    there = set(segments.folder_of(shop.pk).iterdir())
    assert there == {*named["ev"], *named["line"]}, there
    assert not Erased.objects.filter(done_us=None).exists()
    erased = (0, 0, *Erased.objects.values_list("identity_id", flat=True))
    for path in named["ev"]:
        found = duckdb.sql(f"SELECT COUNT(*) FROM read_parquet('{path}') WHERE identity_id IN {erased}")
        assert found.fetchall() == [(0,)], "an erased identity is still in a file"


def main() -> int:
    """Rounds of living, dying and looking."""
    rounds, seed = (int(word) for word in sys.argv[1:3])
    django.setup()
    for name in ("duckdb", "kizuna.warehouse.engines.on_duckdb", "tests.flows.test_analytics"):
        importlib.import_module(name)  # once here, not in every child
    chance = random.Random(seed)
    steps = [in_child(begin)]
    killed = 0
    for number in range(rounds):
        for deed in DEEDS:
            steps.append(in_child(lambda n=number, d=deed: live(seed + 100 * n + DEEDS.index(d))))  # type: ignore[misc]
            points = chance.randint(1, 14)
            ended = in_child(lambda d=deed, p=points: do(d, p))  # type: ignore[misc]
            killed += ended == -signal.SIGKILL
            print(f"round {number}: {deed} with {points} points ended with {ended}")
            if ended not in (0, -signal.SIGKILL):
                return 1
            steps.append(in_child(lambda d=deed: (look(), do(d, None), look())))  # type: ignore[misc]
            if any(steps):
                return 1
        if in_child(lambda: (do("clean", None), tidy(), look())):
            return 1
    print(f"killed {killed}")
    return 0 if killed >= rounds else 2


if __name__ == "__main__":
    sys.exit(main())
