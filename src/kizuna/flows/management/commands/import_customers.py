"""`import_customers FILE --shop SLUG`: who they are, with traits and consents; see flows.imports.customers."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from kizuna.flows.imports import commands, customers, maps


class Command(BaseCommand):
    """Imports a file of customers."""

    help = "Import customers. Addresses you hand over count as verified; columns may be trait.NAME, consent.PURPOSE."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and how to read it."""
        commands.add_arguments(parser, maps.CUSTOMER_FIELDS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the report."""
        commands.run(self, options, maps.CUSTOMER_FIELDS, customers.import_customers, timezone.now())
