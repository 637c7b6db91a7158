"""CDNOW as published: 2,357 customers of an online music shop, every tenth of the cohort of the first quarter of 1997.

Source: Fader & Hardie, Forecasting Repeat Sales at CDNOW (2001), Interfaces 31(3); brucehardie.com/datasets.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CALIBRATION_END = date(1997, 9, 30).toordinal()
"""Calibration: 39 weeks from 1 January 1997, inclusive."""
LAST_DAY = date(1998, 6, 30).toordinal()


class Rows(NamedTuple):
    """One row per transaction: customer int64, day (proleptic ordinal) int64, CDs int64, dollars float64."""

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    cds: NDArray[np.int64]
    dollars: NDArray[np.float64]

    def until(self, day: int) -> "Rows":
        """The rows up to a day, inclusive."""
        kept = self.day <= day
        return Rows(*(column[kept] for column in self))


@cache
def read(path: Path) -> Rows:
    """The rows of CDNOW_sample.txt or CDNOW_master.txt (the sample has the id in the master before its own)."""
    cells = [line.split()[-4:] for line in path.read_text().splitlines()]
    cells = [row for row in cells if len(row) == 4 and row[0].isdigit()]
    customer, day, cds, dollars = zip(*cells, strict=True)
    days = [date(int(d[:4]), int(d[4:6]), int(d[6:])).toordinal() for d in day]
    return Rows(
        np.array(customer, dtype=np.int64),
        np.array(days, dtype=np.int64),
        np.array(cds, dtype=np.int64),
        np.array(dollars, dtype=np.float64),
    )
