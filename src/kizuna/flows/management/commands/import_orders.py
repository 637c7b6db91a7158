"""`import_orders FILE --shop SLUG`: orders and refunds from a file; see flows.imports.orders."""

from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kizuna.flows import installation
from kizuna.flows.imports import maps, terminal
from kizuna.flows.imports.maps import BadMap, OrderMap
from kizuna.flows.imports.orders import OrderFile, import_orders
from kizuna.flows.imports.tables import BadFile
from kizuna.money.currency import UnknownCurrency
from kizuna.shops import tenants


class Command(BaseCommand):
    """Imports a file of order lines."""

    help = "Import orders and refunds from CSV, TSV or Parquet, gzip or not. Repeating an import changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, how to read it, and what to do."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--shop", required=True, help="the shop's address")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--preset", choices=sorted(maps.PRESETS), help="a file whose columns are known")
        how.add_argument("--map", help="a JSON file, JSON, or pairs such as order_id=Invoice,time=Date,...")
        parser.add_argument("--currency", help="of amounts without one of their own; else the shop's")
        parser.add_argument("--timezone", help="of times without an offset; else the shop's")
        parser.add_argument("--time-format", help="such as '%%d/%%m/%%Y %%H:%%M'; else ISO 8601")
        parser.add_argument("--decimal-comma", action="store_true", default=None, help="12,50 rather than 12.50")
        parser.add_argument("--encoding", help="utf-8, utf-16, cp1252 ...; else found out")
        parser.add_argument("--refund-prefix", help="order numbers that begin so are refunds, such as C")
        parser.add_argument(
            "--allow-negative-lines",
            action="store_true",
            default=None,
            help="take lines of negative quantity as they are",
        )
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument("--refused", metavar="CSV", help="write the refused rows to this file")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the report; fails when not a single row could be taken."""
        installation.prepare()
        try:
            shop = tenants.get_shop(options["shop"])
            file = OrderFile(options["file"], _how(options), options["dry_run"])
            report = import_orders(shop, file, timezone.now(), terminal.progress_bar())
        except (tenants.Refused, BadFile, BadMap, UnknownCurrency) as error:
            raise CommandError(str(error)) from None
        terminal.write_report(report, self.stdout.write, options["json"], options["refused"])
        if report.refused_rows and not report.counts["lines taken"]:
            raise CommandError("No row could be taken.")


def _how(options: dict[str, Any]) -> OrderMap:
    if options["preset"]:
        given = maps.PRESETS[options["preset"]]
    else:
        given = maps.parse_order_map(options["map"]) if options["map"] else OrderMap({})
    zone = options["timezone"]
    if zone and zone not in available_timezones():
        raise CommandError(f"{zone!r} is no time zone; use a name such as Europe/Berlin")
    return maps.with_changes(
        given,
        currency=options["currency"].upper() if options["currency"] else None,
        timezone=zone,
        time_format=options["time_format"],
        decimal_comma=options["decimal_comma"],
        encoding=options["encoding"],
        refund_prefix=options["refund_prefix"],
        negative_lines=options["allow_negative_lines"],
    )
