"""`./run manage recompute --shop SLUG [--verify]`: reckon everything anew from the facts; compare, or mend."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kizuna.flows import recompute
from kizuna.shops import tenants


class Command(BaseCommand):
    """Says in words what differed."""

    help = "Reckon stocks, visits, net profit and the last snapshot anew from the facts, and mend what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the shop, and whether only to compare."""
        parser.add_argument("--shop", required=True, metavar="SLUG")
        parser.add_argument("--verify", action="store_true", help="compare only; ends with an error where they differ")

    def handle(self, *args: Any, **options: Any) -> None:
        """Recompute and report."""
        try:
            shop = tenants.get_shop(options["shop"])
        except tenants.Refused as problem:
            raise CommandError(str(problem)) from None
        report = recompute.verify(shop) if options["verify"] else recompute.recompute(shop, timezone.now())
        self.stdout.write(
            f"{report.identities:,} identities, {report.visits:,} visits and {report.customers:,} placed customers"
            " reckoned anew from the facts."
        )
        self.stdout.write(", ".join(f"{what} {seconds:.2f} s" for what, seconds in report.seconds.items()) + ".")
        for note in report.notes:
            self.stdout.write(f"(no failure) {note}")
        for difference in report.differences:
            self.stdout.write(f"- {difference}")
        if report.agrees and not report.mended:
            self.stdout.write("Everything agrees.")
        elif options["verify"]:
            raise CommandError("What is stored does not agree with the facts (run without --verify to mend it).")
        else:
            self.stdout.write("Mended.")
