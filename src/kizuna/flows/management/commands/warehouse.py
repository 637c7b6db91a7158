"""`./run manage warehouse status|seal|compact|clean|rebuild|verify --shop SLUG`: look after a shop's sealed files."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kizuna.flows import analytics, analytics_check, analytics_upkeep
from kizuna.science import periods
from kizuna.shops import tenants
from kizuna.warehouse import segments

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

_WRITES: "dict[str, tuple[Callable[[Shop, datetime], int], str]]" = {
    "seal": (analytics.seal, "{:,} rows sealed."),
    "compact": (analytics_upkeep.compact, "{:,} segments written."),
    "clean": (analytics_upkeep.clean, "{:,} segments written without what was erased."),
    "rebuild": (analytics_upkeep.rebuild, "{:,} rows sealed anew from the database."),
}


class Command(BaseCommand):
    """Does what the schedule does, at once, and says how things stand."""

    help = (
        "status: what is sealed and what is not; seal: the tail into files; compact: few files out of many;"
        " clean: go on with erasures; rebuild: everything anew from the database; verify: compare with the database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do and the shop."""
        parser.add_argument("action", choices=["status", *_WRITES, "verify"])
        parser.add_argument("--shop", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and report."""
        try:
            shop = tenants.get_shop(options["shop"])
        except tenants.Refused as problem:
            raise CommandError(str(problem)) from None
        if options["action"] in _WRITES:
            work, words = _WRITES[options["action"]]
            try:
                self.stdout.write(words.format(work(shop, timezone.now())))
            except (analytics.Busy, segments.FilesMissing) as problem:
                raise CommandError(str(problem)) from None
        elif options["action"] == "verify":
            self._verify(shop)
        else:
            self._show(shop)

    def _verify(self, shop: "Shop") -> None:
        report = analytics_check.verify(shop)
        if report.rows:
            told = ", ".join(f"{count:,} {name}" for name, count in report.rows.items())
            self.stdout.write(f"Compared: {told}.")
        for difference in report.differences:
            self.stdout.write(f"- {difference}")
        if not report.agrees:
            raise CommandError("The warehouse does not say what the database says (`warehouse rebuild` mends it).")
        self.stdout.write("Everything agrees.")

    def _show(self, shop: "Shop") -> None:
        now = analytics.status(shop)
        sealed = "never" if now.sealed_us is None else periods.instant_at(now.sealed_us).isoformat(timespec="seconds")
        tail = f"{now.tail:,}" if now.tail < analytics.SEAL_AT else f"{analytics.SEAL_AT:,} or more"
        lines = [
            f"sealed      {now.rows:,} rows in {now.segments:,} segments, {now.bytes / 1e6:,.1f} MB; last {sealed}",
            f"tail        {tail} rows not sealed yet",
            f"corrected   {now.stale:,} sealed rows are said anew",
            f"replaced    {now.retired:,} segments wait an hour for their last reader",
            f"erasing     {now.erasing:,} identities",
        ]
        if now.kept_from_us is not None:
            lines.append(f"kept        from {periods.instant_at(now.kept_from_us).isoformat(timespec='seconds')} on")
        if now.rebuilding:
            lines.append("rebuilding  was begun and is not finished; `warehouse rebuild` goes on with it")
        damaged = segments.list_damaged(shop.pk)
        lines += [f"damaged     {each}" for each in damaged]
        self.stdout.write("\n".join(lines))
        if damaged:
            raise CommandError("Not every file can be read (`warehouse rebuild` makes them anew, the night does too).")
