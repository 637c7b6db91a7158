"""Writing in a conversation: answers and notes, sent with htmx so that the page stays, or as a plain form."""

import json
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Note, Refused, Reply
from kizuna.shops import members
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox.thread import find_or_404

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@require_POST
@shop_page("answer")
def reply(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Send an answer."""
    conversation = find_or_404(shop, public_id)
    told = Reply(
        request.POST.get("text", ""),
        to=_addresses(request.POST.get("to", "")),
        cc=_addresses(request.POST.get("cc", "")),
        client_id=request.POST.get("client_id", "")[:64],
        close="close" in request.POST,
    )
    try:
        writing.reply(shop, conversation.pk, told, request.user, timezone.now())
    except Refused as refusal:
        return _refused(request, shop, public_id, refusal)
    return _sent(request, shop, public_id, {"closed": told.close})


@require_POST
@shop_page("work_wishes")
def note(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Write a note among ourselves."""
    conversation = find_or_404(shop, public_id)
    text = request.POST.get("text", "")
    told = Note(text, _mentioned(shop, text), request.POST.get("client_id", "")[:64])
    try:
        writing.note(shop, conversation.pk, told, request.user, timezone.now())
    except Refused as refusal:
        return _refused(request, shop, public_id, refusal)
    return _sent(request, shop, public_id, {"note": True})


def _mentioned(shop: "Shop", text: str) -> tuple[int, ...]:
    """Whom a note names: @ and the name of somebody who works for the shop, or the first part of their address."""
    said = text.casefold()
    found = []
    for member in members.list_members(shop):
        names = (member.person.name, member.person.email, member.person.email.partition("@")[0])
        if any(name and f"@{name.casefold()}" in said for name in names):
            found.append(member.person_id)
    return tuple(found)


def _addresses(told: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in told.replace(";", ",").split(",") if each.strip())


def _sent(request: ShopRequest, shop: "Shop", public_id: UUID, told: dict[str, object]) -> HttpResponse:
    if not request.htmx:
        return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{public_id}/")
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"kizuna:sent": told})})


def _refused(request: ShopRequest, shop: "Shop", public_id: UUID, refusal: Refused) -> HttpResponse:
    if not request.htmx:
        messages.error(request, f"{str(refusal).capitalize()}.")
        return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{public_id}/")
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"kizuna:refused": str(refusal)})})
