"""Apache Spark, on this machine or on a cluster that sees the same files. Installed by `./run engines`; needs Java 17.

The context is started once a process and kept, because starting takes seconds; each session has its own views in it.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as arrow
from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession as Spark

from kizuna.warehouse import questions
from kizuna.warehouse.engines import reading
from kizuna.warehouse.engines.session import Answer, Closing, EngineMissing, Gives, Options, checked
from kizuna.warehouse.schema import DATASETS, Holding, Table

_KINDS = {"BIGINT": arrow.int64(), "TEXT": arrow.string()}
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
}


class SparkSession(Closing):
    """Views over the holding in a session of the process's Spark."""

    def __init__(self, holding: Holding, options: Options) -> None:
        self._spark = _start(options).newSession()
        for name, columns in reading.memory_tables(holding).items():
            self._hold(name, columns, holding.tables[name])
        for dataset, columns in DATASETS.items():
            self._see(f"{dataset}_sealed", columns, holding.files.get(dataset, ()))
        for name, text in questions.chain(holding):
            self._spark.sql(text).createOrReplaceTempView(name)

    def _hold(self, name: str, columns: Mapping[str, str], table: Table) -> None:
        shape = arrow.schema([(column, _KINDS[kind]) for column, kind in columns.items()])
        held = arrow.table({column: arrow.array(table[column], _KINDS[columns[column]]) for column in columns}, shape)
        self._spark.createDataFrame(held).createOrReplaceTempView(name)

    def _see(self, name: str, columns: Mapping[str, str], files: Sequence[Path]) -> None:
        if not files:
            self._hold(name, columns, {column: np.empty(0, dtype=object) for column in columns})
            return
        shape = ", ".join(f"{column} {'STRING' if kind == 'TEXT' else kind}" for column, kind in columns.items())
        addresses = [path.absolute().as_uri() for path in files]
        self._spark.read.schema(shape).parquet(*addresses).createOrReplaceTempView(name)

    def ask(self, sql: str, gives: Gives) -> Answer:
        """Answer a statement with the columns it gives, in their order."""
        table = self._spark.sql(sql).toArrow()
        return checked({name: table.column(name).to_numpy() for name in table.column_names}, gives)

    def close(self) -> None:
        """Drop the views of this session; Spark itself stays up for the next one."""
        for name in (*reading.list_tables(), *questions.CHAINS):
            self._spark.catalog.dropTempView(name)


def _start(options: Options) -> Spark:
    builder = Spark.builder.appName("kizuna").master(options.spark_master)
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    if options.threads:
        builder = builder.config("spark.sql.shuffle.partitions", str(options.threads))
    logging.getLogger("py4j").setLevel(logging.WARNING)
    try:
        spark = builder.getOrCreate()
    except PySparkRuntimeError as problem:
        raise EngineMissing(f"Spark did not start (it needs Java 17 or newer): {problem}") from None
    spark.sparkContext.setLogLevel("ERROR")
    return spark
