"""What people do with a conversation besides writing: take it, hand it on, close it, let it rest, tag it.

Each door calls one flow, and answers htmx with the thread anew or a plain form with the page.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import teams
from kizuna.flows.dialogue import handling
from kizuna.flows.live import handing
from kizuna.shops import members
from kizuna.shops.tenants import NotThere
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox.thread import find_or_404, part

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

MORNING = 9


@require_POST
@shop_page("answer")
def take(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponseBase:
    """Take a conversation that is nobody's."""
    conversation = find_or_404(shop, public_id)
    return _do(request, shop, public_id, lambda now: handling.take(shop, conversation.pk, request.user, now))


@require_POST
@shop_page("supervise")
def take_over(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponseBase:
    """Take a live chat over from whoever serves it."""
    chat = find_or_404(shop, public_id)
    return _do(request, shop, public_id, lambda now: handing.take_over(shop, chat.pk, request.user, now))


@require_POST
@shop_page("answer")
def assign(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponseBase:
    """Let a conversation be somebody's, or nobody's."""
    conversation = find_or_404(shop, public_id)
    to = _find_person(shop, request.POST.get("person", ""))
    return _do(request, shop, public_id, lambda now: handling.assign(shop, conversation.pk, to, request.user, now))


@require_POST
@shop_page("answer")
def hand_to(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponseBase:
    """Hand a conversation to another team."""
    conversation = find_or_404(shop, public_id)
    team = request.POST.get("team", "")
    if all(str(each.public_id) != team for each in teams.list_teams(shop.pk)):
        raise Http404
    return _do(request, shop, public_id, lambda now: handling.hand_to(shop, conversation.pk, team, request.user, now))


@require_POST
@shop_page("answer")
def close(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponseBase:
    """Close a conversation."""
    conversation = find_or_404(shop, public_id)
    return _do(request, shop, public_id, lambda now: handling.close(shop, conversation.pk, request.user, now))


@require_POST
@shop_page("answer")
def reopen(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponseBase:
    """Open a conversation again."""
    conversation = find_or_404(shop, public_id)
    return _do(request, shop, public_id, lambda now: handling.reopen(shop, conversation.pk, request.user, now))


@require_POST
@shop_page("answer")
def spam(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponseBase:
    """Call a conversation spam."""
    conversation = find_or_404(shop, public_id)
    return _do(request, shop, public_id, lambda now: handling.mark_spam(shop, conversation.pk, request.user, now))


@require_POST
@shop_page("answer")
def snooze(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponseBase:
    """Let a conversation rest until a time."""
    conversation = find_or_404(shop, public_id)
    now = timezone.now()
    until = read_until(request.POST.get("until", ""), ZoneInfo(shop.timezone), now)
    return _do(request, shop, public_id, lambda at: handling.snooze(shop, conversation.pk, until, request.user, at))


@require_POST
@shop_page("work_wishes")
def tag(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponseBase:
    """Put a tag on a conversation."""
    conversation = find_or_404(shop, public_id)
    name = request.POST.get("tag", "")
    return _do(request, shop, public_id, lambda now: handling.tag(shop, conversation.pk, name, request.user, now))


@require_POST
@shop_page("work_wishes")
def untag(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponseBase:
    """Take a tag off a conversation."""
    conversation = find_or_404(shop, public_id)
    name = request.POST.get("tag", "")
    return _do(request, shop, public_id, lambda now: handling.untag(shop, conversation.pk, name, request.user, now))


def read_until(choice: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Read when a rest ends: so many hours, a morning, or a local time; what cannot be read ends at once."""
    if choice.endswith("h") and choice[:-1].isdecimal() and len(choice) < 6:
        return now + timedelta(hours=int(choice[:-1]))
    morning = now.astimezone(zone).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    if choice == "tomorrow":
        return morning + timedelta(days=1)
    if choice == "monday":
        return morning + timedelta(days=7 - morning.weekday())
    if choice == "week":
        return morning + timedelta(days=7)
    try:
        told = datetime.fromisoformat(choice)
    except ValueError:
        return now
    return told.replace(tzinfo=zone) if told.tzinfo is None else told


def _do(request: ShopRequest, shop: "Shop", public_id: UUID, act: Callable[[datetime], object]) -> HttpResponseBase:
    """Act, tell a refusal above the page, and show the thread as it is now."""
    refused = ""
    try:
        act(timezone.now())
    except handling.Refused as refusal:
        refused = str(refusal)
    if not request.htmx:
        if refused:
            messages.error(request, f"{refused[:1].upper()}{refused[1:]}.")
        return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{public_id}/")
    answer = part(request, shop.slug, public_id)
    if refused:
        answer["HX-Trigger"] = json.dumps({"kizuna:refused": refused})
    return answer


def _find_person(shop: "Shop", key: str) -> "Person | None":
    if not key:
        return None
    try:
        return members.get_member(shop, UUID(key)).person
    except (NotThere, ValueError):
        raise Http404 from None
