"""How often an address may do something that is written down: a bucket per address in this process.

What is over the pace is answered and not noted, so that nobody meets an error for reading. Old buckets are let go.
"""

import threading
import time
from collections import OrderedDict

MOST_KEPT = 10_000


class Pace:
    """So many a minute for each address; a quiet minute earns them all again."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, address: str) -> bool:
        """Take one from the bucket of an address if there is one."""
        now = time.monotonic()
        with self._lock:
            left, since = self._left.pop(address, (float(self.per_minute), now))
            left = min(self.per_minute, left + (now - since) * self.per_minute / 60.0)
            allowed = left >= 1.0
            self._left[address] = (left - 1.0 if allowed else left, now)
            while len(self._left) > MOST_KEPT:
                self._left.popitem(last=False)
        return allowed
