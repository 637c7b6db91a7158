"""The portfolio of the real Online Retail orders, against a second computation from the raw file.

The second one is written without the project's code and without numpy: csv, datetime, Decimal, math.
"""

import csv
import gzip
import io
import json
import math
from collections import defaultdict
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest
from django.core.management import call_command

SLUG = "retail"
AS_OF = datetime(2011, 12, 10, tzinfo=UTC)
FROM = datetime(2010, 12, 10, tzinfo=UTC)


def _invoices(path: Path) -> list[tuple[str, str, datetime, Decimal]]:
    """(invoice, customer, time of its first line, total in pence) of lines with a customer."""
    first: dict[tuple[str, str], datetime] = {}
    total: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if not row["CustomerID"]:
                continue
            key = row["InvoiceNo"], row["CustomerID"].removesuffix(".0")
            at = _instant(row["InvoiceDate"])
            first[key] = min(first.get(key, at), at)
            total[key] += Decimal(row["Quantity"]) * Decimal(row["UnitPrice"]) * 100
    return [
        (invoice, customer, at, total[invoice, customer].quantize(Decimal(1), ROUND_HALF_EVEN))
        for (invoice, customer), at in first.items()
    ]


def _instant(text: str) -> datetime:
    for form in ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise AssertionError(text)


def _decayed(at: datetime) -> float:
    return 2 ** (-(AS_OF - at).total_seconds() / 86_400 / 90)


def _second_way(path: Path) -> dict[str, dict]:
    people: dict[str, dict] = defaultdict(lambda: {"R": 0.0, "F": [], "M": [], "np": 0})
    for invoice, customer, at, pence in _invoices(path):
        person = people[customer]
        person["M"].append(float(pence) * _decayed(at))
        if FROM < at <= AS_OF:
            person["np"] += int(pence)
        if not invoice.startswith("C") and pence > 0:
            person["F"].append(_decayed(at))
            person["R"] = max(person["R"], _decayed(at))
    for person in people.values():
        person["F"], person["M"] = math.fsum(person["F"]), math.fsum(person["M"])
    return dict(people)


def _score(values: list[float], least: float) -> list[float]:
    """(number below + half the number equal) / n, equal meaning equal to 7 digits."""
    ranked = [float(f"{value:.7g}") if value >= least else 0.0 for value in values]
    below: dict[float, int] = {}
    for place, value in enumerate(sorted(ranked)):
        below.setdefault(value, place)
    count: dict[float, int] = defaultdict(int)
    for value in ranked:
        count[value] += 1
    return [(below[value] + count[value] / 2) / len(ranked) for value in ranked]


def _sample(whole: Path, folder: Path) -> Path:
    """One customer in ten, and the lines without customer."""
    path = folder / "sample.csv.gz"
    with gzip.open(whole, "rt", encoding="utf-8-sig", newline="") as file, gzip.open(path, "wt", newline="") as sample:
        lines = csv.DictReader(file)
        kept = csv.DictWriter(sample, list(lines.fieldnames or ()))
        kept.writeheader()
        kept.writerows(row for row in lines if row["CustomerID"].removesuffix(".0")[-1:] in ("", "7"))
    return path


@pytest.mark.django_db
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)])
def test_the_real_portfolio_is_what_a_second_computation_says(real_orders: Path, tmp_path: Path, whole: bool) -> None:
    path = real_orders / "online_retail_uci" / "online_retail.csv.gz"
    path = path if whole else _sample(path, tmp_path)
    call_command("create_shop", SLUG, name="Online Retail", currency="GBP", timezone="UTC", stdout=io.StringIO())
    call_command("import_orders", str(path), shop=SLUG, preset="online-retail", stdout=io.StringIO())
    output = io.StringIO()
    call_command("export_portfolio", shop=SLUG, as_of="2011-12-10T00:00:00Z", stdout=output)
    document = json.loads(output.getvalue())
    compare(document, _second_way(path))


def compare(document: dict, people: dict[str, dict]) -> None:
    """Every customer, every figure."""
    assert (document["as_of"], document["period"]) == (
        "2011-12-10T00:00:00Z",
        {"from": "2010-12-10T00:00:00Z", "to": "2011-12-10T00:00:00Z"},
    )
    assert (document["half_life_days"], document["currency"]) == (90, "GBP")
    given = {each["customer"]: each for each in document["customers"]}
    assert given.keys() == people.keys()
    names = sorted(people)
    gain = sum(person["np"] for person in people.values())
    assert document["net_gain_minor"] == gain
    z = {
        "R": _score([people[name]["R"] for name in names], 2**-8),
        "F": _score([people[name]["F"] for name in names], 2**-8),
        "M": _score([people[name]["M"] for name in names], 1),
    }
    rf = []
    for row, name in enumerate(names):
        mine, theirs = people[name], given[name]
        for factor in "RFM":
            assert theirs["stocks"][factor] == pytest.approx(mine[factor], rel=1e-9, abs=1e-7), (name, factor)
            assert theirs["z"][factor] == pytest.approx(z[factor][row], abs=3 / len(names)), (name, factor)
        assert (theirs["stocks"]["V"], theirs["stocks"]["E"], theirs["z"]["V"], theirs["z"]["E"]) == (0, 0, 0.5, 0.5)
        assert theirs["net_profit_minor"] == mine["np"], name
        assert theirs["e_cnrr"] == pytest.approx(mine["np"] / gain, rel=1e-12)
        rf.append((z["R"][row] + z["F"][row] + z["M"][row] + 1) / 5)
        assert theirs["rf"] == pytest.approx(rf[-1], abs=1e-3)
    _compare_cuts(document, people)


def _compare_cuts(document: dict, people: dict[str, dict]) -> None:
    profits = sorted((person["np"] for person in people.values()), reverse=True)
    whole, reached, n_star = sum(profit for profit in profits if profit > 0), 0, 0
    while 5 * reached < 4 * whole:
        reached += profits[n_star]
        n_star += 1
    cut_rf = sorted((each["rf"] for each in document["customers"]), reverse=True)[n_star - 1]
    cuts = document["cuts"]
    assert (cuts["n_star"], cuts["rf"]) == (n_star, cut_rf)
    assert cuts["e_cnrr"] == pytest.approx(profits[n_star - 1] / document["net_gain_minor"], rel=1e-12)
    for each in document["customers"]:
        high_y, high_x = each["net_profit_minor"] >= profits[n_star - 1], each["rf"] >= cut_rf
        assert each["segment"] == {(1, 1): "A", (0, 1): "B", (1, 0): "C", (0, 0): "D"}[high_x, high_y]
    assert math.fsum(each["e_cnrr"] for each in document["customers"]) == pytest.approx(1, abs=1e-12)
