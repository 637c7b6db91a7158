"""The till of the demo storefront: basket, check-out, signing in as a simulated customer, letters.

Nothing is sold. An order exists only as what the thank-you page tells the tracker, as a real shop's page would.
"""

import secrets
import time
from typing import Any

from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kizuna.demo.simulator_sales import order_properties
from kizuna.demo.simulator_world import Purchase
from kizuna.web.public import buyers
from kizuna.web.public.basket import Visit
from kizuna.web.public.storefront import SIGNS, StoreRequest, cards, describe, get_product, price, show, store_page


@require_safe
@store_page
def cart(request: StoreRequest) -> HttpResponseBase:
    """What lies in the basket."""
    if request.visit.pieces:
        request.visit.tell("cart.view", _order(request, "")["products"])
    return show(request, "cart", {"title": "Basket", **_sums(request)})


@require_POST
@store_page
def change_cart(request: StoreRequest) -> HttpResponseBase:
    """Put something in, or change how many."""
    found = get_product(request.POST.get("sku", ""))
    before = request.visit.pieces.get(found.sku, 0)
    adding = "add" in request.POST
    request.visit.put(found.sku, before + 1 if adding else _number(request.POST.get("count", "")))
    change = request.visit.pieces.get(found.sku, 0) - before
    if change:
        call = "cart.add" if change > 0 else "cart.remove"
        request.visit.tell(call, {**describe(request, found), "quantity": abs(change)})
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
        return show(request, "checkout", {"title": "Check out", **_sums(request)})
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
    paid = f"{SIGNS[order['currency']]} {order['total']:.2f}"
    return show(request, "thanks", {"title": "Thank you", "order": order, "paid": paid})


@require_http_methods(["GET", "HEAD", "POST"])
@store_page
def sign_in(request: StoreRequest) -> HttpResponseBase:
    """Choose whose place to take, and take it."""
    if request.method != "POST":
        chosen = buyers.find_buyers(request.note.slug, request.GET.get("who", "")[:100])
        return show(request, "sign_in", {"title": "Sign in", "groups": chosen, "who": request.GET.get("who", "")})
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


def _sums(request: StoreRequest) -> dict[str, Any]:
    visit = request.visit
    lines = [
        {**card, "count": count, "sum": price(visit, found.in_currency(visit.currency) * count)}
        for (found, count), card in zip(visit.lines(), cards(request, [p for p, _ in visit.lines()]), strict=True)
    ]
    goods, shipping = visit.goods_minor(), visit.shipping_minor()
    return {
        "lines": lines,
        "goods": price(visit, goods),
        "shipping": price(visit, shipping) if shipping else "free",
        "total": price(visit, goods + shipping),
    }


def _order(request: StoreRequest, number: str) -> dict[str, Any]:
    visit = request.visit
    purchase = Purchase(-1, number, 0, visit.currency, visit.lines(), 0, visit.shipping_minor(), "")
    country = visit.buyer.country if visit.buyer else ""
    return {**order_properties(purchase), **({"shipping_address": {"country": country}} if country else {})}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
