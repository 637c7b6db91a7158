"""Customer-day rows of the two real order files, read straight from the files: what the published protocol starts from.

Not a test: tests of the rankings read these, and compare them with what a shop holds after an import.
"""

import csv
import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from kizuna.science.rivals import CustomerDays

CDNOW, ONLINE_RETAIL = "cdnow/CDNOW_master.txt", "online_retail_uci/online_retail.csv.gz"


def day_of(text: str) -> int:
    """The day of an ISO date, counted from 1970."""
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def read_cdnow(folder: Path) -> CustomerDays:
    """CDNOW: customer, day, number of CDs, dollars; money in cents."""
    rows = [line.split() for line in (folder / CDNOW).read_text().splitlines()[1:]]
    customers = np.array([int(row[0]) for row in rows])
    days = {row[1]: day_of(row[1]) for row in rows}
    cents = np.array([round(Decimal(row[3]) * 100) for row in rows])
    return CustomerDays.of(customers, np.array([days[row[1]] for row in rows]), cents)


def read_online_retail(folder: Path) -> CustomerDays:
    """Online Retail: every line with a customer, cancellations included (their quantity is negative); pence."""
    customers, days, pence = [], [], []
    with gzip.open(folder / ONLINE_RETAIL, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["CustomerID"]:
                customers.append(int(float(row["CustomerID"])))
                days.append(day_of(row["InvoiceDate"][:10]))
                pence.append(round(float(row["Quantity"]) * float(row["UnitPrice"]) * 100, 1))
    return CustomerDays.of(np.array(customers), np.array(days), np.array(pence))
