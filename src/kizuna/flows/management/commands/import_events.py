"""`import_events FILE --shop SLUG`: events of the Segment wire, one JSON object a line; see flows.imports.events."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from kizuna.flows.imports import commands, events


class Command(BaseCommand):
    """Imports a file of events."""

    help = "Import events as the live door takes them, from NDJSON, gzip or not. Repeating an import changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and what to do with it."""
        commands.add_arguments(parser, ())

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the report."""
        commands.run(self, options, (), events.import_events, timezone.now())
