"""Spark once a session: starting it takes seconds."""

from collections.abc import Iterator

import pytest

from kizuna.warehouse.engines.session import Options
from tests.warehouse import spark


@pytest.fixture(scope="session")
def local_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Options]:
    """Options of a frugal Spark in this process; it is stopped when the tests of this process are over."""
    spark.need_spark()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in spark.configure(tmp_path_factory.mktemp("spark"), spark.FRUGAL).items():
            patch.setenv(name, value)
        yield Options(spark_master="local[1]")
        from pyspark.sql import SparkSession

        running = SparkSession.getActiveSession()
        if running is not None:
            running.stop()
