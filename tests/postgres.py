"""A throw-away PostgreSQL on loopback for tests: made, started and ended by them, never the system's own cluster."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from django.db import connections
from psycopg import sql

from tests.processes import PATIENCE_S, reserved_port


def find_binaries() -> Path | None:
    """Find the folder with initdb and pg_ctl, the newest version first."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    for folder in [*installed, *(Path(entry) for entry in os.environ.get("PATH", "").split(":"))]:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


def _as_server_account(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root; its own account is used there."""
    if os.geteuid() != 0:
        return []
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


@contextmanager
def running_cluster(binaries: Path) -> Iterator[str]:
    """Start a cluster in a temporary folder and yield its address; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="kizuna-postgres-"))
    prefix = _as_server_account(folder)
    cluster = folder / "cluster"
    control = [*prefix, binaries / "pg_ctl", "-D", cluster, "-w", "-t", f"{PATIENCE_S:.0f}"]
    try:
        _run([*prefix, binaries / "initdb", "-D", cluster, "-U", "kizuna", "-A", "trust", "-E", "UTF8", "--no-sync"])
        with reserved_port() as port:
            options = f"-p {port} -k {folder} -h 127.0.0.1 -c fsync=off -c max_connections=60"
            _run([*control, "-l", folder / "log", "-o", options, "start"])
            try:
                yield f"postgresql://kizuna@127.0.0.1:{port}/postgres"
            finally:
                _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def copied_database() -> Iterator[str]:
    """Copy the empty database that this run's tests work in, with its tables, and yield the copy's address.

    For tests whose own processes need an installation of their own: making the tables anew takes seconds.
    """
    server = os.environ["KIZUNA_DATABASE_URL"]
    copied, name = str(connections["default"].settings_dict["NAME"]), f"own_{uuid4().hex}"
    connections.close_all()
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(copied)))
        try:
            yield server.rsplit("/", 1)[0] + f"/{name}"
        finally:
            link.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _run(command: list[str | Path]) -> None:
    """Run a server tool quietly, from a folder that every account may stand in."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
