"""`./run manage validate --shop SLUG`: how well scores rank a shop's customers, on what they brought afterwards."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kizuna.flows import origins, portfolio, rankings
from kizuna.flows.rankings import EmptySplit, Split
from kizuna.science import periods
from kizuna.science.rivals import NobodyPaid
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

YEARS = range(1990, 2200)
NAMES = {
    "rf": "relationship factor",
    "rfm": "RFM quintile sum",
    "money": "monetary only",
    "decayed_both": "decayed F + M, 90 days",
    "decayed_money": "decayed M alone, 90 days",
    "model": "BG/NBD x Gamma-Gamma",
    "without_money": "relationship factor without M",
}


class Command(BaseCommand):
    """Prints what flows.rankings measures."""

    help = "Measure how well the criterion and its rivals rank customers, on what they brought after a split."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the shop, the split, the protocol and the form."""
        parser.add_argument("--shop", required=True, metavar="SLUG")
        parser.add_argument("--split", metavar="DATE", help="last day that is known (default: 90 days before the end)")
        parser.add_argument("--until", metavar="DATE", help="last day that is looked at (default: the shop's last day)")
        parser.add_argument(
            "--protocol",
            choices=("kizuna", "anchors"),
            default="kizuna",
            help="kizuna: the check of the console, on net profit; anchors: the published tables', on sales",
        )
        parser.add_argument("--timezone", metavar="ZONE", help="where days begin (default: the shop's)")
        parser.add_argument("--seed", type=int, default=1, help="of the resampled intervals")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        try:
            shop = tenants.get_shop(options["shop"])
        except tenants.Refused as problem:
            raise CommandError(str(problem)) from None
        if options["seed"] < 0:
            raise CommandError("--seed: must be 0 or above")
        try:
            split = _split(shop, options)
            if options["protocol"] == "anchors":
                found = rankings.rank_by_protocol(shop, split)
            else:
                found = rankings.rank_by_criterion(shop, split, np.random.default_rng(options["seed"]))
        except (EmptySplit, NobodyPaid) as problem:
            raise CommandError(f"{problem}") from None
        if options["format"] == "json":
            self.stdout.write(json.dumps(found, indent=2))
        else:
            self.stdout.write("\n".join(_lines(found)))


def _split(shop: "Shop", options: dict[str, Any]) -> Split:
    zone = options["timezone"] or shop.timezone
    if zone not in available_timezones():
        raise CommandError(f"{zone!r} is no time zone; use a name such as Europe/Berlin")
    last_us = portfolio.shop_now(shop, periods.epoch_us(timezone.now()))
    today = periods.instant_at(last_us).astimezone(ZoneInfo(zone)).date()
    until = _day("--until", options["until"]) or today
    known = _day("--split", options["split"]) or until - timedelta(days=origins.HORIZON_DAYS)
    return Split(known, until, ZoneInfo(zone))


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{option}: {text!r} is no date; write it like 2011-06-09") from None
    if day.year not in YEARS:
        raise CommandError(f"{option}: {text} is not from {YEARS[0]} to {YEARS[-1]}")
    return day


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield (
        f"{found['shop']}: {found['customers']:,} customers known by {found['split']}, {found['buyers_after']:,} of"
        f" them brought something by {found['until']} ({found['days_after']} days, {found['timezone']})"
    )
    yield f"{'':32}{'Spearman':>20}{'Gini':>20}{'top tenth':>20}"
    for name, row in found["scores"].items():
        cells = "".join(f"{_cell(row[measure], digits):>20}" for measure, digits in zip(row, (3, 3, 2), strict=True))
        yield f"{NAMES[name]:32}{cells}"
    if found.get("concentration"):
        held, needed = (100 * found["concentration"][name] for name in found["concentration"])
        yield f"The top 20 % hold {held:.1f} % of sales by the split; 80 % of sales need {needed:.1f} % of customers."
    if "beaten_by" in found:
        better = ", ".join(NAMES[name] for name in found["beaten_by"]) or "none"
        yield f"Rivals that rank better beyond chance: {better}."


def _cell(value: Any, digits: int) -> str:
    if isinstance(value, dict):
        if value["value"] is None or value["error"] is None:
            return "-"
        return f"{value['value']:.{digits}f} +- {value['error']:.{digits}f}"
    return f"{value:.{digits}f}"
