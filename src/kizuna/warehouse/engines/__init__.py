"""The engines that can answer: DuckDB always; SQLite, PostgreSQL, Spark and ClickHouse by KIZUNA_ENGINE.

`open_engine` imports an engine only when it is chosen. What Spark and ClickHouse need is installed by `./run engines`.
"""

import importlib
from pathlib import Path

from django.conf import settings

from kizuna.warehouse.engines.session import EngineMissing, Options, Session
from kizuna.warehouse.schema import Holding

__all__ = ["ENGINES", "EngineMissing", "Options", "Session", "configured", "open_engine"]

ENGINES = {
    "duckdb": ("on_duckdb", "DuckDbSession"),
    "sqlite": ("on_sqlite", "SqliteSession"),
    "postgresql": ("on_postgresql", "PostgresqlSession"),
    "spark": ("on_spark", "SparkSession"),
    "clickhouse": ("on_clickhouse", "ClickHouseSession"),
}


def open_engine(name: str, holding: Holding, options: Options | None = None) -> Session:
    """Open a holding on an engine; raises EngineMissing with what to do where it is not installed."""
    if name not in ENGINES:
        raise EngineMissing(f"there is no engine {name!r}: KIZUNA_ENGINE takes one of {', '.join(ENGINES)}")
    module, kind = ENGINES[name]
    try:
        loaded = importlib.import_module(f"{__name__}.{module}")
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("kizuna"):
            raise
        raise EngineMissing(
            f"the engine {name} needs {missing.name}, which is not installed:"
            " run ./run engines, or set KIZUNA_ENGINE=duckdb"
        ) from None
    session: Session = getattr(loaded, kind)(holding, options or Options())
    return session


def configured() -> tuple[str, Options]:
    """The engine and the options that the installation's settings choose."""
    spill = Path(settings.HOME) / "warehouse" / "spill"
    return settings.ENGINE, Options(
        memory=settings.ENGINE_MEMORY, spill=spill, url=settings.ENGINE_URL, spark_master=settings.SPARK_MASTER
    )
