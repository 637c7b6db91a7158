"""`migrate`, Django's own, but on an empty database the tables are made as they are meant to be, in one go.

Going through the history of every table takes the better part of a minute once there are a hundred of them; what
comes of it is the same (tests/flows/test_installation.py compares both).
"""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from kizuna.flows import installation


class Command(migrate.Command):
    """Makes or brings up to date the tables."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Make the tables of an empty database at once, then do what Django does."""
        whole = options["app_label"] is None and not any(options[each] for each in ("plan", "check_unapplied", "fake"))
        connection = connections[options["database"]]
        if whole and installation.is_empty(connection):
            installation.make_tables(connection)
        return super().handle(*args, **options)
