"""What an installation needs before anything else: its tables, and a way in for whoever sets it up.

Called by `serve` and by the commands that work on an empty home folder. Settings are read by Django alone.
"""

import os
import secrets
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from kizuna.jobs import turns
from kizuna.shops import people

TOKEN_FILE = "setup.token"  # noqa: S105 (a file's name)


def prepare() -> None:
    """Make or bring up to date the tables, among them that of the cache; quick and silent when nothing is due.

    One process at a time: others that start meanwhile wait.
    """
    with turns.wait_for_turn("migrate"):
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)


def is_empty(connection: BaseDatabaseWrapper) -> bool:
    """Whether a database has no table yet but the one that says which migrations it has seen."""
    return not set(connection.introspection.table_names()) - {MigrationRecorder.Migration._meta.db_table}


def make_tables(connection: BaseDatabaseWrapper) -> None:
    """Make every table of an empty database as the models say, and note their migrations as done; all or nothing."""
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    history = MigrationLoader(connection).disk_migrations or {}
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            if model._meta.can_migrate(connection):
                editor.create_model(model)
        for app, name in history:
            recorder.record_applied(app, name)


def get_setup_token() -> str:
    """Give the token that proves access to this machine; written once to the home folder, for its owner's eyes."""
    path = Path(settings.HOME) / TOKEN_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(24))
    return path.read_text().strip()


def is_setup_token(text: str) -> bool:
    """Compare what somebody typed with the set-up token in constant time."""
    return secrets.compare_digest(text.strip().encode(), get_setup_token().encode())


def end_setup() -> None:
    """Remove the token: the first owner exists."""
    (Path(settings.HOME) / TOKEN_FILE).unlink(missing_ok=True)


def first_run_note() -> str | None:
    """Say in plain words what whoever starts the server must do first; None when somebody can log in already."""
    if not people.is_first_run():
        return None
    return (
        f"Nobody can log in yet. Open {settings.PUBLIC_URL}/welcome/ to make the first owner and shop.\n"
        f"From another machine it asks for this set-up token: {get_setup_token()}"
    )
