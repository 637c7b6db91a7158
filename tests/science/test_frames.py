"""Data frames of every kind give the same answers as arrays; without Django; errors name the column."""

import subprocess
import sys
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest

from kizuna.science import bg_nbd, frames, histories
from kizuna.science.frames import ColumnError

WHO = ["b", "a", "b", "b", "c"]
ON = [date(2024, 1, 3), date(2024, 1, 5), date(2024, 1, 3), date(2024, 2, 9), date(2024, 3, 1)]
PAID = [5.0, 8.0, 7.0, 6.0, 9.0]
UNTIL = date(2024, 2, 20)


def _arrow() -> Any:
    return pyarrow.table({"who": WHO, "on": ON, "paid": PAID})


TABLES: dict[str, Any] = {
    "mapping": {"who": np.array(WHO), "on": np.array(ON, dtype="datetime64[D]"), "paid": np.array(PAID)},
    "lists": {"who": WHO, "on": ON, "paid": PAID},
    "pandas": pandas.DataFrame({"who": WHO, "on": pandas.to_datetime(ON), "paid": PAID}),
    "pandas objects": pandas.DataFrame({"who": WHO, "on": ON, "paid": PAID}, dtype=object),
    "pandas arrow": _arrow().to_pandas(types_mapper=pandas.ArrowDtype),
    "polars": polars.DataFrame({"who": WHO, "on": ON, "paid": PAID}),
    "pyarrow": _arrow(),
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_of_frame_gives_the_same(kind: str) -> None:
    found = frames.purchases(TABLES[kind], "who", "on", "paid")
    labels, known = found.histories(UNTIL)
    assert labels.tolist() == ["a", "b"]
    assert known.x[known.group].tolist() == [0, 1]
    assert known.t_x[known.group].tolist() == pytest.approx([0, 37 / 7])
    assert known.T[known.group].tolist() == pytest.approx([46 / 7, 48 / 7])
    x, mean = found.spending(UNTIL)
    assert (x.tolist(), mean.tolist()) == ([1, 2], [8.0, 9.0])
    assert found.spending(UNTIL, first=False)[1].tolist() == [0.0, 6.0]


@pytest.mark.parametrize("kind", TABLES)
def test_answers_come_back_in_the_kind_of_the_question(kind: str) -> None:
    answer = frames.frame_like(TABLES[kind], {"who": np.array(["a", "b"]), "value": np.array([1.0, 2.0])})
    assert isinstance(answer, type(TABLES[kind]))
    assert frames.numbers(answer, "value").tolist() == [1.0, 2.0]


def test_times_count_by_their_own_wall_clock() -> None:
    late = [datetime(2024, 1, 1, 23, 30, tzinfo=UTC), datetime(2024, 1, 2, 3, 0, tzinfo=UTC)]
    paris = pandas.Series(late).dt.tz_convert("Europe/Paris")
    day = (date(2024, 1, 2) - date(1970, 1, 1)).days
    assert frames.days_of(pandas.DataFrame({"on": paris}), "on").tolist() == [day, day]
    assert frames.days_of(polars.from_pandas(pandas.DataFrame({"on": paris})), "on").tolist() == [day, day]
    assert frames.days_of({"on": late}, "on").tolist() == [day - 1, day]


def test_customers_may_be_numbers() -> None:
    for who in ([12, 7], [12.0, 7.0], np.array([12, 7], dtype=object)):
        found = frames.purchases({"who": who, "on": [1, 2]}, "who", "on")
        assert found.labels.tolist() == [7, 12]
        assert found.money.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("column", "table"),
    [
        ("on", {"who": ["a"]}),
        ("paid", polars.DataFrame({"who": ["a"], "on": [1]})),
        ("who", polars.DataFrame({"who": [None, "a"], "on": [1, 2], "paid": [1.0, 2.0]})),
        ("who", {"who": [1.5], "on": [1], "paid": [1.0]}),
        ("who", {"who": np.array(["a", 1], dtype=object), "on": [1, 2], "paid": [1.0, 2.0]}),
        ("on", {"who": ["a"], "on": ["2024-01-01"], "paid": [1.0]}),
        ("on", {"who": ["a"], "on": [1.5], "paid": [1.0]}),
        ("on", pandas.DataFrame({"who": ["a"], "on": [pandas.NaT], "paid": [1.0]})),
        ("on", {"who": ["a"], "on": np.array(["NaT"], dtype="datetime64[D]"), "paid": [1.0]}),
        ("on", {"who": ["a"], "on": [float("inf")], "paid": [1.0]}),
        ("on", {"who": ["a"], "on": [-1e300], "paid": [1.0]}),
        ("on", {"who": ["a"], "on": [1, 2], "paid": [1.0]}),
        ("paid", {"who": ["a"], "on": [1], "paid": ["much"]}),
        ("paid", {"who": ["a"], "on": [1], "paid": [float("nan")]}),
        ("paid", {"who": ["a"], "on": [1], "paid": [None]}),
        ("paid", {"who": ["a"], "on": [1], "paid": [[1.0]]}),
    ],
)
def test_errors_name_the_column(column: str, table: Any) -> None:
    with pytest.raises(ColumnError) as raised:
        frames.purchases(table, "who", "on", "paid")
    assert raised.value.column == column
    assert repr(column) in str(raised.value)


def test_only_frames_in_memory_are_read() -> None:
    with pytest.raises(TypeError, match="not a data frame in memory"):
        frames.purchases(polars.LazyFrame({"who": ["a"]}), "who", "on")
    with pytest.raises(TypeError, match=r"memory: builtins\.int"):
        frames.purchases(3, "who", "on")


def test_frames_and_arrays_lead_to_the_same_fit() -> None:
    random = np.random.default_rng(1)
    who, on = random.integers(0, 300, 2000), random.integers(0, 300, 2000)
    _, by_frame = frames.purchases(polars.DataFrame({"who": who, "on": on}), "who", "on").histories(299)
    _, by_array = histories.from_days(who, on, 299)
    assert bg_nbd.fit(by_frame).model == bg_nbd.fit(by_array).model


WITHOUT_DJANGO = """
import sys


class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "msgspec", "duckdb", "pandas", "polars", "pyarrow"}:
            raise ImportError(f"{name} is not installed")


sys.meta_path.insert(0, Refuse())
import importlib
import pkgutil

import kizuna.science
from kizuna.science import bg_nbd, frames, gamma_gamma, lifetime_value

for module in pkgutil.iter_modules(kizuna.science.__path__):
    importlib.import_module(f"kizuna.science.{module.name}")
found = frames.purchases({"who": [1, 1, 2], "on": [0, 20, 5], "paid": [9.0, 8.0, 7.0]}, "who", "on", "paid")
who, known = found.histories(60)
x, mean = found.spending(60)
told = lifetime_value.value(bg_nbd.fit(known), gamma_gamma.fit(x, mean), known, x, mean, lifetime_value.Terms())
print(len(told.mean), "django" in sys.modules, "matplotlib" in sys.modules)
"""


def test_science_works_without_django() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DJANGO],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert (done.stdout, done.returncode) == ("2 False False\n", 0), done.stderr


LIGHT = """
import sys
import kizuna.science.gamma_gamma
print([module for module in ("scipy.stats", "scipy.optimize", "narwhals") if module in sys.modules])
"""


def test_importing_science_is_light() -> None:
    paths = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True, env=paths)
    assert done.stdout == "[]\n"
