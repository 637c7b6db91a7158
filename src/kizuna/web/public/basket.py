"""What the demo storefront remembers of a browser, in one signed cookie: who shops, the basket, the last order.

Like any shop it keeps this apart from Kizuna's own session: an owner logged in to the console stays just that.
"""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from kizuna.demo import catalogue
from kizuna.demo.catalogue import Product
from kizuna.demo.simulator_sales import shipping_minor

COOKIE = "kizuna_store"
MOST_PIECES, MOST_LINES, MOST_CALLS = 20, 30, 12
_SALT = "kizuna.store"
_MONTH_S = 30 * 86400


@dataclass(frozen=True)
class Buyer:
    """The customer who is signed in at the storefront."""

    user_id: str
    name: str
    email: str
    country: str


@dataclass
class Visit:
    """One browser at the storefront; `calls` are what its next page tells the tracker."""

    buyer: Buyer | None = None
    pieces: dict[str, int] = field(default_factory=dict)
    order: dict[str, Any] | None = None
    newsletter: bool = False
    calls: list[list[Any]] = field(default_factory=list)

    @property
    def currency(self) -> str:
        """The currency this browser is shown."""
        british = self.buyer is not None and self.buyer.country == "United Kingdom"
        return catalogue.SECOND_CURRENCY if british else catalogue.SHOP_CURRENCY

    def lines(self) -> list[tuple[Product, int]]:
        """List what lies in the basket."""
        return [(found, count) for sku, count in self.pieces.items() if (found := catalogue.find_product(sku))]

    def put(self, sku: str, count: int) -> None:
        """Set how many pieces of a product lie in the basket."""
        count = max(0, min(MOST_PIECES, count))
        if count and (sku in self.pieces or len(self.pieces) < MOST_LINES):
            self.pieces[sku] = count
        elif not count:
            self.pieces.pop(sku, None)

    def goods_minor(self) -> int:
        """Sum the basket."""
        return sum(product.in_currency(self.currency) * count for product, count in self.lines())

    def shipping_minor(self) -> int:
        """Say what shipping costs; nothing for an empty basket."""
        country = self.buyer.country if self.buyer else "Germany"
        return shipping_minor(country, self.goods_minor()) if self.pieces else 0

    def tell(self, *call: Any) -> None:
        """Have the next page tell the tracker something."""
        self.calls = [*self.calls, list(call)][-MOST_CALLS:]


def read_visit(request: HttpRequest) -> Visit:
    """Read the cookie; one that is missing, old or forged is a new browser."""
    try:
        said = signing.loads(request.COOKIES[COOKIE], salt=_SALT, max_age=_MONTH_S)
        buyer = Buyer(**said.pop("buyer")) if said.get("buyer") else None
        return Visit(**{**said, "buyer": buyer})
    except (KeyError, TypeError, signing.BadSignature):
        return Visit()


def keep_visit(response: HttpResponseBase, visit: Visit, path: str) -> None:
    """Write the cookie for the pages of one storefront."""
    said = {**visit.__dict__, "buyer": visit.buyer.__dict__ if visit.buyer else None}
    response.set_cookie(
        COOKIE,
        signing.dumps(said, salt=_SALT, compress=True),
        max_age=_MONTH_S,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
