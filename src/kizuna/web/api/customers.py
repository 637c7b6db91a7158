"""GET /api/v1/customers and one customer: the rows that the console's list shows, as JSON, paged by key."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from kizuna.customers import search
from kizuna.relationships import forecasts, lists
from kizuna.relationships.lists import Between, Filters, Order
from kizuna.web.api.access import BadRequest, check_parameters, endpoint, refuse

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


SEGMENTS = ("A", "B", "C", "D", lists.NOT_PLACED)
MOST = 200
MOST_FOUND = 1_000
LONGEST_WORDS = 200
PARAMETERS = frozenset(
    {
        "segment", "known", "country", "rf_min", "rf_max", "net_profit_min_minor", "net_profit_max_minor",
        "q", "sort", "direction", "cursor", "limit",
    }
)  # fmt: skip


@endpoint("view")
def list_customers(request: HttpRequest, shop: "Shop") -> HttpResponse:
    """List customers: filtered, sorted, a page at a time."""
    check_parameters(request, PARAMETERS)
    filters = Filters(
        segments=_read(request, "segment", _parse_segments, ()),
        known=_read(request, "known", _parse_truth, None),
        country=request.GET.get("country", ""),
        factor=Between(_read(request, "rf_min", _parse_share, None), _read(request, "rf_max", _parse_share, None)),
        profit_minor=Between(
            _read(request, "net_profit_min_minor", _parse_whole, None),
            _read(request, "net_profit_max_minor", _parse_whole, None),
        ),
    )
    sort = _read(request, "sort", lambda text: _parse_one_of(text, tuple(lists.SORTS)), "profit")
    usual = "rising" if sort in lists.RISING_FIRST else "falling"
    direction = _read(request, "direction", lambda text: _parse_one_of(text, ("rising", "falling")), usual)
    limit = _read(request, "limit", _parse_limit, 50)
    order = Order(sort, direction == "rising")
    cursor = request.GET.get("cursor", "")
    if not lists.is_cursor(cursor, sort):
        raise BadRequest("cursor", "is not the `next` of a page in this order; leave it out for the first page")
    words = _read(request, "q", _parse_words, "")
    if words:
        filters = replace(filters, customer_ids=tuple(search.find_customers(shop.pk, words, MOST_FOUND)))
    page = lists.list_page(shop.pk, filters, order, cursor, limit)
    rows = [_describe(row) for row in page.rows]
    return JsonResponse({"shop": shop.slug, "currency": shop.currency, "customers": rows, "next": page.next_cursor})


@endpoint("view")
def show_customer(request: HttpRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show one customer of the shop."""
    check_parameters(request, frozenset())
    found = lists.find_ids(shop.pk, [public_id])
    row = lists.find_standing(shop.pk, found[0]) if found else None
    if row is None:
        return refuse(404, "not_found", "this shop has no such customer", field="public_id")
    described = {**_describe(row), "forecast": _forecast(shop, row.pk)}
    return JsonResponse({"shop": shop.slug, "currency": shop.currency, "customer": described})


def _forecast(shop: "Shop", customer_id: int) -> dict[str, object] | None:
    run = forecasts.find_last(shop.pk)
    outlook = None if run is None else forecasts.find_outlook(shop.pk, run, customer_id)
    if run is None or outlook is None:
        return None
    return {
        "as_of": _instant(run.as_of_us),
        "months": run.terms["months"],
        "still_customer": outlook.still,
        "purchases": {"expected": outlook.purchases, "low": outlook.purchases_low, "high": outlook.purchases_high},
        "net_profit_minor": {
            "expected": outlook.value_minor,
            "low": outlook.value_low_minor,
            "high": outlook.value_high_minor,
        },
        "interval": run.method["level"],
    }


def _describe(row: Any) -> dict[str, object]:
    return {
        "id": str(row.customer.public_id),
        "label": row.label,
        "name": row.name,
        "email": row.email,
        "country": row.country,
        "known": row.known,
        "first_order_at": _instant(row.first_order_us),
        "last_order_at": _instant(row.last_order_us),
        "last_seen_at": _instant(row.last_seen_us),
        "orders": row.orders,
        "revenue_minor": row.revenue_minor,
        "stocks": row.stocks,
        "z": row.z,
        "rf": row.rf,
        "net_profit_minor": row.net_profit_minor,
        "e_cnrr": row.e_cnrr,
        "segment": row.segment or None,
        "expected_value_minor": row.expected_value_minor,
        "still_customer": row.still_customer,
        "as_of": _instant(row.as_of_us or None),
    }


def _instant(us: int | None) -> str | None:
    if us is None:
        return None
    return datetime.fromtimestamp(us / 1_000_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read[Value](request: HttpRequest, name: str, parse: Callable[[str], Value], default: Value) -> Value:
    text = request.GET.get(name)
    if text is None:
        return default
    try:
        return parse(text)
    except ValueError as error:
        raise BadRequest(name, str(error)) from None


def _parse_words(text: str) -> str:
    if len(text) > LONGEST_WORDS:
        raise ValueError(f"must be at most {LONGEST_WORDS} characters")
    return text.strip()


def _parse_segments(text: str) -> tuple[str, ...]:
    return tuple(_parse_one_of(part, SEGMENTS) for part in text.split(","))


def _parse_one_of(text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise ValueError(f"{text!r} is not one of {', '.join(known)}")
    return text


def _parse_truth(text: str) -> bool | None:
    return _parse_one_of(text, ("true", "false")) == "true"


def _parse_share(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not 0 <= value <= 1:
        raise ValueError("must be between 0 and 1")
    return value


def _parse_whole(text: str) -> float | None:
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise ValueError(f"{text!r} is not a whole number of minor units")
    return int(sign + digits)


def _parse_limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST):
        raise ValueError(f"must be a whole number from 1 to {MOST}")
    return int(text)
