"""`./run bench science`: a million simulated customers fitted and valued, against lifetimes and pymc-marketing.

Each in its own process on the same rows: BG/NBD and Gamma-Gamma fitted, then the 12-month value of every customer, with
time and peak memory; also the warm fit of CDNOW. Rivals live in .venv-rivals; without it only ours is measured.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
CUSTOMERS, DAYS = 1_000_000, 730
BUYING, MONEY = (0.45, 6.0, 0.8, 2.5), (6.25, 3.74, 15.4)
DISCOUNT_MONTH = 0.01
FASTER, LIGHTER, CDNOW_MS = 50.0, 4.0, 20.0
NAMES = ("ours", "lifetimes", "pymc-marketing")


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate, measure each in a process of its own, print the ratios; tells whether the aims were met."""
    parser = argparse.ArgumentParser(prog="./run bench science", description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--rivals", default=str(ROOT / ".venv-rivals" / "bin" / "python"), help="their interpreter")
    parser.add_argument("--without", action="append", default=[], choices=NAMES[1:], help="leave a rival out")
    parser.add_argument("--part", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("--rows", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.part:
        print(json.dumps(_measure(arguments.part, arguments.rows)))
        return 0
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as folder:
        rows = Path(folder) / "rows.npz"
        _simulate(rows, arguments.customers)
        _cdnow(rows.with_name("cdnow.npz"))
        found = {"ours": _apart("ours", sys.executable, rows)}
        if Path(arguments.rivals).exists():
            wanted = [name for name in NAMES[1:] if name not in arguments.without]
            found |= {name: _apart(name, arguments.rivals, rows) for name in wanted}
        else:
            print(f"no rivals at {arguments.rivals}: only ours is measured (./run bench science installs them)")
    return _report(arguments.customers, found)


def _simulate(path: Path, customers: int) -> None:
    """Customers who joined over two years, in weeks at the grain of days, with the average of all their purchases."""
    from kizuna.science.bg_nbd import BgNbd
    from kizuna.science.gamma_gamma import GammaGamma

    random = np.random.default_rng(20)
    weeks = random.integers(1, DAYS + 1, customers) / 7
    known = BgNbd(*BUYING).simulate(weeks, random)
    x, t_x = known.x[known.group], np.ceil(known.t_x[known.group] * 7) / 7
    mean_value = GammaGamma(*MONEY).simulate(x, random)
    np.savez(path, x=x, t_x=np.minimum(t_x, weeks), T=weeks, mean_value=mean_value)


def _cdnow(path: Path) -> None:
    """The published sample where it lies beside the checkout, else as many simulated customers."""
    from kizuna.science import histories
    from kizuna.science.bg_nbd import BgNbd
    from tests.science import cdnow

    sample = ROOT.parent / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
    if sample.exists():
        rows = cdnow.read(sample)
        known = histories.from_days(rows.customer, rows.day, cdnow.CALIBRATION_END)[1]
    else:
        weeks = np.random.default_rng(1).integers(189, 273, 2357) / 7
        known = BgNbd(0.2426, 4.4135, 0.7929, 2.4258).simulate(weeks, np.random.default_rng(2))
    np.savez(path, x=known.x[known.group], t_x=known.t_x[known.group], T=known.T[known.group])


def _apart(name: str, python: str, rows: Path) -> dict[str, Any] | str:
    """Measure one in a process of its own; its last line of error where it fails."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    if name != "ours":
        env.pop("PYTHONPATH")
    words = [python, str(ROOT / "bench" / "science.py"), "--part", name, "--rows", str(rows)]
    done = subprocess.run(words, env=env, cwd=rows.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _measure(name: str, path: str) -> dict[str, Any]:
    rows = dict(np.load(path))
    run = {"ours": _ours, "lifetimes": _lifetimes, "pymc-marketing": _pymc}[name]
    found = run(rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    small = dict(np.load(Path(path).with_name("cdnow.npz")))
    return {**found, "peak": peak, "cdnow_ms": _cdnow_ms(name, small)}


def _ours(rows: dict[str, Any]) -> dict[str, Any]:
    from kizuna.science import bg_nbd, gamma_gamma, histories, lifetime_value

    watch = _Watch()
    known = histories.from_rows(rows["x"], rows["t_x"], rows["T"])
    buying = bg_nbd.fit(known)
    watch.lap("fit buying")
    money = gamma_gamma.fit(rows["x"], rows["mean_value"])
    watch.lap("fit money")
    terms = lifetime_value.Terms(months=12, discount_year=(1 + DISCOUNT_MONTH) ** 12 - 1)
    value = lifetime_value.value(buying, money, known, rows["x"], rows["mean_value"], terms).mean
    watch.lap("12-month value")
    model, spent = buying.model, money.model
    parameters = (model.r, model.alpha, model.a, model.b, spent.p, spent.q, spent.v)
    return watch.found(parameters, value)


def _lifetimes(rows: dict[str, Any]) -> dict[str, Any]:
    import pandas
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    table = pandas.DataFrame(rows)
    watch = _Watch()
    buying = BetaGeoFitter().fit(table["x"], table["t_x"], table["T"])
    watch.lap("fit buying")
    back = table[(table["x"] > 0) & (table["mean_value"] > 0)]
    money = GammaGammaFitter().fit(back["x"], back["mean_value"])
    watch.lap("fit money")
    columns = (table[each] for each in ("x", "t_x", "T", "mean_value"))
    value = money.customer_lifetime_value(buying, *columns, time=12, discount_rate=DISCOUNT_MONTH, freq="W")
    watch.lap("12-month value")
    parameters = [*(buying.params_[each] for each in ("r", "alpha", "a", "b")), *(money.params_[e] for e in "pqv")]
    return watch.found(parameters, value.to_numpy())


def _pymc(rows: dict[str, Any]) -> dict[str, Any]:
    import pandas
    from pymc_marketing.clv import BetaGeoModel, GammaGammaModel

    table = pandas.DataFrame(
        {
            "customer_id": np.arange(len(rows["x"])),
            "frequency": rows["x"],
            "recency": rows["t_x"],
            "T": rows["T"],
            "monetary_value": rows["mean_value"],
        }
    )
    watch = _Watch()
    buying = BetaGeoModel()
    buying.fit(data=table, method="map", progressbar=False)
    watch.lap("fit buying")
    back = table[(table["frequency"] > 0) & (table["monetary_value"] > 0)]
    money = GammaGammaModel()
    money.fit(data=back, method="map", progressbar=False)
    watch.lap("fit money")
    value = money.expected_customer_lifetime_value(
        transaction_model=buying, data=table, future_t=12, discount_rate=DISCOUNT_MONTH, time_unit="W"
    )
    watch.lap("12-month value")
    found = [float(buying.fit_result[each].mean()) for each in ("r", "alpha", "a", "b")]
    found += [float(money.fit_result[each].mean()) for each in "pqv"]
    return watch.found(found, np.asarray(value).ravel())


def _cdnow_ms(name: str, rows: dict[str, Any]) -> float | None:
    """Milliseconds of the second fit of CDNOW in a process, the best of a few."""
    if name == "ours":
        from kizuna.science import bg_nbd, histories

        def fit() -> object:
            return bg_nbd.fit(histories.from_rows(rows["x"], rows["t_x"], rows["T"]))

    elif name == "lifetimes":
        from lifetimes import BetaGeoFitter

        def fit() -> object:
            return BetaGeoFitter().fit(rows["x"], rows["t_x"], rows["T"])

    else:
        return None
    fit()
    return min(_seconds(fit) for _ in range(5)) * 1e3


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class _Watch:
    """Seconds of each lap."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self.began = time.perf_counter()

    def lap(self, name: str) -> None:
        """Write down the time since the last one."""
        now = time.perf_counter()
        self.laps[name], self.began = now - self.began, now

    def found(self, parameters: Sequence[float], value: Any) -> dict[str, Any]:
        """What the parent process is told."""
        return {
            "laps": self.laps,
            "seconds": sum(self.laps.values()),
            "parameters": [float(each) for each in parameters],
            "value": float(np.nansum(value)),
        }


def _report(customers: int, found: dict[str, dict[str, Any] | str]) -> int:
    ours = found["ours"]
    if isinstance(ours, str):
        print(f"ours failed: {ours}")
        return 1
    print(f"{customers:,} simulated customers: BG/NBD and Gamma-Gamma fitted, 12-month value of each")
    for name, each in found.items():
        if isinstance(each, str):
            print(f"  {name}: not measured ({each})")
            continue
        laps = ", ".join(f"{lap} {seconds:.2f} s" for lap, seconds in each["laps"].items())
        cdnow = "" if each["cdnow_ms"] is None else f"; CDNOW warm {each['cdnow_ms']:.1f} ms"
        print(f"  {name}: {each['seconds']:.2f} s ({laps}), peak {each['peak'] / 2**20:,.0f} MiB{cdnow}")
        print(f"    parameters {' '.join(f'{p:.4f}' for p in each['parameters'])}; total {each['value']:,.0f}")
    met = ours["cdnow_ms"] <= CDNOW_MS
    for name, each in found.items():
        if name == "ours" or isinstance(each, str):
            continue
        faster, lighter = each["seconds"] / ours["seconds"], each["peak"] / ours["peak"]
        apart = each["value"] / ours["value"] - 1
        print(f"  against {name}: {faster:.0f} x faster, {lighter:.1f} x less memory, its total {apart:+.2%}")
        if name == "lifetimes":
            met = met and faster >= FASTER and lighter >= LIGHTER
    print(f"  aims ({FASTER:.0f} x, {LIGHTER:.0f} x, CDNOW under {CDNOW_MS:.0f} ms): {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
