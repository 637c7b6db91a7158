"""The demo storefront: a small shop that tells Kizuna what happens, by kizuna.js alone, as a real shop would.

Here are the pages for looking around; buying and signing in is in till.
"""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from kizuna.demo import art, catalogue
from kizuna.demo.catalogue import CATEGORIES
from kizuna.web.public.storefront import StoreRequest, cards, describe, get_product, show, store_page

_SHOWN_FIRST = ("KT-603", "KN-202", "KC-701", "KW-101", "KP-403", "KS-802", "KL-302", "KI-501", "KT-604", "KS-805")


@require_safe
@store_page
def front(request: StoreRequest) -> HttpResponseBase:
    """The first page: some favourites, and everything by category."""
    favourites = [found for sku in _SHOWN_FIRST if (found := catalogue.find_product(sku))]
    return show(request, "front", {"favourites": cards(request, favourites)})


@require_safe
@store_page
def category(request: StoreRequest, name: str) -> HttpResponseBase:
    """All products of a category."""
    if name not in CATEGORIES:
        raise Http404
    title, line = CATEGORIES[name]
    found = [each for each in catalogue.list_products() if each.category == name]
    request.visit.tell("list", title, [{"sku": each.sku, "name": each.name} for each in found])
    return show(request, "list", {"title": title, "line": line, "products": cards(request, found), "here": name})


@require_safe
@store_page
def search(request: StoreRequest) -> HttpResponseBase:
    """What was found for some words."""
    query = request.GET.get("q", "").strip()[:100]
    found = catalogue.search_products(query)
    if query:
        request.visit.tell("search", query)
    line = f"{len(found)} found for “{query}”" if query else "Type a word above."
    return show(request, "list", {"title": "Search", "line": line, "products": cards(request, found), "query": query})


@require_safe
@store_page
def product(request: StoreRequest, sku: str) -> HttpResponseBase:
    """One product."""
    found = get_product(sku)
    request.visit.tell("product", describe(request, found))
    alike = [each for each in catalogue.list_products() if each.category == found.category and each != found][:4]
    card = cards(request, [found])[0]
    return show(
        request, "product", {"product": card, "text": found.text, "alike": cards(request, alike), "title": found.name}
    )


@require_safe
def picture(request: HttpRequest, slug: str, sku: str) -> HttpResponseBase:
    """A product's picture."""
    get_product(sku)
    response = HttpResponse(art.draw(sku), content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=86400"
    return response
