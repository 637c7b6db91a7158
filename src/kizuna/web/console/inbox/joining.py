"""Several at once, merging, splitting, and taking a message as a wish."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import queues, threads
from kizuna.flows.dialogue import joining
from kizuna.flows.dialogue.joining import Bulk
from kizuna.flows.wishes import recognising
from kizuna.shops import members
from kizuna.shops.tenants import NotThere, Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox import acts, listing
from kizuna.web.console.inbox.thread import find_or_404

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

WORDS = {
    "take": "taken",
    "close": "closed",
    "spam": "called spam",
    "reopen": "opened",
    "assign": "assigned",
    "tag": "tagged",
    "snooze": "put aside",
}


@require_POST
@shop_page("answer")
def bulk(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Do one thing with the chosen conversations."""
    now = timezone.now()
    ids = queues.find_ids(shop.pk, [key for each in request.POST.getlist("id") if (key := _uuid(each))])
    told = _read(request, shop, now)
    done, refused = joining.act_on(shop, ids, told, request.user, now)
    if done:
        messages.success(request, f"{done} {'conversation' if done == 1 else 'conversations'} {WORDS[told.act]}.")
    for why in refused:
        messages.error(request, f"{why.capitalize()}.")
    query = request.POST.get("query", "")[:1000]
    if request.htmx:
        request.GET = QueryDict(query)
        return listing.result(request, shop)
    return HttpResponseRedirect(f"/s/{shop.slug}/inbox/?{query}")


@require_POST
@shop_page("answer")
def merge(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Move another conversation of the customer into this one."""
    conversation = find_or_404(shop, public_id)
    other = find_or_404(shop, _uuid(request.POST.get("other", "")) or UUID(int=0))
    try:
        joining.merge(shop, conversation.pk, other.pk, request.user, timezone.now())
    except joining.Refused as refusal:
        messages.error(request, f"{str(refusal).capitalize()}.")
    return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{conversation.public_id}/")


@require_POST
@shop_page("answer")
def split(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Let a message and what follows it become a conversation of its own."""
    conversation = find_or_404(shop, public_id)
    told = request.POST.get("from", "")
    first = int(told) if told.isdecimal() and len(told) < 9 else 0
    numbers = [each.number for each in threads.list_messages(shop.pk, conversation.pk, first - 1)] if first else []
    try:
        made = joining.split(shop, conversation.pk, numbers, request.user, timezone.now())
    except joining.Refused as refusal:
        messages.error(request, f"{str(refusal).capitalize()}.")
        return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{conversation.public_id}/")
    return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{made.public_id}/")


@require_POST
@shop_page("answer")
def wish(request: ShopRequest, shop: "Shop", public_id: UUID, number: int) -> HttpResponse:
    """Take a message as a wish."""
    conversation = find_or_404(shop, public_id)
    message = next(iter(threads.list_messages(shop.pk, conversation.pk, number - 1)[:1]), None)
    if message is None or message.number != number:
        raise Http404
    try:
        recognising.take(shop, message.pk, request.user, timezone.now())
    except Refused as refusal:
        messages.error(request, f"{refusal.message.capitalize()}.")
    return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{conversation.public_id}/")


def _read(request: ShopRequest, shop: "Shop", now: datetime) -> Bulk:
    act = request.POST.get("act", "")
    if act not in WORDS:
        raise Http404
    until = acts.read_until("tomorrow", ZoneInfo(shop.timezone), now) if act == "snooze" else None
    return Bulk(act, _person(shop, request.POST.get("person", "")), request.POST.get("tag", ""), until)


def _person(shop: "Shop", key: str) -> "Person | None":
    if not key:
        return None
    try:
        return members.get_member(shop, UUID(key)).person
    except (NotThere, ValueError):
        raise Http404 from None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
