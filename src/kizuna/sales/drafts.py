"""What a source says of an order, a refund or a cancellation, before anything is stored or converted.

Drafts hold exact decimals in units of their currency (12.50, not 1250) and the source's own identifiers as text.
What they come to in the shop's money is sales.pricing; storing them is sales.orders and sales.refunds.
"""

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from kizuna.money import currency
from kizuna.shops import tenants

ZERO = Decimal(0)
LONGEST_REF = 100
TOLD_BY_SHOP = "was told by the shop itself; a browser's write key cannot change it"
MOST_QUANTITY = Decimal(10) ** 9
MOST_LINES = 10_000
FIRST_US = 631_152_000_000_000
LAST_US = 7_258_118_400_000_000
_MOST = {decimals: Decimal(currency.MOST_MINOR).scaleb(-decimals) for decimals in range(5)}


class Refused(tenants.Refused):
    """A draft cannot be taken; `field` names what is to blame, in the words of the wire and of import maps."""


class RateMissing(Refused):
    """Nothing is wrong with the draft, but the shop has given no exchange rate for its currency and day."""


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One line: so many of a product at a unit price, net of tax; `amount` stands where the line total is told.

    `unit_cost` is what one piece costs the shop, in the shop's currency; without it the product's cost is taken.
    """

    sku: str
    quantity: Decimal
    unit_price: Decimal
    name: str = ""
    amount: Decimal | None = None
    unit_cost: Decimal | None = None

    def paid(self) -> Decimal:
        """Give what the line came to."""
        return self.quantity * self.unit_price if self.amount is None else self.amount


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order as one statement of the source.

    The goods' revenue is `subtotal` where told (net of tax, discount and shipping), else `total` less tax and
    shipping, else the lines less the discount. `updated_us` marks a correction told later (Order Updated): it keeps
    the order's own time, and an older statement never undoes a newer correction. What is not `trusted` (a browser's
    word) never changes what a trusted source told.
    """

    source_ref: str
    placed_us: int
    currency: str
    lines: tuple[LineDraft, ...] = ()
    shipping: Decimal = ZERO
    tax: Decimal = ZERO
    discount: Decimal = ZERO
    subtotal: Decimal | None = None
    total: Decimal | None = None
    marketing_cost: Decimal = ZERO
    coupon: str = ""
    shipping_country: str = ""
    updated_us: int | None = None
    trusted: bool = True

    def digest(self) -> str:
        """Give a fingerprint of all that is said, so that the same again is known to be the same."""
        goods = [(x.sku, x.name, _plain(x.quantity), _plain(x.unit_price), _plain(x.amount), _plain(x.unit_cost))
                 for x in self.lines]  # fmt: skip
        amounts = (self.shipping, self.tax, self.discount, self.subtotal, self.total, self.marketing_cost)
        return _fingerprint(self.currency, goods, [_plain(a) for a in amounts], self.coupon, self.shipping_country)


@dataclass(frozen=True, slots=True)
class RefundDraft:
    """Money given back at its own time; `amount` is positive and includes what was given back of the shipping.

    Without `order_ref` it belongs to no order and its cost comes back at the shop's margin rate.
    """

    source_ref: str
    refunded_us: int
    currency: str
    amount: Decimal
    order_ref: str = ""
    goods_returned: bool = True
    trusted: bool = True

    def digest(self) -> str:
        """Give a fingerprint of all that is said."""
        return _fingerprint(self.refunded_us, self.currency, _plain(self.amount), self.order_ref, self.goods_returned)


@dataclass(frozen=True, slots=True)
class CancelDraft:
    """The source says that an order is off: what is left of it is given back at this time."""

    order_ref: str
    cancelled_us: int
    goods_returned: bool = True
    trusted: bool = True


def check_order(draft: OrderDraft) -> None:
    """Refuse an order whose reference, currency or amounts make no sense; raises Refused."""
    _check_ref("order_id", draft.source_ref)
    _check_time(draft.placed_us)
    _check_currency(draft.currency)
    if len(draft.lines) > MOST_LINES:
        raise Refused("products", f"has {len(draft.lines)} lines, the most is {MOST_LINES}")
    if not draft.lines and draft.subtotal is None and draft.total is None:
        raise Refused("total", "the order has neither lines nor an amount")
    for name in ("shipping", "tax", "discount", "marketing_cost", "subtotal", "total"):
        amount = getattr(draft, name)
        if amount is not None:
            _check_amount(name, amount, draft.currency)
    for number, line in enumerate(draft.lines, start=1):
        _check_line(f"products[{number}]", line, draft.currency)


def check_refund(draft: RefundDraft) -> None:
    """Refuse a refund that makes no sense; raises Refused."""
    _check_ref("refund_id", draft.source_ref)
    if draft.order_ref:
        _check_ref("order_id", draft.order_ref)
    _check_time(draft.refunded_us)
    _check_currency(draft.currency)
    _check_amount("amount", draft.amount, draft.currency)
    if draft.amount < 0:
        raise Refused("amount", "a refund gives back zero or more")


def _check_ref(field: str, ref: str) -> None:
    if not ref or ref != ref.strip() or len(ref) > LONGEST_REF or not ref.isprintable():
        raise Refused(field, f"must be text of 1 to {LONGEST_REF} printable characters")


def _check_time(us: int) -> None:
    """What the calendar can hold; how far ahead of receipt a fact may lie, the doors know."""
    if not FIRST_US <= us <= LAST_US:
        raise Refused("timestamp", "lies before 1990 or after 2200")


def _check_currency(code: str) -> None:
    try:
        currency.exponent(code)
    except currency.UnknownCurrency as unknown:
        raise Refused("currency", str(unknown)) from None


def _check_amount(field: str, amount: Decimal, code: str) -> None:
    most = _MOST[currency.exponent(code)]
    if not amount.is_finite():
        raise Refused(field, f"{amount} is not a number")
    if not -most <= amount <= most:
        raise Refused(field, f"{amount:.3e} is too large to be an amount")


def _check_line(place: str, line: LineDraft, code: str) -> None:
    if not line.quantity.is_finite() or abs(line.quantity) > MOST_QUANTITY:
        raise Refused(f"{place}.quantity", f"{line.quantity} is no sensible quantity")
    _check_amount(f"{place}.price", line.unit_price, code)
    _check_amount(f"{place}.amount", line.paid(), code)
    if line.unit_cost is not None:
        _check_amount(f"{place}.cost", line.unit_cost, code)


def _plain(amount: Decimal | None) -> str:
    """2.50 and 2.5 say the same."""
    return "" if amount is None else format(amount.normalize(), "f")


def _fingerprint(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
