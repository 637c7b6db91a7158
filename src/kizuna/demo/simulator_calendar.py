"""When things happen in the simulated year: seasons, weekdays, hours, all of it in the shop's own time.

Purchases and visits run on a warped clock (`Calendar.busy`): a unit of it passes faster in December than in July, so
that latent rates stay rates and the year still looks like a year. Days are counted from 0; the year ends at `now_us`.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kizuna.science import periods

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

DAYS = 365
_MONTHS = (0.90, 0.95, 1.00, 1.00, 1.05, 0.85, 0.75, 0.80, 1.00, 1.10, 1.45, 1.75)
_WEEKDAYS = (1.05, 0.98, 0.96, 0.98, 0.90, 0.95, 1.18)
_HOURS = (2, 1, 0.5, 0.4, 0.5, 1, 3, 5, 7, 8, 9, 9, 10, 8, 7, 8, 9, 10, 12, 15, 17, 16, 11, 6)


@dataclass(frozen=True)
class Calendar:
    """The year that ends at `now_us`: where each local day begins, and how busy it is beside the others."""

    now_us: int
    midnights: Ints
    busy: Floats
    elapsed: Floats

    def instants(self, days: Floats, rng: np.random.Generator) -> Ints:
        """Turn days (their fraction is dropped) into instants at believable hours; none lies after now."""
        whole = np.clip(np.floor(days).astype(np.int64), 0, DAYS - 1)
        weights = np.asarray(_HOURS) / sum(_HOURS)
        hours = rng.choice(24, size=len(whole), p=weights) + rng.random(len(whole))
        at = self.midnights[whole] + (hours * 3_600e6).astype(np.int64)
        late = at > self.now_us
        span = np.maximum(self.now_us - self.midnights[whole], 1)
        at[late] = self.midnights[whole][late] + (span[late] * rng.random(int(late.sum()))).astype(np.int64)
        return np.minimum(at, self.now_us)

    def to_busy_time(self, days: Floats) -> Floats:
        """How much of the warped clock has passed at a (fractional) day."""
        return np.interp(days, np.arange(DAYS + 1), self.elapsed)

    def to_days(self, busy_time: Floats) -> Floats:
        """The (fractional) day at which so much of the warped clock has passed."""
        return np.interp(busy_time, self.elapsed, np.arange(DAYS + 1))


def make_calendar(now_us: int, zone: ZoneInfo) -> Calendar:
    """Make the year that ends at an instant, its last day being the one the instant lies in."""
    last = periods.day_index(now_us, zone)
    local_days = np.arange(last - DAYS + 1, last + 1)
    midnights = np.array([periods.local_midnight_us(int(day), zone) for day in local_days], dtype=np.int64)
    months = np.array([periods.instant_at(int(us) + 43_200_000_000).month for us in midnights])
    weekdays = (local_days + 3) % 7
    busy = np.asarray(_MONTHS)[months - 1] * np.asarray(_WEEKDAYS)[weekdays]
    busy = busy / busy.mean()
    return Calendar(now_us, midnights, busy, np.concatenate(([0.0], np.cumsum(busy))))
