"""Who is one person: deciding suggestions, merging two that a person chose, and undoing a merge.

Each decision is one call of the flow.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.customers import merging, profiles, search
from kizuna.flows import identities as identity_flow
from kizuna.relationships import lists
from kizuna.relationships.lists import Filters, Order
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.customer import find_or_404

if TYPE_CHECKING:
    from kizuna.customers.models import Customer
    from kizuna.shops.models import Shop

MOST_LISTED = 50
MOST_MERGES = 20
MOST_FOUND = 12


@shop_page("edit_customers")
def suggestions(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the pairs of customers who may be one person."""
    pairs = merging.list_suggestions(shop.pk, None, MOST_LISTED)
    standings = {pk: lists.find_standing(shop.pk, pk) for pair in pairs for pk in (pair.first_id, pair.second_id)}
    rows = [{"pair": pair, "first": standings[pair.first_id], "second": standings[pair.second_id]} for pair in pairs]
    now_us = int(timezone.now().timestamp() * 1_000_000)
    merges = merging.list_merges(shop.pk, None, MOST_MERGES)
    context = {"rows": rows, "merges": merges, "most": MOST_LISTED, "now_us": now_us}
    return render(request, "console/customer/suggestions.html", context)


@shop_page("edit_customers")
def merge(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Find another customer who is the same person, look at both, and merge the other into this one."""
    kept = find_or_404(shop, public_id)
    if request.method == "POST":
        return _merge(request, shop, kept)
    now_us = int(timezone.now().timestamp() * 1_000_000)
    words = request.GET.get("q", "").strip()[:120]
    other = _find_other(shop, request.GET.get("other", ""))
    if other is not None and other.pk != kept.pk:
        pair = [{"customer": each, "standing": lists.find_standing(shop.pk, each.pk)} for each in (kept, other)]
        context = {"customer": kept, "other": other, "pair": pair, "now_us": now_us}
        return render(request, "console/customer/merge_confirm.html", context)
    found = [pk for pk in search.find_customers(shop.pk, words, MOST_FOUND + 1) if pk != kept.pk][:MOST_FOUND]
    rows = lists.list_page(shop.pk, Filters(customer_ids=tuple(found)), Order("seen")).rows if found else []
    context = {"customer": kept, "words": words, "rows": rows, "most": MOST_FOUND, "now_us": now_us}
    name = "merge_found" if request.htmx and request.htmx.target == "found" else "merge"
    return render(request, f"console/customer/{name}.html", context)


@require_POST
@shop_page("edit_customers")
def accept(request: ShopRequest, shop: "Shop", suggestion_id: int) -> HttpResponse:
    """Merge the two customers of a suggestion."""
    if not merging.has_suggestion(shop.pk, suggestion_id):
        raise Http404
    try:
        identity_flow.accept_suggestion(shop, suggestion_id, request.user, timezone.now())
        messages.success(request, "Merged. You can undo it on the customer's page.")
    except (identity_flow.NoSuggestion, identity_flow.CannotMerge) as error:
        messages.error(request, f"Not merged: {error}.")
    return _back(request, shop)


@require_POST
@shop_page("edit_customers")
def decline(request: ShopRequest, shop: "Shop", suggestion_id: int) -> HttpResponse:
    """Remember that the two are different persons."""
    if not merging.has_suggestion(shop.pk, suggestion_id):
        raise Http404
    try:
        identity_flow.decline_suggestion(shop, suggestion_id, request.user, timezone.now())
        messages.success(request, "Noted: two different persons.")
    except identity_flow.NoSuggestion as error:
        messages.error(request, f"{error}.")
    return _back(request, shop)


@require_POST
@shop_page("edit_customers")
def undo(request: ShopRequest, shop: "Shop", merge_id: int) -> HttpResponse:
    """Undo a merge."""
    if not merging.has_merge(shop.pk, merge_id):
        raise Http404
    try:
        identity_flow.unmerge(shop, merge_id, request.user, timezone.now())
        messages.success(request, "The merge is undone: both customers stand for themselves again.")
    except identity_flow.CannotUnmerge as error:
        messages.error(request, f"Not undone: {error}.")
    return _back(request, shop)


def _merge(request: ShopRequest, shop: "Shop", kept: "Customer") -> HttpResponse:
    other = _find_other(shop, request.POST.get("other", ""))
    if other is None:
        raise Http404
    try:
        identity_flow.merge(shop, identity_flow.Pair(kept.pk, other.pk), request.user, timezone.now())
        messages.success(request, "Merged. You can undo it under Identities.")
    except identity_flow.CannotMerge as error:
        messages.error(request, f"Not merged: {error}.")
    return HttpResponseRedirect(f"/s/{shop.slug}/customers/{kept.public_id}/#identities")


def _find_other(shop: "Shop", text: str) -> "Customer | None":
    try:
        return profiles.find_customer(shop.pk, UUID(text))
    except ValueError:
        return None


def _back(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Go back to the customer whose page the form was on, or to the list of pairs."""
    try:
        return HttpResponseRedirect(f"/s/{shop.slug}/customers/{UUID(request.POST.get('back', ''))}/")
    except ValueError:
        return HttpResponseRedirect(f"/s/{shop.slug}/customers/merges/")
