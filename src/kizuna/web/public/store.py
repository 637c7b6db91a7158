"""The demo storefront: a small shop that tells Kizuna what happens, by kizuna.js alone, as a real shop would.

There is one only where the demo made it. Nothing is sold, and anybody may act as one of the simulated customers.
"""

import secrets
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kizuna.demo import art, catalogue, kept
from kizuna.demo.catalogue import CATEGORIES, Product
from kizuna.demo.kept import Note
from kizuna.demo.simulator_sales import order_properties
from kizuna.demo.simulator_world import Purchase
from kizuna.money import currency
from kizuna.web.public import basket, buyers
from kizuna.web.public.basket import Visit

_SIGNS = {"EUR": "€", "GBP": "£"}
_SHOWN_FIRST = ("KT-603", "KN-202", "KC-701", "KW-101", "KP-403", "KS-802", "KL-302", "KI-501", "KT-604", "KS-805")

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


@require_safe
@store_page
def front(request: StoreRequest) -> HttpResponseBase:
    """The first page: some favourites, and everything by category."""
    favourites = [found for sku in _SHOWN_FIRST if (found := catalogue.find_product(sku))]
    return _show(request, "front", {"favourites": _cards(request, favourites)})


@require_safe
@store_page
def category(request: StoreRequest, name: str) -> HttpResponseBase:
    """All products of a category."""
    if name not in CATEGORIES:
        raise Http404
    title, line = CATEGORIES[name]
    found = [each for each in catalogue.list_products() if each.category == name]
    request.visit.tell("list", title, [{"sku": each.sku, "name": each.name} for each in found])
    return _show(request, "list", {"title": title, "line": line, "products": _cards(request, found), "here": name})


@require_safe
@store_page
def search(request: StoreRequest) -> HttpResponseBase:
    """What was found for some words."""
    query = request.GET.get("q", "").strip()[:100]
    found = catalogue.search_products(query)
    if query:
        request.visit.tell("search", query)
    line = f"{len(found)} found for “{query}”" if query else "Type a word above."
    return _show(request, "list", {"title": "Search", "line": line, "products": _cards(request, found), "query": query})


@require_safe
@store_page
def product(request: StoreRequest, sku: str) -> HttpResponseBase:
    """One product."""
    found = _get_product(sku)
    request.visit.tell("product", _described(request, found))
    alike = [each for each in catalogue.list_products() if each.category == found.category and each != found][:4]
    card = _cards(request, [found])[0]
    return _show(
        request, "product", {"product": card, "text": found.text, "alike": _cards(request, alike), "title": found.name}
    )


