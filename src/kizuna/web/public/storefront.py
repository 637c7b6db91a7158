"""What every page of the demo storefront has: the shop it belongs to, the browser's visit, prices, the frame.

There is a storefront only where the demo made it. The pages themselves are store (looking) and till (buying).
"""

import hashlib
import hmac
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from kizuna.conversations.live import panel
from kizuna.demo import catalogue, kept
from kizuna.demo.catalogue import CATEGORIES, Product
from kizuna.demo.kept import Note
from kizuna.money import currency
from kizuna.shops import tenants
from kizuna.web.public import basket
from kizuna.web.public.basket import Visit

SIGNS = {"EUR": "€", "GBP": "£"}

type View = Callable[..., HttpResponseBase]


class StoreRequest(HttpRequest):
    """A request to the storefront, with the demo it belongs to and the browser's visit."""

    note: Note
    visit: Visit


def store_page(view: View) -> View:
    """Let a page exist only at the demo's own shop, and keep the browser's visit."""

    @never_cache
    @wraps(view)
    def page(request: StoreRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        note = kept.read_note(Path(settings.HOME))
        if note is None or note.slug != slug or not note.filled:
            raise Http404
        request.note, request.visit = note, basket.read_visit(request)
        response = view(request, *args, **kwargs)
        basket.keep_visit(response, request.visit, reverse("store", args=[slug]))
        return response

    return page


def show(request: StoreRequest, name: str, context: dict[str, Any]) -> HttpResponseBase:
    """Show a page in the frame, and hand the tracker what was told."""
    visit = request.visit
    calls, visit.calls = visit.calls, []
    shown = {
        "slug": request.note.slug,
        "shop_name": catalogue.SHOP_NAME,
        "shop_line": catalogue.SHOP_LINE,
        "write_key": request.note.storefront_key,
        "categories": [(key, title, line) for key, (title, line) in CATEGORIES.items()],
        "visit": visit,
        "pieces": sum(visit.pieces.values()),
        "calls": calls,
        "chat": _tell_chat(request),
        **context,
    }
    return render(request, f"store/{name}.html", shown)


def _tell_chat(request: StoreRequest) -> list[list[Any]]:
    """What the page tells the chat panel: who is signed in, vouched for with the shop's secret, and the basket."""
    visit = request.visit
    calls: list[list[Any]] = [["setCart", {"minor": visit.goods_minor(), "currency": visit.currency}]]
    secret = panel.find_secret(tenants.get_shop(request.note.slug).pk) if visit.buyer else None
    if visit.buyer and secret:
        user_id = visit.buyer.user_id
        signed = hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()
        more = {"name": visit.buyer.name, "email": visit.buyer.email, "identifier_hash": signed}
        calls.append(["setUser", user_id, more])
    return calls


def cards(request: StoreRequest, products: list[Product]) -> list[dict[str, Any]]:
    """Describe products for the cards of a page, with prices in the browser's currency."""
    return [
        {"sku": each.sku, "name": each.name, "price": price(request.visit, each.in_currency(request.visit.currency)),
         "category": each.category, "shelf": CATEGORIES[each.category][0]}
        for each in products
    ]  # fmt: skip


def describe(request: StoreRequest, found: Product) -> dict[str, Any]:
    """Describe a product as Segment's events do."""
    return {
        "product_id": found.sku,
        "sku": found.sku,
        "name": found.name,
        "category": CATEGORIES[found.category][0],
        "price": found.in_currency(request.visit.currency) / 100,
        "currency": request.visit.currency,
        "url": reverse("store_product", args=[request.note.slug, found.sku]),
        "image_url": reverse("store_picture", args=[request.note.slug, found.sku]),
    }


def price(visit: Visit, minor: int) -> str:
    """Write an amount with the sign of the browser's currency."""
    return f"{SIGNS[visit.currency]} {currency.format_minor(minor, visit.currency)}"


def get_product(sku: str) -> Product:
    """Get a product, or answer that there is none."""
    found = catalogue.find_product(sku)
    if found is None:
        raise Http404
    return found
