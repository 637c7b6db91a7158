"""`./run bench stocks`: 10,000 events into a shop of 1.6 million profiles, against the bare statement in one run.

The floor is one-column upserts to the same rows: what the database costs before any mathematics.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kizuna.relationships.stocks import Change

PROFILES = 1_600_000
EVENTS = 10_000
ROUNDS = 7
NOW_US = 1_790_000_000_000_000
DAY_US = 86_400_000_000


def main(argv: Sequence[str] | None = None) -> int:
    """Seed a throw-away home, time rounds of events and print the figures."""
    parser = argparse.ArgumentParser(prog="./run bench stocks", description=__doc__)
    parser.add_argument("--profiles", type=int, default=PROFILES)
    parser.add_argument("--events", type=int, default=EVENTS)
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as home:
        os.environ["KIZUNA_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kizuna.config.settings")
        return _run(arguments.profiles, arguments.events)


def _run(profiles: int, events: int) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    _seed(profiles)
    rng = random.Random(20)
    adding, floor = [], []
    for _ in range(ROUNDS):
        changes = _changes(rng, events, profiles)
        adding.append(_timed(lambda changes=changes: _apply(changes)))
        floor.append(_timed(lambda changes=changes: _bare(changes)))
    work, commit = (statistics.median(column) for column in zip(*adding, strict=True))
    bare, bare_commit = (statistics.median(column) for column in zip(*floor, strict=True))
    print(f"{events:,} events into {profiles:,} profiles, median of {ROUNDS} rounds")
    print(f"  adding to the stocks    {work * 1e3:7.1f} ms of work, commit {commit * 1e3:6.1f} ms")
    print(f"  one-column upserts      {bare * 1e3:7.1f} ms of work, commit {bare_commit * 1e3:6.1f} ms (the floor)")
    print(f"  ratio of the work       {work / bare:7.2f}")
    print(f"  aim: under 100 ms of work: {'met' if work < 0.1 else 'missed'}")
    return 0 if work < 0.1 else 1


def _seed(profiles: int) -> None:
    """Profiles that all have history, so that every event is a conflict to be resolved."""
    from django.db import connection, transaction

    factors = [f"{factor}{days}" for factor in "fmve" for days in (30, 60, 90, 180, 365)]
    values = ", ".join("1.0 + n % 97" for _ in factors)
    print(f"seeding {profiles:,} profiles ...", file=sys.stderr)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {profiles})"
            f" INSERT INTO relationships_identitystock (identity_id, shop_id, last_purchase_us, {', '.join(factors)})"
            f" SELECT n, 1, {NOW_US} - n * 1000, {values} FROM counted"
        )


def _changes(rng: random.Random, events: int, profiles: int) -> "list[Change]":
    """A shop's mixture: mostly visits, one order (R, F, M) in twelve, one mail in forty."""
    from kizuna.relationships.stocks import Change

    changes = []
    for number in range(events):
        identity, at = rng.randint(1, profiles), NOW_US - rng.randint(0, 2 * DAY_US)
        if number % 12 == 0:
            changes += [Change(identity, factor, at, 1.0) for factor in "RF"]
            changes.append(Change(identity, "M", at, float(rng.randint(500, 20_000))))
        else:
            changes.append(Change(identity, "E" if number % 40 == 1 else "V", at, 1.0))
    return changes


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds inside the transaction, and seconds of its commit."""
    from django.db import transaction

    with transaction.atomic():
        start = time.perf_counter()
        work()
        done = time.perf_counter()
    return done - start, time.perf_counter() - done


def _apply(changes: "list[Change]") -> None:
    from kizuna.relationships import stocks

    stocks.apply(1, changes)


def _bare(changes: "list[Change]") -> None:
    from django.db import connection

    identities = sorted({change.identity_id for change in changes})
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO relationships_identitystock (identity_id, shop_id, v90) VALUES (%s, 1, 1.0)"
            " ON CONFLICT (identity_id) DO UPDATE SET v90 = relationships_identitystock.v90 + excluded.v90",
            [(identity,) for identity in identities],
        )


if __name__ == "__main__":
    sys.exit(main())
