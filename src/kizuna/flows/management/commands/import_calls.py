"""`import_calls FILE --shop SLUG`: the log of a telephone system; see flows.imports.calls."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from kizuna.flows.imports import calls, commands


class Command(BaseCommand):
    """Imports a log of calls."""

    help = "Import a log of telephone calls; each becomes a conversation. Taking a log again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and how to read it."""
        commands.add_arguments(parser, calls.CALL_FIELDS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the report."""
        commands.run(self, options, calls.CALL_FIELDS, calls.import_calls, timezone.now())
