"""Who else has a conversation open, the heartbeats of open pages, and the minutes they add up to."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import attention
from kizuna.flows import investing
from kizuna.flows.dialogue import attending
from kizuna.flows.investing import Correction
from kizuna.relationships import investments
from kizuna.science import periods
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox.thread import find_or_404

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@require_POST
@shop_page("work_wishes")
def beat(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Take a heartbeat; answers who else is there."""
    conversation = find_or_404(shop, public_id)
    now = timezone.now()
    if "leaves" in request.POST:
        attending.leave(shop, conversation, request.user)
        return HttpResponse(status=204)
    told = request.POST.get("seconds", "0")
    seconds = int(told) if told.isdecimal() and len(told) < 4 else 0
    attending.beat(shop, conversation, request.user, seconds, now, types="types" in request.POST)
    here = attention.list_present(conversation.pk, request.user.pk, periods.epoch_us(now))
    return render(request, "console/inbox/present.html", {"present": here})


@require_POST
@shop_page("answer")
def minutes(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Correct how long it took: one's own minutes before they are booked, or what was booked."""
    conversation = find_or_404(shop, public_id)
    try:
        told = float(request.POST.get("minutes", "").replace(",", "."))
    except ValueError:
        told = -1.0
    if not 0 <= told <= 720:
        messages.error(request, "Minutes are a number from 0 to 720.")
    elif request.POST.get("booked", "").isdecimal():
        _correct(request, shop, conversation.pk, int(request.POST["booked"]), told)
    else:
        attending.set_minutes(shop, conversation.pk, request.user, told, timezone.now())
    return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{conversation.public_id}/")


def _correct(request: ShopRequest, shop: "Shop", conversation_id: int, booked: int, told: float) -> None:
    if all(each.id != booked for each in investments.list_of_conversation(shop.pk, conversation_id)):
        raise Http404
    try:
        investing.correct(shop, booked, Correction(minutes=told), request.user, timezone.now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message.capitalize()}.")
