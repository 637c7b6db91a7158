"""`import_products FILE --shop SLUG`: the catalogue with what a piece costs; see flows.imports.catalogue."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from kizuna.flows.imports import catalogue, commands, maps


class Command(BaseCommand):
    """Imports a file of products."""

    help = "Import products with their prices and costs in the shop's currency. Repeating changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and how to read it."""
        commands.add_arguments(parser, maps.PRODUCT_FIELDS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the report."""
        commands.run(self, options, maps.PRODUCT_FIELDS, catalogue.import_products, timezone.now())
