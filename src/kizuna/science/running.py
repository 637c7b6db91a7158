"""What customers brought as running sums over time, so that any stretch of anybody is two look-ups.

Here: columns of (customer, instant, amount) and sums in (from, to]. Not here: what the amounts are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """Amounts in the order of customer and time: keys int64[n] ascending, total int64[n + 1] the sums before each."""

    customers: Ints
    instants: Ints
    keys: Ints
    total: Ints

    def until(self, customer: Ints, at_us: Ints) -> Ints:
        """Sum of each customer up to and including an instant; 0 for a customer without amounts."""
        if not len(self.keys):
            return np.zeros(len(customer), dtype=np.int64)
        row = np.minimum(np.searchsorted(self.customers, customer), len(self.customers) - 1)
        known = self.customers[row] == customer
        begin = row * (len(self.instants) + 1)
        end = begin + np.searchsorted(self.instants, at_us, side="right")
        start = np.searchsorted(self.keys, begin, side="left")
        upto = np.searchsorted(self.keys, end, side="left")
        return np.where(known, self.total[upto] - self.total[start], 0)

    def last(self, customer: Ints, at_us: Ints) -> Ints:
        """The instant of each customer's last amount up to and including an instant; -1 where there is none."""
        if not len(self.keys):
            return np.full(len(customer), -1, dtype=np.int64)
        row = np.minimum(np.searchsorted(self.customers, customer), len(self.customers) - 1)
        begin = row * (len(self.instants) + 1)
        end = begin + np.searchsorted(self.instants, at_us, side="right")
        place = np.searchsorted(self.keys, end, side="left") - 1
        key = self.keys[np.maximum(place, 0)]
        there = (self.customers[row] == customer) & (place >= 0) & (key >= begin)
        return np.where(there, self.instants[np.where(there, key - begin, 0)], -1)

    def between(self, customer: Ints, from_us: Ints, to_us: Ints) -> Ints:
        """Sum of each customer in (from, to].

        >>> sums = make(np.array([7, 3, 7]), np.array([10, 10, 20]), np.array([5, 1, 6]))
        >>> sums.between(np.array([7, 7, 3, 4]), np.array([10, 0, 0, 0]), np.array([20, 10, 9, 99])).tolist()
        [6, 5, 0, 0]
        """
        return np.asarray(self.until(customer, to_us) - self.until(customer, from_us), dtype=np.int64)


def make(customer: Ints, at_us: Ints, amount: Ints) -> Running:
    """Make running sums of amounts, in whatever order they come."""
    customers, who = np.unique(customer, return_inverse=True)
    instants, when = np.unique(at_us, return_inverse=True)
    keys = who.astype(np.int64) * (len(instants) + 1) + when
    order = np.argsort(keys, kind="stable")
    return Running(customers, instants, keys[order], np.r_[np.int64(0), np.cumsum(amount[order], dtype=np.int64)])
