"""Spark for tests: a frugal one on this machine, and a cluster of a master and workers on loopback from its own jars.

Both listen on loopback alone. The cluster's driver runs in a process of its own, because a process has one Spark.
"""

import os
import pickle
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from kizuna.warehouse.engines.session import Answer
from kizuna.warehouse.schema import Holding
from tests.conftest import need

FRUGAL = """
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.driver.memory 512m
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.default.parallelism 1
spark.sql.shuffle.partitions 1
spark.sql.adaptive.enabled false
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
"""
LOOPBACK = """
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.sql.shuffle.partitions 2
spark.default.parallelism 2
"""
PATIENCE = 300


def need_spark() -> None:
    """Skip where Spark or Java is not installed."""
    need(find_spec("pyspark") is not None, "no Spark: ./run engines")
    need(shutil.which("java") is not None, "no Java 17")


def configure(folder: Path, lines: str) -> dict[str, str]:
    """Write spark-defaults.conf as an installation would and give the environment that makes Spark read it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spark-defaults.conf").write_text(lines)
    return {"SPARK_CONF_DIR": str(folder), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}


@contextmanager
def running_cluster(folder: Path, workers: int) -> Iterator[str]:
    """Start a standalone master and workers with java, yield the master's address, end them all."""
    started: list[subprocess.Popen[bytes]] = []
    folder.mkdir()
    try:
        started.append(_start(folder, "master", ["master.Master", "--host", "127.0.0.1", "--port", "0"]))
        master = _wait_for(folder / "master.log", r"Starting Spark master at (spark://\S+)", started[0])
        for n in range(workers):
            words = ["worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g", master]
            started.append(_start(folder, f"worker{n}", words))
        for n in range(workers):
            _wait_for(folder / f"worker{n}.log", "Successfully registered with (master)", started[n + 1])
        yield master
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait()


def _start(folder: Path, name: str, words: list[str]) -> "subprocess.Popen[bytes]":
    import pyspark

    home = Path(pyspark.__file__).parent
    kind, *rest = words
    command = [
        "java",
        "-Xmx512m",
        "-cp",
        f"{home}/jars/*",
        f"org.apache.spark.deploy.{kind}",
        *rest,
        "--webui-port",
        "0",
    ]
    if kind.startswith("worker"):
        command += ["--work-dir", str(folder / name)]
    scala = next((home / "jars").glob("scala-library-*.jar")).name.split("-")[2]
    own = {"SPARK_HOME": str(home), "SPARK_SCALA_VERSION": ".".join(scala.split(".")[:2])}
    environment = {**os.environ, **configure(folder / "conf", LOOPBACK), **own}
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=folder)


def _wait_for(log: Path, pattern: str, process: "subprocess.Popen[bytes]") -> str:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = re.search(pattern, log.read_text(errors="replace"))
        if found:
            return found.group(1)
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"Spark did not come up:\n{log.read_text(errors='replace')[-2000:]}")


def ask_elsewhere(holding: Holding, master: str, folder: Path) -> dict[str, Answer]:
    """Ask every question in a process of its own whose Spark is the cluster."""
    (folder / "holding").write_bytes(pickle.dumps(holding))
    environment = {**os.environ, **configure(folder / "conf", LOOPBACK)}
    command = [sys.executable, "-m", "tests.warehouse.spark", master, str(folder)]
    subprocess.run(command, check=True, env=environment, timeout=3 * PATIENCE)
    answers: dict[str, Answer] = pickle.loads((folder / "answers").read_bytes())
    return answers


def _answer(master: str, folder: Path) -> None:
    import django

    django.setup()
    from kizuna.warehouse.engines import open_engine
    from kizuna.warehouse.engines.session import Options
    from kizuna.warehouse.face import Warehouse
    from tests.warehouse.asking import one_answer_each

    holding = pickle.loads((folder / "holding").read_bytes())
    with open_engine("spark", holding, Options(spark_master=master)) as session:
        answers = one_answer_each(Warehouse(session))
    (folder / "answers").write_bytes(pickle.dumps(answers))


if __name__ == "__main__":
    _answer(sys.argv[1], Path(sys.argv[2]))
