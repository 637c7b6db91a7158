"""`create_shop SLUG --name NAME --currency GBP --timezone UTC`: one more shop, in an empty home folder as well."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kizuna.flows import installation, shops
from kizuna.shops.tenants import NewShop, Refused


class Command(BaseCommand):
    """Makes a shop."""

    help = "Make a shop (its tables too, when the home folder is empty)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the fields of a new shop."""
        parser.add_argument("slug", help="its address: lower-case letters, digits, hyphens")
        parser.add_argument("--name", required=True)
        parser.add_argument("--currency", required=True, help="three letters, such as EUR; fixed after the first order")
        parser.add_argument("--timezone", default="UTC", help="such as Europe/Berlin; where its days begin")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the shop and say what it is called."""
        installation.prepare()
        new = NewShop(options["slug"], options["name"], options["currency"].upper(), options["timezone"])
        try:
            shop = shops.create_shop(new, None, timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"Made the shop {shop.name} ({shop.slug}): {shop.currency}, {shop.timezone}.")
        self.stdout.write(f"Next: create_owner you@example.com --shop {shop.slug}")
