"""Fifty people accept fifty wishes at the same moment, of which one more can be done: threads of several processes.

`python -m tests.flows.wishes.crowd`: in a home folder and a database of its own; prints what came of it as JSON.
"""

import json
import os
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import django

PROCESSES, THREADS = 5, 10
CAPACITY = 7


def _prepare() -> tuple[int, list[str]]:
    from kizuna.flows import installation
    from kizuna.flows.wishes import handling
    from kizuna.flows.wishes.handling import Acceptance
    from tests.flows.wishes.making import Scene

    installation.prepare()
    scene = Scene()
    entry = scene.entry(per_week=CAPACITY)
    for number in range(CAPACITY - 1):
        wish = scene.understood(f"Before {number}", capability_id=entry.pk)
        handling.accept(scene.shop, wish.public_id, Acceptance(), scene.operator, scene.now)
    crowd = [scene.understood(f"Wish {number}", capability_id=entry.pk) for number in range(PROCESSES * THREADS)]
    return scene.shop.pk, [str(wish.public_id) for wish in crowd]


def _accept(shop_id: int, public_id: str, begin: float, outcomes: "Counter[str]") -> None:
    from django.db import connection

    from kizuna.flows.wishes import handling
    from kizuna.flows.wishes.handling import Acceptance
    from kizuna.shops import tenants
    from tests.flows.wishes.making import NOW

    try:
        shop = tenants.get_shop_by_id(shop_id)
        time.sleep(max(0.0, begin - time.time()))
        handling.accept(shop, public_id, Acceptance(), None, NOW + timedelta(minutes=1))
        outcomes["accepted"] += 1
    except Exception as error:
        outcomes[type(error).__name__] += 1
    finally:
        connection.close()


def _one_process(shop_id: int, public_ids: list[str], begin: float, report: Path) -> None:
    outcomes: Counter[str] = Counter()
    threads = [threading.Thread(target=_accept, args=(shop_id, each, begin, outcomes)) for each in public_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.write_text(json.dumps(outcomes))


def main() -> None:
    """Run it and print how many were accepted, how many were beyond, and what the tables say."""
    django.setup()
    from django.db import connections

    from kizuna.privileges.models import CapabilityWeek, Promise

    shop_id, public_ids = _prepare()
    connections.close_all()
    begin = time.time() + 1
    home = Path(os.environ["KIZUNA_HOME"])
    children = []
    for number in range(PROCESSES):
        child = os.fork()
        if child == 0:
            part = public_ids[number * THREADS : (number + 1) * THREADS]
            _one_process(shop_id, part, begin, home / f"outcome-{number}")
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    total: Counter[str] = Counter()
    for number in range(PROCESSES):
        total.update(json.loads((home / f"outcome-{number}").read_text()))
    [week] = CapabilityWeek.objects.all()
    held = sum(Promise.objects.filter(released_us=None).values_list("units", flat=True))
    json.dump({**total, "taken": week.taken, "held": held, "capacity": week.capacity}, sys.stdout)


if __name__ == "__main__":
    main()
