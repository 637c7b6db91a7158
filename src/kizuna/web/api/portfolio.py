"""GET /api/v1/portfolio: the document that the command export_portfolio prints, as JSON or CSV."""

import io
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from kizuna.flows import export, portfolio
from kizuna.science import periods
from kizuna.web.api.access import BadRequest, check_parameters, endpoint

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

PARAMETERS = frozenset({"as_of", "from", "format", "reference"})
FORMATS = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
REFERENCES = ("population", "frozen")
EARLIEST_YEAR = 1990
AHEAD = timedelta(days=1)


@endpoint("export")
def show(request: HttpRequest, shop: "Shop") -> HttpResponse:
    """Give the whole portfolio as of an instant; without one, as of the shop's clock."""
    check_parameters(request, PARAMETERS)
    form = _one_of(request, "format", tuple(FORMATS))
    frozen = _one_of(request, "reference", REFERENCES) == "frozen"
    now = timezone.now()
    as_of_us = _find_instant(request, "as_of", now)
    if as_of_us is None:
        as_of_us = portfolio.shop_now(shop, periods.epoch_us(now))
    try:
        measured = portfolio.measure_as_of(shop, as_of_us, frozen=frozen, from_us=_find_instant(request, "from", now))
    except portfolio.EmptyPeriod as problem:
        raise BadRequest("from", str(problem)) from None
    output = io.StringIO()
    write = export.write_json if form == "json" else export.write_csv
    write(shop, measured, output)
    response = HttpResponse(output.getvalue(), content_type=FORMATS[form])
    if form == "csv":
        response["Content-Disposition"] = f'attachment; filename="portfolio-{shop.slug}.csv"'
    return response


def _one_of(request: HttpRequest, name: str, known: tuple[str, ...]) -> str:
    value = request.GET.get(name, known[0])
    if value not in known:
        raise BadRequest(name, f"{value!r} is not one of {', '.join(known)}")
    return value


def _find_instant(request: HttpRequest, name: str, now: datetime) -> int | None:
    text = request.GET.get(name)
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(name, f"{text!r} is no instant; write it like 2011-12-10T00:00:00Z") from None
    if instant.tzinfo is None:
        raise BadRequest(name, "say the time zone, such as Z for UTC: 2011-12-10T00:00:00Z")
    if instant.year < EARLIEST_YEAR or instant.year > now.year + 1 or instant > now + AHEAD:
        raise BadRequest(name, f"must lie between {EARLIEST_YEAR} and now")
    return periods.epoch_us(instant)
