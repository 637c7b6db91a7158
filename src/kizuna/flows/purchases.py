"""Segment's order events read as drafts for the ledger, and product views as drafts for the catalogue. Pure.

A field that makes no sense refuses the event with the field's name; nothing is guessed. Storing is flows.orders; what
a browser may say of an order is decided in flows.facts.
"""

import hashlib
import math
from decimal import Decimal
from typing import Any

from kizuna.money import currency
from kizuna.sales import drafts
from kizuna.sales.drafts import CancelDraft, LineDraft, OrderDraft, RefundDraft, Refused
from kizuna.sales.products import ProductDraft
from kizuna.tracking import plan
from kizuna.tracking.cleaning import Unfit, read_id
from kizuna.tracking.normalise import Normalised

type Purchase = OrderDraft | RefundDraft | CancelDraft

ORDER_EVENTS = frozenset({plan.ORDER_PLACED, plan.ORDER_UPDATED, plan.ORDER_REFUNDED, plan.ORDER_CANCELLED})


def read_purchase(event: Normalised, shop_currency: str) -> Purchase | None:
    """Read an order event as a draft, None for other events; raises Refused with the field to blame."""
    if event.name not in ORDER_EVENTS:
        return None
    said = event.properties
    try:
        order_ref = read_id(said.get("order_id"), "order_id")
    except Unfit as unfit:
        raise Refused(unfit.field, unfit.message) from None
    if order_ref is None:
        raise Refused("order_id", "an order event needs the order's number")
    if event.name == plan.ORDER_CANCELLED:
        return CancelDraft(order_ref, event.happened_us, _flag(said, "goods_returned"), event.trusted)
    code = _currency_of(said, shop_currency)
    if event.name == plan.ORDER_REFUNDED:
        return _read_refund(event, order_ref, code)
    order = _read_order(event, order_ref, code)
    drafts.check_order(order)
    return order


def read_product(event: Normalised, shop_currency: str) -> ProductDraft | None:
    """Read what a product view says of the product; a price in another currency, or an absurd one, is left out."""
    if event.name != plan.PRODUCT_VIEWED:
        return None
    said = event.properties
    try:
        sku = read_id(said.get("sku"), "sku") or read_id(said.get("product_id"), "product_id")
    except Unfit:
        return None
    if sku is None or len(sku) > drafts.LONGEST_REF:
        return None
    price = None
    if str(said.get("currency") or shop_currency).upper() == shop_currency and said.get("price") is not None:
        try:
            amount = _amount(said, "price")
            price = currency.parse_minor(amount, shop_currency) if amount is not None and amount >= 0 else None
        except (Refused, currency.BadAmount):
            price = None
    return ProductDraft(
        sku=sku,
        name=_text(said, "name", 255),
        category=_text(said, "category", 120),
        price_minor=price,
        url=_text(said, "url", 500),
        image_url=_text(said, "image_url", 500),
    )


def _read_order(event: Normalised, order_ref: str, code: str) -> OrderDraft:
    said = event.properties
    subtotal = _amount(said, "subtotal")
    return OrderDraft(
        source_ref=order_ref,
        placed_us=event.happened_us,
        currency=code,
        lines=tuple(_read_line(line, place) for place, line in enumerate(_products(said), start=1)),
        shipping=_amount(said, "shipping") or drafts.ZERO,
        tax=_amount(said, "tax") or drafts.ZERO,
        discount=abs(_amount(said, "discount", signed=True) or drafts.ZERO),
        subtotal=_amount(said, "revenue") if subtotal is None else subtotal,
        total=_amount(said, "total"),
        coupon=_text(said, "coupon", 80),
        shipping_country=_country_of(said),
        updated_us=event.happened_us if event.name == plan.ORDER_UPDATED else None,
        trusted=event.trusted,
    )


def _read_line(line: object, place: int) -> LineDraft:
    field = f"products[{place}]"
    if not isinstance(line, dict):
        raise Refused(field, "must be an object")
    try:
        sku = read_id(line.get("sku"), f"{field}.sku") or read_id(line.get("product_id"), f"{field}.product_id") or ""
    except Unfit as unfit:
        raise Refused(unfit.field, unfit.message) from None
    if len(sku) > drafts.LONGEST_REF:
        raise Refused(f"{field}.sku", f"has more than {drafts.LONGEST_REF} characters")
    quantity = _amount(line, "quantity", f"{field}.")
    return LineDraft(
        sku=sku,
        quantity=Decimal(1) if quantity is None else quantity,
        unit_price=_amount(line, "price", f"{field}.") or drafts.ZERO,
        name=_text(line, "name", 255),
    )


def _read_refund(event: Normalised, order_ref: str, code: str) -> Purchase:
    """Money given back: the total, else the products; where neither is said, all that is left of the order."""
    said = event.properties
    amount = _amount(said, "total")
    if amount is None:
        amount = _amount(said, "revenue")
    if amount is None:
        lines = [_read_line(line, place) for place, line in enumerate(_products(said), start=1)]
        amount = sum((line.paid() for line in lines), drafts.ZERO) if lines else None
    goods_returned = _flag(said, "goods_returned")
    if amount is None:
        return CancelDraft(order_ref, event.happened_us, goods_returned, event.trusted)
    try:
        told = read_id(said.get("refund_id"), "refund_id")
    except Unfit as unfit:
        raise Refused(unfit.field, unfit.message) from None
    refund = RefundDraft(
        source_ref=told or f"refund-{_digest(f'{order_ref} {event.message_id}')}",
        refunded_us=event.happened_us,
        currency=code,
        amount=amount,
        order_ref=order_ref,
        goods_returned=goods_returned,
        trusted=event.trusted,
    )
    drafts.check_refund(refund)
    return refund


def _products(said: dict[str, Any]) -> list[Any]:
    products = said.get("products")
    if products is None:
        return []
    if not isinstance(products, list):
        raise Refused("products", "must be a list")
    return products


def _currency_of(said: dict[str, Any], shop_currency: str) -> str:
    code = said.get("currency")
    if code is None:
        return shop_currency
    if not isinstance(code, str) or not currency.is_known(code.strip().upper()):
        raise Refused("currency", f"{str(code)[:20]!r} is not a currency such as EUR or USD")
    return code.strip().upper()


def _amount(said: dict[str, Any], name: str, before: str = "", *, signed: bool = False) -> Decimal | None:
    value = said.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Refused(f"{before}{name}", "must be a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused(f"{before}{name}", f"{value} is not a number")
    try:
        amount = currency.parse_decimal(repr(value) if isinstance(value, float) else value)
    except currency.BadAmount as problem:
        raise Refused(f"{before}{name}", str(problem)) from None
    if amount < 0 and not signed:
        raise Refused(f"{before}{name}", f"{value} is below zero; money given back is {plan.ORDER_REFUNDED}")
    return amount


def _text(said: dict[str, Any], name: str, longest: int) -> str:
    value = said.get(name)
    return value.strip()[:longest] if isinstance(value, str) else ""


def _country_of(said: dict[str, Any]) -> str:
    address = said.get("shipping_address")
    where = address.get("country") if isinstance(address, dict) else said.get("shipping_country")
    return where.strip()[:60] if isinstance(where, str) else ""


def _flag(said: dict[str, Any], name: str) -> bool:
    return said.get(name) is not False


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
