"""Writing in a conversation: answers, notes, drafts, files, kept answers, macros, and taking back what was just sent.

Sent with htmx or fetch so that the page stays; the answers a browser gets back are events (HX-Trigger) or JSON.
"""

import json
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from kizuna.conversations import attachments, canned, recipients, threads
from kizuna.flows.dialogue import attending, files, habits, writing
from kizuna.flows.dialogue.writing import Note, Refused, Reply
from kizuna.flows.mail_out import sending
from kizuna.shops import members
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox.thread import MOST_COPIES, find_or_404

if TYPE_CHECKING:
    from kizuna.conversations.models import Attachment, Conversation
    from kizuna.shops.models import Shop


@require_POST
@shop_page("answer")
def reply(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Send an answer with the files that wait."""
    conversation = find_or_404(shop, public_id)
    waiting = attachments.list_waiting(shop.pk, request.user.pk, conversation.pk)
    told = Reply(
        request.POST.get("text", ""),
        to=_addresses(request.POST.get("to", "")),
        cc=_addresses(request.POST.get("cc", "")),
        attachment_ids=tuple(each.pk for each in waiting),
        client_id=request.POST.get("client_id", "")[:64],
        close="close" in request.POST,
    )
    try:
        _check_copies(request, conversation, told.cc)
        message = writing.reply(shop, conversation.pk, told, request.user, timezone.now())
    except Refused as refusal:
        return _refused(request, shop, public_id, refusal)
    by_mail = message.channel == threads.Channel.EMAIL
    return _sent(
        request,
        shop,
        public_id,
        {"number": message.number if by_mail else 0, "seconds": writing.UNDO_S, "closed": told.close},
    )


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


@require_POST
@shop_page("answer")
def take_back(request: ShopRequest, shop: "Shop", public_id: UUID, number: int) -> HttpResponse:
    """Take back an answer that has not left yet."""
    conversation = find_or_404(shop, public_id)
    message = _message_or_404(shop, conversation.pk, number)
    try:
        text = writing.take_back(shop, message, request.user, timezone.now())
    except Refused as refusal:
        return JsonResponse({"refused": str(refusal)})
    return JsonResponse({"text": text})


@require_POST
@shop_page("answer")
def resend(request: ShopRequest, shop: "Shop", public_id: UUID, number: int) -> HttpResponse:
    """Send an answer again that failed or came back."""
    conversation = find_or_404(shop, public_id)
    message = _message_or_404(shop, conversation.pk, number)
    if not sending.resend(shop, message, request.user, timezone.now()):
        return _refused(request, shop, public_id, Refused("it is on its way already"))
    return _sent(request, shop, public_id, {"again": True})


@require_POST
@shop_page("work_wishes")
def draft(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Keep what was typed so far."""
    conversation = find_or_404(shop, public_id)
    text, is_note = request.POST.get("text", ""), request.POST.get("kind") == "note"
    attending.keep_draft(shop, conversation, request.user, text, timezone.now(), is_note=is_note)
    return HttpResponse(status=204)


@require_POST
@shop_page("answer")
def upload(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Keep a file until the answer is sent."""
    conversation = find_or_404(shop, public_id)
    given = request.FILES.get("file")
    if given is None or (given.size or 0) > attachments.LARGEST:
        return JsonResponse({"refused": f"a file may have {attachments.LARGEST // (1024 * 1024)} MB"})
    told = (given.name or "file", given.content_type or "", given.read())
    try:
        kept = files.upload(shop, conversation, told, request.user, timezone.now())
    except files.Refused as refusal:
        return JsonResponse({"refused": str(refusal)})
    return JsonResponse(_told_file(kept))


@require_POST
@shop_page("answer")
def remove_file(request: ShopRequest, shop: "Shop", public_id: UUID, token: str) -> HttpResponse:
    """Remove a file that was not sent."""
    conversation = find_or_404(shop, public_id)
    if not files.remove(shop, conversation, token, request.user, timezone.now()):
        raise Http404
    return HttpResponse(status=204)


@require_safe
@shop_page("answer")
def kept_answer(request: ShopRequest, shop: "Shop", public_id: UUID, number: int) -> HttpResponse:
    """Give a kept answer with its gaps filled for this conversation."""
    conversation = find_or_404(shop, public_id)
    try:
        filled = habits.fill(shop, conversation.pk, number, request.user)
    except canned.NotThere:
        raise Http404 from None
    return JsonResponse({"text": filled.text, "missing": filled.missing})


@require_POST
@shop_page("answer")
def macro(request: ShopRequest, shop: "Shop", public_id: UUID, number: int) -> HttpResponse:
    """Do all steps of a macro."""
    conversation = find_or_404(shop, public_id)
    client_id = request.POST.get("client_id", "")[:48]
    try:
        written = habits.run(shop, number, conversation.pk, request.user, timezone.now(), client_id)
    except canned.NotThere:
        raise Http404 from None
    except Refused as refusal:
        return _refused(request, shop, public_id, refusal)
    return _sent(request, shop, public_id, {"number": written or 0, "seconds": writing.UNDO_S, "macro": True})


def _message_or_404(shop: "Shop", conversation_id: int, number: int) -> int:
    found = next((each for each in threads.list_messages(shop.pk, conversation_id, number - 1)[:1]), None)
    if found is None or found.number != number:
        raise Http404
    return found.pk


def _told_file(kept: "Attachment") -> dict[str, object]:
    return {"token": kept.token, "name": kept.name, "size": kept.size}


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


def _check_copies(request: ShopRequest, conversation: "Conversation", cc: tuple[str, ...]) -> None:
    """Ask before many whom only the customer's mail named read an answer. Raises Refused."""
    named = {each.lower() for each in cc} & set(recipients.of_answer(conversation).cc)
    if len(named) > MOST_COPIES and request.POST.get("copies") != "yes":
        raise Refused(f"{len(named)} people in copy would read this: tick that they shall, or take them out")


def _sent(request: ShopRequest, shop: "Shop", public_id: UUID, told: dict[str, object]) -> HttpResponse:
    if not request.htmx:
        return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{public_id}/")
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"kizuna:sent": told})})


def _refused(request: ShopRequest, shop: "Shop", public_id: UUID, refusal: Refused) -> HttpResponse:
    if not request.htmx:
        messages.error(request, f"{str(refusal)[:1].upper()}{str(refusal)[1:]}.")
        return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{public_id}/")
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"kizuna:refused": str(refusal)})})
