"""What we have learned, beside a customer and their conversation: add, confirm, correct, delete, see the message.

A part of other pages, fetched and swapped by itself; every form answers with the part anew.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import talks_of
from kizuna.customers import links
from kizuna.flows import learning
from kizuna.flows.learning import Learned, LessonSource
from kizuna.knowledge import learned
from kizuna.privileges import tiers
from kizuna.science import periods
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.customer import find_or_404

if TYPE_CHECKING:
    from kizuna.customers.models import Customer
    from kizuna.shops.models import Shop

KINDS = (("need", "Need"), ("want", "Want"), ("preference", "Preference"), ("fact", "Good to know"))


@shop_page("view")
def part(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show what we have learned of a customer."""
    return _show(request, shop, find_or_404(shop, public_id))


@shop_page("record_contact")
@require_POST
def add(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Note something, from a message where one is named."""
    customer = find_or_404(shop, public_id)
    strongest = links.find_strongest(shop.pk, customer.pk)
    if strongest is None:
        raise Http404
    posted = request.POST
    message = posted.get("message", "")
    told = Learned(
        strongest[0],
        posted.get("kind", ""),
        posted.get("text", ""),
        int(message) if message.isdigit() and len(message) < 18 else None,
        LessonSource.MESSAGE if message else LessonSource.OPERATOR,
        posted.get("label", ""),
    )
    try:
        learning.learn(shop, told, request.user, _now_us())
    except Refused as refusal:
        return _show(request, shop, customer, refusal, 422)
    return _show(request, shop, customer)


@shop_page("record_contact")
@require_POST
def act(request: ShopRequest, shop: "Shop", public_id: UUID, lesson: UUID) -> HttpResponse:
    """Confirm, correct or delete something."""
    customer, posted = find_or_404(shop, public_id), request.POST
    try:
        if posted.get("what") == "confirm":
            learning.confirm(shop, customer.pk, lesson, request.user, _now_us())
        elif posted.get("what") == "forget":
            learning.forget(shop, customer.pk, lesson, _now_us())
        else:
            told = Learned(0, posted.get("kind", ""), posted.get("text", ""), label=posted.get("label", ""))
            learning.correct(shop, customer.pk, lesson, told, request.user, _now_us())
    except learned.NotThere as absent:
        raise Http404 from absent
    except Refused as refusal:
        return _show(request, shop, customer, refusal, 422)
    return _show(request, shop, customer)


def _show(
    request: ShopRequest, shop: "Shop", customer: "Customer", refusal: Refused | None = None, status: int = 200
) -> HttpResponse:
    identity_ids = links.identities_of(shop.pk, [customer.pk])[customer.pk]
    held = learned.list_of(shop.pk, identity_ids)
    sources = talks_of.find_talks(shop.pk, [each.source_message_id for each in held if each.source_message_id])
    names, now_us = dict(KINDS), _now_us()
    context = {
        "customer": customer,
        "rows": [
            (each, names[each.kind], each.is_old(now_us), sources.get(each.source_message_id or 0)) for each in held
        ],
        "kinds": KINDS,
        "tier": tiers.tier_of(shop.pk, customer.pk),
        "refusal": refusal,
    }
    return render(request, "console/customer/learned.html", context, status=status)


def _now_us() -> int:
    return periods.epoch_us(timezone.now())
