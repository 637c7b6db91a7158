"""How fast one source may send: a bucket of tokens for each, refilled with time."""

from collections.abc import Callable

BURST_S = 5.0


class Buckets:
    """One bucket per source; holds five seconds' worth."""

    def __init__(self, events_per_s: int, clock: Callable[[], float]) -> None:
        self._rate = float(events_per_s)
        self._clock = clock
        self._left: dict[int, tuple[float, float]] = {}

    def take(self, source_id: int, events: int) -> float:
        """Take tokens for so many events; returns 0, or the seconds to wait before trying again."""
        if not self._rate:
            return 0.0
        now = self._clock()
        left, at = self._left.get(source_id, (self._rate * BURST_S, now))
        left = min(self._rate * BURST_S, left + (now - at) * self._rate)
        wanted = min(float(events), self._rate * BURST_S)
        if left < wanted:
            self._left[source_id] = (left, now)
            return (wanted - left) / self._rate
        self._left[source_id] = (left - wanted, now)
        return 0.0
