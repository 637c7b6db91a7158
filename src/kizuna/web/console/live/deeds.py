"""What operators do at the live desk besides writing: each door calls one flow and answers JSON.

A refusal is an answer, {"refused": why}, so that the page can say it where the deed was tried.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import canned, teams, threads
from kizuna.conversations.live import online
from kizuna.conversations.threads import Direction, Kind
from kizuna.flows.live import arriving, ending, handing, macros, profiling, routing
from kizuna.flows.live.handing import To
from kizuna.flows.live.macros import Doer
from kizuna.flows.wishes import recognising
from kizuna.shops import members, roles
from kizuna.shops.tenants import NotThere, Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox.thread import find_or_404

if TYPE_CHECKING:
    from kizuna.conversations.models import Message
    from kizuna.shops.models import Person, Shop

LONGEST_INVITATION = 500
SAID = {"yes": True, "no": False, "": None}


@require_POST
@shop_page("answer")
def claim(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Take a chat that waits."""
    chat = find_or_404(shop, public_id)
    return _do(lambda now: routing.claim(shop, chat.pk, request.user, now))


@require_POST
@shop_page("supervise")
def take_over(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Take a chat over from whoever has it."""
    chat = find_or_404(shop, public_id)
    return _do(lambda now: handing.take_over(shop, chat.pk, request.user, now))


@require_POST
@shop_page("answer")
def give_back(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Put one's own chat back into the queue, with a note for whoever takes it."""
    chat = find_or_404(shop, public_id)
    note = request.POST.get("note", "")
    return _do(lambda now: handing.give_back(shop, chat.pk, request.user, now, note))


@require_POST
@shop_page("answer")
def transfer(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Hand a chat to a person or a department, with a note that says why."""
    chat = find_or_404(shop, public_id)
    to = To(_find_person(shop, request.POST.get("person", "")), _find_team(shop, request.POST.get("team", "")))
    note = request.POST.get("note", "")
    return _do(lambda now: handing.transfer(shop, chat.pk, to, note, request.user, now))


@require_POST
@shop_page("answer")
def close(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Close a chat."""
    chat = find_or_404(shop, public_id)
    return _do(lambda now: ending.close(shop, chat.pk, request.user, now))


@require_POST
@shop_page("answer")
def wish(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Take what the customer wrote, the entry named or their last one, as a wish for its department."""
    chat = find_or_404(shop, public_id)
    message = _find_words(shop, chat.pk, request.POST.get("number", ""))
    if message is None:
        return JsonResponse({"refused": "the customer has not written anything yet"})
    try:
        opened = recognising.take(shop, message.pk, request.user, timezone.now())
    except Refused as refusal:
        return JsonResponse({"refused": refusal.message})
    url = f"/s/{shop.slug}/wishes/{opened.public_id}/"
    return JsonResponse({"wish": opened.title, "url": url, "team": opened.department.name if opened.department else ""})


@require_POST
@shop_page("answer")
def macro(request: ShopRequest, shop: "Shop", public_id: UUID, number: int) -> HttpResponse:
    """Do all steps of a macro in a chat."""
    chat = find_or_404(shop, public_id)
    doer = Doer(request.user, roles.may(request.role, "supervise"), request.POST.get("client_id", "")[:48])
    try:
        return _do(lambda now: macros.run(shop, number, chat.pk, doer, now))
    except canned.NotThere:
        raise Http404 from None


@require_POST
@shop_page("answer")
def mark(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Say of a part of the profile beside the chat whether it is good."""
    chat = find_or_404(shop, public_id)
    said = {name: SAID.get(value) for name, value in request.POST.items() if value in SAID and name.isalpha()}
    return _do(lambda now: profiling.mark(shop, chat, request.user, said, now))


@require_POST
@shop_page("answer")
def invite(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Invite a visitor who is on the pages now, with one's own words."""
    told, words = request.POST.get("visitor", ""), " ".join(request.POST.get("words", "").split())
    visitor = online.find(shop.pk, int(told)) if told.isdecimal() and len(told) < 18 else None
    if visitor is None:
        raise Http404
    if not words or len(words) > LONGEST_INVITATION:
        return JsonResponse({"refused": f"write what to say, at most {LONGEST_INVITATION} characters"})
    if not arriving.invite(shop, visitor.visitor_key, words, request.user, timezone.now()):
        return JsonResponse({"refused": "they have left the shop’s pages"})
    return JsonResponse({"done": True})


def _do(act: Callable[[datetime], object]) -> HttpResponse:
    try:
        act(timezone.now())
    except (routing.Refused, routing.Taken) as refusal:
        return JsonResponse({"refused": str(refusal)})
    return JsonResponse({"done": True})


def _find_words(shop: "Shop", conversation_id: int, number: str) -> "Message | None":
    """The customer's entry of a number, or the last they wrote."""
    said = [
        each
        for each in threads.list_messages(shop.pk, conversation_id)
        if each.kind == Kind.MESSAGE and each.direction == Direction.IN and each.text.strip()
    ]
    if not number:
        return said[-1] if said else None
    found = next((each for each in said if str(each.number) == number), None)
    if found is None:
        raise Http404
    return found


def _find_person(shop: "Shop", key: str) -> "Person | None":
    if not key:
        return None
    try:
        return members.get_member(shop, UUID(key)).person
    except (NotThere, ValueError):
        raise Http404 from None


def _find_team(shop: "Shop", key: str) -> str:
    if key and all(str(each.public_id) != key for each in teams.list_teams(shop.pk)):
        raise Http404
    return key
