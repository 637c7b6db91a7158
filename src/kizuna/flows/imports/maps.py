"""Which column of a file means what: presets for known files, and maps that a shop writes for its own.

A map is JSON (a file or the text itself) or pairs, `order_id=Invoice,time=Date`; without one, columns are found by the
names of the fields. Names are compared without case, blanks and punctuation.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kizuna.flows.imports.tables import BLANKS, BadFile

LINE_FIELDS = ("time", "sku", "name", "quantity", "price", "amount", "cost")
WHO_FIELDS = ("customer_id", "email", "phone")
ORDER_FIELDS = ("currency", "country", "coupon", "shipping", "tax", "discount", "subtotal", "total")
FIELDS = ("order_id", *WHO_FIELDS, *LINE_FIELDS, *ORDER_FIELDS)
CUSTOMER_FIELDS = ("customer_id", "email", "phone", "name", "country", "language", "since")
PRODUCT_FIELDS = ("sku", "name", "category", "price", "cost", "url", "image_url")
OPTIONS = ("refund_prefix", "customer_day", "currency", "timezone", "time_format", "decimal_comma", "separator",
           "encoding", "negative_lines")  # fmt: skip


@dataclass(frozen=True)
class OrderMap:
    """How a file of order lines is to be read."""

    columns: Mapping[str, str]
    refund_prefix: str = ""
    customer_day: bool = False
    currency: str | None = None
    timezone: str | None = None
    time_format: str | None = None
    decimal_comma: bool = False
    separator: str | None = None
    encoding: str | None = None
    negative_lines: bool = False


PRESETS: Mapping[str, OrderMap] = {
    "online-retail": OrderMap(
        columns={
            "order_id": "InvoiceNo",
            "customer_id": "CustomerID",
            "time": "InvoiceDate",
            "sku": "StockCode",
            "name": "Description",
            "quantity": "Quantity",
            "price": "UnitPrice",
            "country": "Country",
        },
        refund_prefix="C",
        currency="GBP",
        negative_lines=True,
    ),
    "cdnow": OrderMap(
        columns={
            "customer_id": "customer_id",
            "time": "date",
            "quantity": "number_of_cds",
            "amount": "dollar_value",
        },
        customer_day=True,
        currency="USD",
        timezone="UTC",
        separator=BLANKS,
        negative_lines=True,
    ),
}


class BadMap(ValueError):
    """The map itself makes no sense."""


def parse_order_map(text: str) -> OrderMap:
    """Read a map of order lines: fields to columns, and options beside them."""
    given = _parse(text, FIELDS, OPTIONS)
    options = {name: value for name, value in given.items() if name in OPTIONS and name not in FIELDS}
    columns = {name: str(value) for name, value in given.items() if name in FIELDS}
    if "currency" in columns and re.fullmatch(r"[A-Z]{3}", columns["currency"]):
        options["currency"] = columns.pop("currency")
    for name in ("customer_day", "decimal_comma", "negative_lines"):
        if name in options:
            options[name] = _truth(name, options[name])
    return OrderMap(columns=columns, **options)


def parse_columns(text: str, fields: Sequence[str]) -> dict[str, str]:
    """Read a map of columns alone; `traits` and consent columns are named trait.NAME and consent.PURPOSE."""
    return {name: str(value) for name, value in _parse(text, fields, ()).items()}


def by_field_names(header: Sequence[str], fields: Sequence[str]) -> dict[str, str]:
    """Map the columns that are called as the fields are."""
    named = {_folded(name): name for name in header}
    return {field: named[_folded(field)] for field in fields if _folded(field) in named}


def places(header: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Find where each mapped column stands; raises BadFile naming the columns that are missing or there twice."""
    standing: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        standing.setdefault(_folded(name), []).append(place)
    wanted = {field: _folded(name) for field, name in columns.items()}
    missing = [columns[field] for field, name in wanted.items() if name not in standing]
    if missing:
        there = ", ".join(name for name in header if name) or "none"
        raise BadFile(f"missing columns: {', '.join(missing)}. The file has: {there}")
    twice = [field for field, name in wanted.items() if len(standing[name]) > 1]
    if twice:
        told = "; ".join(f"{columns[field]!r} is column {_listed(standing[wanted[field]])}" for field in twice)
        raise BadFile(f"columns that are there twice cannot be told apart: {told}")
    return {field: standing[name][0] for field, name in wanted.items()}


def check_order_columns(columns: Collection[str], customer_day: bool) -> None:
    """Refuse a map that lacks what an order needs."""
    lacking = [] if customer_day or "order_id" in columns else ["order_id"]
    lacking += [] if any(field in columns for field in WHO_FIELDS) else ["customer_id (or email, or phone)"]
    lacking += [] if "time" in columns else ["time"]
    priced = "amount" in columns or {"quantity", "price"} <= set(columns) or {"total", "subtotal"} & set(columns)
    lacking += [] if priced else ["price and quantity (or amount, or total)"]
    if lacking:
        raise BadFile(f"no column is known for: {', '.join(lacking)}. Name them with --map, such as order_id=Invoice")


def with_changes(given: OrderMap, **changes: Any) -> OrderMap:
    """Give the map with options of the command line over it; None leaves it."""
    return replace(given, **{name: value for name, value in changes.items() if value is not None})


def _parse(text: str, fields: Sequence[str], options: Sequence[str]) -> dict[str, Any]:
    given = _read(text)
    known = {_folded(name): name for name in (*fields, *options)}
    found: dict[str, Any] = {}
    for name, value in given.items():
        field = name if name.startswith(("trait.", "consent.")) else known.get(_folded(name))
        if field is None:
            raise BadMap(f"{name!r} is no field; the fields are {', '.join((*fields, *options))}")
        found[field] = value
    return found


def _read(text: str) -> dict[str, Any]:
    text = text.strip()
    if not text.startswith("{") and "=" not in text:
        try:
            text = Path(text).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeError) as error:
            raise BadMap(f"{text!r} is neither a file, nor JSON, nor pairs such as time=Date: {error}") from None
    if text.startswith("{"):
        try:
            given = json.loads(text)
        except ValueError as error:
            raise BadMap(f"the map is not JSON: {error}") from None
        nested = given.pop("columns", {})
        return {**nested, **given} if isinstance(nested, dict) else given
    pairs = [pair.partition("=") for pair in re.split(r"[,\n]", text) if pair.strip()]
    return {name.strip(): value.strip() for name, _, value in pairs}


def _truth(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("yes", "true", "1", "no", "false", "0"):
        return str(value).lower() in ("yes", "true", "1")
    raise BadMap(f"{name} is yes or no, not {value!r}")


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold()) or name.casefold()


def _listed(found: Sequence[int]) -> str:
    return " and ".join(str(place + 1) for place in found)
