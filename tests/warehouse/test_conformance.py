"""Every question on every engine: identical keys and integers, floats to 1e-9, for shops with and without each part.

DuckDB, SQLite and PostgreSQL always; ClickHouse and Spark where `./run engines` installed them, on one small shop; a
Spark cluster of a master and two workers in the long run.
"""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.warehouse.engines import open_engine
from kizuna.warehouse.engines.session import EngineMissing, Options
from kizuna.warehouse.face import Warehouse
from tests.conftest import need
from tests.postgres import find_binaries, running_cluster
from tests.warehouse import spark
from tests.warehouse.asking import assert_same, every_answer, one_answer_each
from tests.warehouse.making import Made, Traits, make_shop

SMALL = Traits(customers=18)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Options]:
    binaries = find_binaries()
    need(binaries is not None, "no PostgreSQL server binaries")
    assert binaries is not None
    with running_cluster(binaries) as url:
        yield Options(url=url)


def _compare(made: Made, engine: str, options: Options) -> None:
    with open_engine("duckdb", made.holding) as session:
        expected = every_answer(Warehouse(session))
    with open_engine(engine, made.holding, options) as session:
        answers = every_answer(Warehouse(session))
    for asked, answer in answers.items():
        assert_same(answer, expected[asked], (engine, asked))


def _compare_one_each(made: Made, engine: str, options: Options) -> None:
    with open_engine("duckdb", made.holding) as session:
        expected = one_answer_each(Warehouse(session))
    with open_engine(engine, made.holding, options) as session:
        answers = one_answer_each(Warehouse(session))
    for name, answer in answers.items():
        assert_same(answer, expected[name], (engine, name))


TRAITS = st.builds(Traits, st.integers(0, 25), *[st.booleans()] * 7)


@given(seed=st.integers(0, 2**32), traits=TRAITS)
@settings(max_examples=12)
def test_sqlite_answers_as_duckdb_does(tmp_path_factory: pytest.TempPathFactory, seed: int, traits: Traits) -> None:
    _compare(make_shop(tmp_path_factory.mktemp("shop"), seed, traits), "sqlite", Options())


@pytest.mark.parametrize("traits", [Traits(), Traits(tail=False), Traits(sealed=False), Traits(customers=0)])
def test_postgresql_answers_as_duckdb_does(tmp_path: Path, postgresql: Options, traits: Traits) -> None:
    _compare(make_shop(tmp_path, 11, traits), "postgresql", postgresql)


@pytest.mark.parametrize("traits", [SMALL, Traits(customers=0, sealed=False)])
def test_clickhouse_answers_as_duckdb_does(tmp_path: Path, traits: Traits) -> None:
    need(find_spec("chdb") is not None, "no ClickHouse: ./run engines")
    _compare_one_each(make_shop(tmp_path, 12, traits), "clickhouse", Options())


@pytest.mark.xdist_group("spark")
def test_spark_answers_as_duckdb_does(tmp_path: Path, local_spark: Options) -> None:
    _compare_one_each(make_shop(tmp_path, 13, SMALL), "spark", local_spark)


@pytest.mark.long
def test_a_spark_cluster_answers_as_duckdb_does(tmp_path: Path) -> None:
    spark.need_spark()
    made = make_shop(tmp_path, 14, Traits(customers=60))
    with spark.running_cluster(tmp_path / "cluster", workers=2) as master:
        answers = spark.ask_elsewhere(made.holding, master, tmp_path)
    with open_engine("duckdb", made.holding) as session:
        expected = one_answer_each(Warehouse(session))
    assert answers.keys() == expected.keys()
    for asked, answer in answers.items():
        assert_same(answer, expected[asked], asked)


def test_an_engine_that_is_not_installed_says_what_to_run() -> None:
    code = """if True:
        import sys, django
        sys.modules.update(pyspark=None, chdb=None)
        django.setup()
        from kizuna.warehouse.engines import open_engine
        for name in ("spark", "clickhouse"):
            try: open_engine(name, None)
            except Exception as problem: print(type(problem).__name__, problem)
    """
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.splitlines()
    assert [line.startswith("EngineMissing") and "./run engines" in line for line in said] == [True, True]


def test_postgresql_without_an_address_says_which_setting(tmp_path: Path) -> None:
    made = make_shop(tmp_path, traits=Traits(customers=0))
    with pytest.raises(EngineMissing, match="KIZUNA_ENGINE_URL"):
        open_engine("postgresql", made.holding)
