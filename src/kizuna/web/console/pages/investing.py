"""Correcting what was booked: how many minutes it really were, from the page of the customer.

The overview of investments is pages.investments.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import investing
from kizuna.flows.investing import Correction
from kizuna.relationships import investments
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@shop_page("record_contact")
@require_POST
def correct(request: ShopRequest, shop: "Shop", investment_id: int) -> HttpResponse:
    """Correct the minutes of what was booked, and go back to the customer."""
    if not investments.exists(shop.pk, investment_id):
        raise Http404
    try:
        minutes = float(request.POST.get("minutes", "").strip().replace(",", "."))
        investing.correct(shop, investment_id, Correction(minutes=minutes), request.user, timezone.now())
        messages.success(request, "The minutes were corrected.")
    except ValueError as problem:
        words = problem.message if isinstance(problem, Refused) else "give the minutes as a number"
        messages.error(request, f"Not corrected: {words}.")
    return HttpResponseRedirect(_back(request, shop))


def _back(request: ShopRequest, shop: "Shop") -> str:
    try:
        return f"/s/{shop.slug}/customers/{UUID(request.POST.get('back', ''))}/#bond"
    except ValueError:
        return f"/s/{shop.slug}/investments/"
