"""`import_rates FILE --shop SLUG`: what foreign money is worth from a day on; see flows.imports.catalogue."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from kizuna.flows.imports import catalogue, commands


class Command(BaseCommand):
    """Imports a file of rates."""

    help = "Import exchange rates: currency, from_day, rate. Orders recorded before keep theirs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and how to read it."""
        commands.add_arguments(parser, catalogue.RATE_FIELDS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the report."""
        commands.run(self, options, catalogue.RATE_FIELDS, catalogue.import_rates, timezone.now())
