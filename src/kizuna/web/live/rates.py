"""How much one visitor or one address may do at the chat door: buckets that refill with time, few kept in memory.

A thousand tabs of one visitor share one bucket, because they share one grip; a thousand grips of one address share its.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable

MOST_KEPT = 50_000


class Buckets:
    """One bucket per name: so many at once, refilled by so many a second."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float]) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, name: Hashable, amount: float = 1.0) -> float:
        """Take from a bucket; returns 0, or the seconds to wait before trying again. No rate: everything goes.

        Beyond so many names the one not heard of for the longest is forgotten: its bucket is the fullest.
        """
        if not self._per_s:
            return 0.0
        now = self._clock()
        left, at = self._left.pop(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        wanted = min(amount, self._burst)
        wait = 0.0 if left >= wanted else (wanted - left) / self._per_s
        self._left[name] = (left if wait else left - wanted, now)
        if len(self._left) > MOST_KEPT:
            self._left.popitem(last=False)
        return wait


def of_addresses(per_s: float, clock: Callable[[], float]) -> Callable[[str, str], float]:
    """Limit what comes from one address, which many visitors may share; returns what to ask with (call, address).

    A chat takes a person's time, so few begin; words come as fast as panels; the rest is small.
    """
    begun, words = Buckets(per_s / 20, per_s * 1.5, clock), Buckets(per_s, per_s * 20, clock)
    small = Buckets(per_s * 10, per_s * 200, clock)
    of = {"hello": Buckets(per_s, per_s * 20, clock), "open": begun, "defer": begun, "say": words}
    return lambda call, address: of.get(call, small).take(address)
