"""What the smaller import commands share: their arguments, and running one with its report."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kizuna.flows import installation
from kizuna.flows.imports import maps, terminal
from kizuna.flows.imports.maps import BadMap
from kizuna.flows.imports.report import Progress, Report
from kizuna.flows.imports.sheets import SheetFile
from kizuna.flows.imports.tables import BadFile
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

type Import = Callable[["Shop", SheetFile, datetime, Progress | None], Report]


def add_arguments(parser: CommandParser, fields: Sequence[str]) -> None:
    """Take the file, the shop, and what every import offers; a map where there are fields to name."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--shop", required=True, help="the shop's address")
    if fields:
        parser.add_argument("--map", help=f"columns of the fields {', '.join(fields)}: JSON or pairs name=Column")
        parser.add_argument("--encoding", help="utf-8, utf-16, cp1252 ...; else found out")
    parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
    parser.add_argument("--refused", metavar="CSV", help="write the refused rows to this file")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(command: BaseCommand, options: dict[str, Any], fields: Sequence[str], work: Import, now: datetime) -> None:
    """Import and print the report; fails when there were rows and not one could be taken."""
    installation.prepare()
    try:
        shop = tenants.get_shop(options["shop"])
        columns = maps.parse_columns(options["map"], fields) if options.get("map") else {}
        file = SheetFile(options["file"], columns, options.get("encoding"), options["dry_run"])
        report = work(shop, file, now, terminal.progress_bar())
    except (tenants.Refused, BadFile, BadMap) as error:
        raise CommandError(str(error)) from None
    terminal.write_report(report, command.stdout.write, options["json"], options["refused"])
    if report.refused_rows and not report.counts["rows taken"]:
        raise CommandError("No row could be taken.")
