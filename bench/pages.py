"""`./run bench pages`: each console page's time at the server in a shop of 500,000 customers and 5 million facts,
at rest and while the daily snapshot is made.

The floor, in the same run, is a bare Django page behind the same middleware, session and log-in. The ratio is of
processor time, which other work on the machine disturbs less. `--keep FOLDER` seeds once and measures again there.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import snapshot

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.test import Client

CUSTOMERS = 500_000
FACTS = 5_000_000
ROUNDS = 9
BESIDE = ("today", "portfolio", "customers", "customers, by search", "one customer", "live debugger")
AIM_MS = 100.0


def main(argv: Sequence[str] | None = None) -> int:
    """Seed a throw-away home, time every page and print the figures."""
    parser = argparse.ArgumentParser(prog="./run bench pages", description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--facts", type=int, default=FACTS)
    parser.add_argument("--keep", default="", help="folder to seed once and to measure in again")
    arguments = parser.parse_args(argv)
    kept = nullcontext(arguments.keep) if arguments.keep else tempfile.TemporaryDirectory(prefix="kizuna-bench-")
    with kept as home:
        os.environ["KIZUNA_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kizuna.config.settings")
        import django

        django.setup()
        return _run(arguments, Path(home))


def _run(arguments: argparse.Namespace, home: Path) -> int:
    client = _prepare(arguments, home)
    pages = _pages()
    floor = _timed(client, "/bare/")
    print(f"{arguments.customers:,} customers, {arguments.facts:,} facts; median of {ROUNDS}, first request apart")
    print(f"  {'bare page (the floor)':42}{floor[1]:8.1f} ms{floor[2]:8.1f} ms of processor")
    slow = []
    for name, path in pages.items():
        first, median, work = _timed(client, path)
        print(f"  {name:42}{median:8.1f} ms{work:8.1f} ms of processor{work / floor[2]:8.1f} x   first {first:8.1f} ms")
        if median > AIM_MS:
            slow.append(name)
    print(f"  aim: every page under {AIM_MS:.0f} ms: {'met' if not slow else 'missed by ' + ', '.join(slow)}")
    good = snapshot.measure(client, {name: pages[name] for name in BESIDE})
    return 1 if slow or not good else 0


def _prepare(arguments: argparse.Namespace, home: Path) -> "Client":
    """A logged-in owner of a seeded shop; an address of our own for the bare page."""
    from datetime import UTC, datetime

    from django.conf import settings
    from django.core.management import call_command
    from django.http import HttpResponse
    from django.test import Client
    from django.urls import path

    from bench.seed import Size, seed
    from kizuna.config import urls
    from kizuna.flows import people, shops
    from kizuna.shops import tenants

    def bare(request: "HttpRequest") -> "HttpResponse":
        return HttpResponse(f"<p>{request.user}</p>")

    settings.ALLOWED_HOSTS = ["*"]
    urls.urlpatterns.insert(0, path("bare/", bare))
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    now = datetime.now(UTC)
    shop = tenants.find_shop("big")
    if shop is None:
        shop = shops.create_shop(tenants.NewShop("big", "Big", "EUR"), None, now)
        new = people.NewPerson("owner@big.example", "Owner", "a long enough password")
        people.create_owner(shop, new, now)
        print(f"seeding {arguments.customers:,} customers and {arguments.facts:,} facts ...", file=sys.stderr)
        start = time.perf_counter()
        seed(shop, Size(arguments.customers, arguments.facts), now)
        print(f"seeded in {time.perf_counter() - start:.0f} s", file=sys.stderr)
    client = Client()
    owner: Any = people.people.find_person("owner@big.example")
    client.force_login(owner)
    return client


def _pages() -> dict[str, str]:
    """Every page, and the list in its hard cases: deep pages, each order, filters that leave few."""
    from kizuna.relationships import lists
    from kizuna.relationships.lists import Filters, Order
    from kizuna.shops import tenants

    shop = tenants.get_shop("big")
    root = "/s/big/"
    first = lists.list_dots(shop.pk, Filters(segments=("A",)), 1)[0].public_id
    cursor: str | None = ""
    for _ in range(60):
        cursor = lists.list_page(shop.pk, Filters(), Order("seen"), cursor or "", 500).next_cursor
    pages = {
        "today": root,
        "portfolio": f"{root}portfolio/",
        "portfolio, one segment": f"{root}portfolio/?segment=B",
        "portfolio, one country": f"{root}portfolio/?country=Norway",
        "portfolio, lasso": f"{root}portfolio/selection/?shape=0.2,0;0.9,0;0.9,900000;0.2,900000",
        "customers": f"{root}customers/",
        "customers, by search": f"{root}customers/?q=nakamura",
        "customers, by one letter": f"{root}customers/?q=a",
        "customers, page after 30,000": f"{root}customers/?sort=seen&after={cursor}",
        "customers, a rare country by name": f"{root}customers/?country=Norway&sort=name",
        "customers, segment D by factor": f"{root}customers/?segment=D&sort=factor",
        "customers, segment A, least factor first": f"{root}customers/?segment=A&sort=factor&dir=up",
        "customers, visitors by last seen": f"{root}customers/?who=visitors&sort=seen",
        "customers, narrow factor range": f"{root}customers/?rf_min=0.51&rf_max=0.52&sort=seen",
        "one customer": f"{root}customers/{first}/",
        "one customer's time line": f"{root}customers/{first}/history/",
        "live debugger": f"{root}debugger/",
    }
    return {name: path for name, path in pages.items() if path}


def _timed(client: "Client", path: str) -> tuple[float, float, float]:
    """Milliseconds of the first request, the median of the others, and the median of their processor time."""
    times, works = [], []
    for _ in range(ROUNDS + 1):
        start, begun = time.perf_counter(), time.process_time()
        response = client.get(path)
        times.append((time.perf_counter() - start) * 1000)
        works.append((time.process_time() - begun) * 1000)
        assert response.status_code == 200, (path, response.status_code)
    return times[0], statistics.median(times[1:]), statistics.median(works[1:])


if __name__ == "__main__":
    sys.exit(main())
