"""Who is one person: deciding suggestions, and undoing a merge. Each decision is one call of the flow."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.customers import merging
from kizuna.flows import identities as identity_flow
from kizuna.relationships import lists
from kizuna.web.console.access import ShopRequest, shop_page

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

MOST_LISTED = 50


@shop_page("edit_customers")
def suggestions(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the pairs of customers who may be one person."""
    pairs = merging.list_suggestions(shop.pk, None, MOST_LISTED)
    standings = {pk: lists.find_standing(shop.pk, pk) for pair in pairs for pk in (pair.first_id, pair.second_id)}
    rows = [{"pair": pair, "first": standings[pair.first_id], "second": standings[pair.second_id]} for pair in pairs]
    now_us = int(timezone.now().timestamp() * 1_000_000)
    return render(request, "console/customer/suggestions.html", {"rows": rows, "most": MOST_LISTED, "now_us": now_us})


@require_POST
@shop_page("edit_customers")
def accept(request: ShopRequest, shop: "Shop", suggestion_id: int) -> HttpResponse:
    """Merge the two customers of a suggestion."""
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
    try:
        identity_flow.unmerge(shop, merge_id, request.user, timezone.now())
        messages.success(request, "The merge is undone: both customers stand for themselves again.")
    except identity_flow.CannotUnmerge as error:
        messages.error(request, f"Not undone: {error}.")
    return _back(request, shop)


def _back(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Go back to the customer whose page the form was on, or to the list of pairs."""
    try:
        return HttpResponseRedirect(f"/s/{shop.slug}/customers/{UUID(request.POST.get('back', ''))}/")
    except ValueError:
        return HttpResponseRedirect(f"/s/{shop.slug}/customers/merges/")
