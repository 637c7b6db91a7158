"""Being at the live desk: available, busy, away or gone, the console's signs of life, how many chats one takes."""

from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows.live import presence
from kizuna.flows.live.presence import Abilities
from kizuna.web.console.access import ShopRequest, shop_page

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@require_POST
@shop_page("answer")
def choose(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Be available, busy or away, or leave the desk."""
    state, now = request.POST.get("state", ""), timezone.now()
    if state == "offline":
        presence.leave(shop, request.user, now)
        return JsonResponse({"state": "offline"})
    try:
        seat = presence.choose(shop, request.user, state, now)
    except presence.Refused as refusal:
        return JsonResponse({"refused": str(refusal)})
    return JsonResponse({"state": seat.state})


@require_POST
@shop_page("answer")
def beat(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Take the console's sign of life; says whether they sit at all."""
    sits = presence.beat(shop, request.user, timezone.now(), used="used" in request.POST)
    return JsonResponse({"sits": sits})


@require_POST
@shop_page("answer")
def arrange(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Settle how many chats one takes at once, in which languages, with which skills."""
    told = request.POST.get("capacity", "")
    abilities = Abilities(
        int(told) if told.isdecimal() and len(told) < 4 else 0,
        _words(request.POST.get("languages", "")),
        _words(request.POST.get("skills", "")),
    )
    try:
        seat = presence.arrange(shop, request.user, abilities, timezone.now())
    except presence.Refused as refusal:
        return JsonResponse({"refused": str(refusal)})
    return JsonResponse({"capacity": seat.capacity})


def _words(told: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in told[:1_000].split(",") if each.strip())
