"""`./run manage freeze_reference --shop SLUG`: today's customers become what scores are measured against."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kizuna.flows import snapshots
from kizuna.shops import tenants


class Command(BaseCommand):
    """Freezes a new version of the reference population."""

    help = "Freeze today's customers as the reference population; a job then places everybody anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the shop."""
        parser.add_argument("--shop", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        """Freeze and say what was frozen."""
        try:
            shop = tenants.get_shop(options["shop"])
        except tenants.Refused as problem:
            raise CommandError(str(problem)) from None
        frozen = snapshots.freeze_reference(shop, None, timezone.now())
        self.stdout.write(f"Froze {frozen.customers:,} customers as version {frozen.version} of the reference.")
