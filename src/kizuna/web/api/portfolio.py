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

PARAMETERS = frozenset({"as_of", "format", "reference"})
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
    text = request.GET.get("as_of")
    as_of_us = portfolio.shop_now(shop, periods.epoch_us(now)) if text is None else _parse_instant(text, now)
    output = io.StringIO()
    write = export.write_json if form == "json" else export.write_csv
    write(shop, as_of_us, output, frozen=frozen)
    response = HttpResponse(output.getvalue(), content_type=FORMATS[form])
    if form == "csv":
        response["Content-Disposition"] = f'attachment; filename="portfolio-{shop.slug}.csv"'
    return response


def _one_of(request: HttpRequest, name: str, known: tuple[str, ...]) -> str:
    value = request.GET.get(name, known[0])
    if value not in known:
        raise BadRequest(name, f"{value!r} is not one of {', '.join(known)}")
    return value


def _parse_instant(text: str, now: datetime) -> int:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest("as_of", f"{text!r} is no instant; write it like 2011-12-10T00:00:00Z") from None
    if instant.tzinfo is None:
        raise BadRequest("as_of", "say the time zone, such as Z for UTC: 2011-12-10T00:00:00Z")
    if instant.year < EARLIEST_YEAR or instant.year > now.year + 1 or instant > now + AHEAD:
        raise BadRequest("as_of", f"must lie between {EARLIEST_YEAR} and now")
    return periods.epoch_us(instant)
