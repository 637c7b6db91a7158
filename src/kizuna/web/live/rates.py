"""How much one visitor or one address may do at the chat door: buckets that refill with time, few kept in memory.

A thousand tabs of one visitor share one bucket, because they share one grip.
"""

from collections.abc import Callable, Hashable

MOST_KEPT = 50_000


class Buckets:
    """One bucket per name: so many at once, refilled by so many a second."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float]) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._left: dict[Hashable, tuple[float, float]] = {}

    def take(self, name: Hashable, amount: float = 1.0) -> float:
        """Take from a bucket; returns 0, or the seconds to wait before trying again. No rate: everything goes."""
        if not self._per_s:
            return 0.0
        now = self._clock()
        left, at = self._left.get(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_s)
        wanted = min(amount, self._burst)
        if left < wanted:
            self._left[name] = (left, now)
            return (wanted - left) / self._per_s
        if len(self._left) >= MOST_KEPT and name not in self._left:
            self._sweep(now)
        self._left[name] = (left - wanted, now)
        return 0.0

    def _sweep(self, now: float) -> None:
        """Forget buckets that are full again; those of a flood stay."""
        full_s = self._burst / self._per_s
        self._left = {name: (left, at) for name, (left, at) in self._left.items() if now - at < full_s}
