"""The daily snapshot of the big shop: how long it takes, what memory, and what pages and small writes feel of it.

Part of `./run bench pages`. The snapshot runs in a thread of the process that answers the pages, as `serve` runs it.
"""

import statistics
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

    from kizuna.shops.models import Shop

DAY_US = 86_400_000_000
AIM_S, AIM_MS, AIM_WAIT_MS = 120.0, 500.0, 1000.0
_WRITE_EVERY_S = 0.1


@dataclass
class Figures:
    """What one snapshot took: seconds, seconds of processor, bytes at the peak."""

    seconds: float = 0.0
    work: float = 0.0
    peak: int = 0


@dataclass
class Felt:
    """Milliseconds that each page took, and that small writes waited, while something else ran."""

    pages: dict[str, list[float]] = field(default_factory=dict)
    writes: list[float] = field(default_factory=list)


def measure(client: "Client", pages: Mapping[str, str]) -> bool:
    """Take tomorrow's snapshot alone and the day after's beside pages; print figures, tell whether the aims are met."""
    from kizuna.shops import tenants

    shop = tenants.get_shop("big")
    calm, felt, alone, beside = Felt(), Felt(), Figures(), Figures()
    _ask_once(client, pages, calm)
    _take(shop, alone)
    _print_snapshot(shop, alone)
    _ask_beside(client, pages, (shop, beside), felt)
    _print_felt(calm, felt, beside)
    every = sorted(one for times in felt.pages.values() for one in times)
    good = alone.seconds < AIM_S and _high(every) < AIM_MS and max(felt.writes) < AIM_WAIT_MS
    words = f"under {AIM_S:.0f} s, pages (95 %) under {AIM_MS:.0f} ms, no write waits {AIM_WAIT_MS:.0f} ms"
    print(f"  aim: {words}: {'met' if good else 'missed'}")
    return good


def _print_snapshot(shop: "Shop", took: Figures) -> None:
    from kizuna.relationships import snapshots

    last = snapshots.find_last(shop.pk)
    assert last is not None
    placed = sum(last.counts[letter] for letter in "ABCD")
    print(
        f"daily snapshot, {placed:,} customers placed anew: {took.seconds:.1f} s, {took.work:.1f} s of processor,"
        f" {took.peak / 1e6:,.0f} MB of memory at the peak"
    )


def _print_felt(calm: Felt, felt: Felt, took: Figures) -> None:
    print(f"the same beside pages and small writes: {took.seconds:.1f} s; what these felt of it, in ms:")
    print(f"  {'':42}{'at rest':>9}{'median':>9}{'95 %':>9}{'longest':>9}")
    for name, times in [*felt.pages.items(), ("a small write", felt.writes)]:
        rest = f"{calm.pages[name][0]:9.1f}" if name in calm.pages else " " * 9
        print(f"  {name:42}{rest}{statistics.median(times):9.1f}{_high(sorted(times)):9.1f}{max(times):9.1f}")


def _high(ordered: Sequence[float]) -> float:
    return ordered[int(len(ordered) * 0.95)]


def _ask_once(client: "Client", pages: Mapping[str, str], felt: Felt) -> None:
    for name, path in pages.items():
        start = time.perf_counter()
        response = client.get(path)
        felt.pages.setdefault(name, []).append((time.perf_counter() - start) * 1000)
        assert response.status_code == 200, (path, response.status_code)


def _ask_beside(client: "Client", pages: Mapping[str, str], taking: "tuple[Shop, Figures]", felt: Felt) -> None:
    done = threading.Event()
    writing = threading.Thread(target=_write_often, args=(felt, done), daemon=True)
    thread = threading.Thread(target=_take, args=taking, daemon=True)
    for each in (writing, thread):
        each.start()
    while thread.is_alive():
        _ask_once(client, pages, felt)
    done.set()
    writing.join()
    assert taking[1].seconds, "the snapshot failed; what it said stands above"


def _write_often(felt: Felt, done: threading.Event) -> None:
    """Make a small write over and over, as log-ins and signs of life are; note how long each waits for its turn."""
    from django.db import connection
    from django.utils import timezone

    from kizuna.jobs import leases

    while not done.wait(_WRITE_EVERY_S):
        start = time.perf_counter()
        leases.sign_of_life("bench", timezone.now())
        felt.writes.append((time.perf_counter() - start) * 1000)
    leases.leave("bench")
    connection.close()


def _take(shop: "Shop", figures: Figures) -> None:
    """Make the snapshot of the day after the last one, as the worker does at midnight."""
    from django.utils import timezone

    from kizuna.flows import snapshots as making
    from kizuna.relationships import snapshots

    last = snapshots.find_last(shop.pk)
    assert last is not None
    start, begun = time.perf_counter(), time.thread_time()
    with _peak(figures):
        making.make_snapshot(shop, last.as_of_us + DAY_US, snapshots.DAILY, timezone.now())
    figures.seconds, figures.work = time.perf_counter() - start, time.thread_time() - begun


@contextmanager
def _peak(figures: Figures) -> Iterator[None]:
    """Note the most memory this process held within the block; 0 where the system does not tell."""
    status, forget = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5")
    yield
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        figures.peak = int(lines["VmHWM"].split()[0]) * 1024
