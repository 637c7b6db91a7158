"""`./run manage export_portfolio`: the customer portfolio as of an instant, as JSON or CSV on the standard output."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kizuna.flows import analytics_portfolio, export, portfolio
from kizuna.science import periods
from kizuna.shops import tenants
from kizuna.warehouse import engines


class Command(BaseCommand):
    """Prints what flows.export writes."""

    help = "Print the portfolio of a shop as of an instant, with everything it was reckoned from."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the shop, the instant and the form."""
        parser.add_argument("--shop", required=True, metavar="SLUG")
        parser.add_argument("--as-of", required=True, metavar="INSTANT", help="such as 2011-12-10T00:00:00Z")
        parser.add_argument(
            "--from", metavar="INSTANT", help="where the e-CNRR period begins (default: the shop's months before)"
        )
        parser.add_argument("--format", choices=("json", "csv"), default="json")
        parser.add_argument(
            "--reference",
            choices=("population", "frozen"),
            default="population",
            help="score against the customers of that instant (default), or the reference frozen by then",
        )

        parser.add_argument(
            "--engine",
            choices=tuple(engines.ENGINES),
            help="sum stocks and net profit in the warehouse on this engine instead of in the database",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the document."""
        try:
            shop = tenants.get_shop(options["shop"])
        except tenants.Refused as problem:
            raise CommandError(str(problem)) from None
        as_of_us = parse_instant("--as-of", options["as_of"])
        from_us = None if options["from"] is None else parse_instant("--from", options["from"])
        frozen = options["reference"] == "frozen"
        try:
            if options["engine"] is None:
                measured = portfolio.measure_as_of(shop, as_of_us, frozen=frozen, from_us=from_us)
            else:
                question = portfolio.question_at(shop, as_of_us, frozen=frozen, from_us=from_us)
                measured = analytics_portfolio.measure_on(shop, options["engine"], question)
        except portfolio.EmptyPeriod as problem:
            raise CommandError(f"--from: {problem}") from None
        except engines.EngineMissing as problem:
            raise CommandError(f"--engine: {problem}") from None
        self.stdout.ending = ""
        write = export.write_json if options["format"] == "json" else export.write_csv
        write(shop, measured, self.stdout)


def parse_instant(option: str, text: str) -> int:
    """Epoch microseconds of an ISO 8601 instant that says its time zone."""
    try:
        return periods.epoch_us(datetime.fromisoformat(text))
    except ValueError:
        message = f"{option}: {text!r} is no instant with a time zone; write it like 2011-12-10T00:00:00Z"
        raise CommandError(message) from None