@require_safe
def picture(request: HttpRequest, slug: str, sku: str) -> HttpResponseBase:
    """A product's picture."""
    _get_product(sku)
    response = HttpResponse(art.draw(sku), content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
@store_page
def cart(request: StoreRequest) -> HttpResponseBase:
    """What lies in the basket."""
    if request.visit.pieces:
        request.visit.tell("cart.view", _order(request, "")["products"])
    return _show(request, "cart", {"title": "Basket", **_sums(request)})


@require_POST
@store_page
def change_cart(request: StoreRequest) -> HttpResponseBase:
    """Put something in, or change how many."""
    found = _get_product(request.POST.get("sku", ""))
    before = request.visit.pieces.get(found.sku, 0)
    adding = "add" in request.POST
    request.visit.put(found.sku, before + 1 if adding else _number(request.POST.get("count", "")))
    change = request.visit.pieces.get(found.sku, 0) - before
    if change:
        call = "cart.add" if change > 0 else "cart.remove"
        request.visit.tell(call, {**_described(request, found), "quantity": abs(change)})
    return redirect("store_cart", request.note.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@store_page
def checkout(request: StoreRequest) -> HttpResponseBase:
    """Look over the order and place it."""
    visit = request.visit
    if not visit.pieces:
        return redirect("store_cart", request.note.slug)
    if visit.buyer is None:
        return redirect("store_sign_in", request.note.slug)
    if request.method != "POST":
        order = _order(request, "")
        visit.tell("checkout", {"value": order["subtotal"], "currency": order["currency"]})
        return _show(request, "checkout", {"title": "Check out", **_sums(request)})
    number = f"KS-{time.strftime('%y%m%d')}-{secrets.token_hex(4).upper()}"
    visit.order = _order(request, number)
    visit.tell("order", visit.order)
    if "newsletter" in request.POST:
        _subscribe(visit, granted=True)
    visit.pieces = {}
    return redirect("store_thanks", request.note.slug)


@require_safe
@store_page
def thanks(request: StoreRequest) -> HttpResponseBase:
    """The order is placed."""
    if request.visit.order is None:
        return redirect("store", request.note.slug)
    order = request.visit.order
    paid = f"{_SIGNS[order['currency']]} {order['total']:.2f}"
    return _show(request, "thanks", {"title": "Thank you", "order": order, "paid": paid})


@require_http_methods(["GET", "HEAD", "POST"])
@store_page
def sign_in(request: StoreRequest) -> HttpResponseBase:
    """Choose whose place to take, and take it."""
    if request.method != "POST":
        chosen = buyers.find_buyers(request.note.slug, request.GET.get("who", "")[:100])
        return _show(request, "sign_in", {"title": "Sign in", "groups": chosen, "who": request.GET.get("who", "")})
    found = buyers.find_buyer(request.note.slug, request.POST.get("customer", "")[:40])
    if found is None:
        raise Http404
    request.visit.buyer = found
    traits = {"name": found.name, "email": found.email, "country": found.country}
    request.visit.tell("identify", found.user_id, traits)
    request.visit.tell("track", "Signed In")
    return redirect("store_cart" if request.visit.pieces else "store", request.note.slug)


@require_POST
@store_page
def sign_out(request: StoreRequest) -> HttpResponseBase:
    """Be nobody again."""
    if request.visit.buyer is not None:
        request.visit.tell("track", "Signed Out")
        request.visit.tell("reset")
    request.visit.buyer = request.visit.order = None
    request.visit.newsletter = False
    return redirect("store", request.note.slug)


@require_POST
@store_page
def newsletter(request: StoreRequest) -> HttpResponseBase:
    """Agree to letters from the shop, or take it back."""
    _subscribe(request.visit, granted=not request.visit.newsletter)
    return redirect("store", request.note.slug)


def _subscribe(visit: Visit, *, granted: bool) -> None:
    visit.newsletter = granted
    visit.tell("consent", "granted" if granted else "denied", "email_marketing")


def _show(request: StoreRequest, name: str, context: dict[str, Any]) -> HttpResponseBase:
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
        **context,
    }
    return render(request, f"store/{name}.html", shown)


def _cards(request: StoreRequest, products: list[Product]) -> list[dict[str, Any]]:
    return [
        {"sku": each.sku, "name": each.name, "price": _money(request.visit, each.in_currency(request.visit.currency)),
         "category": each.category, "shelf": CATEGORIES[each.category][0]}
        for each in products
    ]  # fmt: skip


def _sums(request: StoreRequest) -> dict[str, Any]:
    visit = request.visit
    lines = [
        {**card, "count": count, "sum": _money(visit, found.in_currency(visit.currency) * count)}
        for (found, count), card in zip(visit.lines(), _cards(request, [p for p, _ in visit.lines()]), strict=True)
    ]
    goods, shipping = visit.goods_minor(), visit.shipping_minor()
    return {
        "lines": lines,
        "goods": _money(visit, goods),
        "shipping": _money(visit, shipping) if shipping else "free",
        "total": _money(visit, goods + shipping),
    }


def _order(request: StoreRequest, number: str) -> dict[str, Any]:
    visit = request.visit
    purchase = Purchase(-1, number, 0, visit.currency, visit.lines(), 0, visit.shipping_minor(), "")
    country = visit.buyer.country if visit.buyer else ""
    return {**order_properties(purchase), **({"shipping_address": {"country": country}} if country else {})}


def _described(request: StoreRequest, found: Product) -> dict[str, Any]:
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


def _money(visit: Visit, minor: int) -> str:
    return f"{_SIGNS[visit.currency]} {currency.format_minor(minor, visit.currency)}"


def _get_product(sku: str) -> Product:
    found = catalogue.find_product(sku)
    if found is None:
        raise Http404
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
