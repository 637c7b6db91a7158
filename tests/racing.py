"""Two transactions at once: threads with connections of their own, for tests that are marked `transaction=True`."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections, transaction

from tests.processes import PATIENCE_S


def while_open[T](work: Callable[[], T]) -> tuple[T, T]:
    """Do something in a transaction, and do it once more while that is still open; what came of each."""
    begun = threading.Event()

    def first() -> T:
        with transaction.atomic():
            done = work()
            begun.set()
            time.sleep(0.3)
        return done

    def second() -> T:
        assert begun.wait(PATIENCE_S)
        return work()

    return together(first, second)


def together[T](first: Callable[[], T], second: Callable[[], T]) -> tuple[T, T]:
    """Do two things in threads of their own; what came of each."""

    def closing(work: Callable[[], T]) -> T:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.submit(closing, first), pool.submit(closing, second)
        return one.result(), two.result()
