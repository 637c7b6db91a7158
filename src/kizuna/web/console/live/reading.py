"""What the page Live reads of one chat: its entries after a number, the customer beside it, what could be answered."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from kizuna.conversations import attention, drafts, threads
from kizuna.conversations.live import hearsay, profile_marks, state
from kizuna.conversations.threads import Author, Direction, Kind
from kizuna.flows import suggestions
from kizuna.science import periods
from kizuna.shops import roles
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox import beside
from kizuna.web.console.inbox.thread import IMAGES, find_or_404

if TYPE_CHECKING:
    from kizuna.conversations.models import Message
    from kizuna.shops.models import Shop

MOST = 400
PARTS = (
    ("complete", "Complete", "nothing is missing"),
    ("correct", "Correct", "what it says is true"),
    ("consistent", "Consistent", "it agrees with itself"),
    ("relevant", "Relevant", "it helped me answer"),
)


@require_safe
@shop_page("answer")
def entries(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Give the entries after a number, at most a few hundred of the newest, and how far both sides have got."""
    conversation = find_or_404(shop, public_id)
    told = request.GET.get("after", "0")
    after = int(told) if told.isdecimal() and len(told) < 9 else 0
    first = max(after, conversation.last_number - MOST)
    found = threads.list_messages(shop.pk, conversation.pk, first)
    row = state.find(conversation.pk)
    content: dict[str, object] = {
        "entries": [_show(each, request.user.pk) for each in found],
        "left_out": first - after,
        "state": conversation.state,
        "read": 0 if row is None else row.read_number,
        "delivered": 0 if row is None else row.delivered_number,
    }
    if not after:
        content["drafts"] = drafts.find(shop.pk, conversation.pk, request.user.pk)
    return JsonResponse(content)


@require_safe
@shop_page("answer")
def beside_chat(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show the customer beside the chat."""
    conversation = find_or_404(shop, public_id)
    context = beside.read(shop, conversation)
    said = profile_marks.find(shop.pk, conversation.pk, request.user.pk)
    row = state.find(conversation.pk)
    context |= {
        "conversation": conversation,
        "allowed": roles.list_allowed(request.role) - {"answer"},  # its forms lead away from this page
        "under_way": (),
        "booked": (),
        "state": row,
        "asked_on": hearsay.where(row.context) if row is not None else "",
        "topic": str(row.context.get("skill") or "") if row is not None else "",
        "hearsay": hearsay.show(row.context) if row is not None else [],
        "marks": [(part, name, meaning, said[part]) for part, name, meaning in PARTS],
        "present": attention.list_present(conversation.pk, request.user.pk, periods.epoch_us(timezone.now())),
    }
    return render(request, "console/live/beside.html", context)


@require_safe
@shop_page("answer")
def suggestions_for(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Give what could be answered, each with its reason; for words where some are given, else for what was asked."""
    conversation = find_or_404(shop, public_id)
    words = request.GET.get("q", "").strip()[:500]
    found = suggestions.suggest(shop, words or conversation.pk, timezone.now())
    return JsonResponse(
        {
            "found": [
                {
                    "kind": each.kind,
                    "title": each.title,
                    "text": each.text,
                    "url": each.url,
                    "why": each.why,
                    "canned": each.number or 0,
                    "internal": each.is_internal,
                }
                for each in found
            ]
        }
    )


def _show(message: "Message", person_id: int) -> dict[str, object]:
    side = "note" if message.kind == Kind.NOTE else "within" if message.kind == Kind.HAPPENING else message.direction
    return {
        "number": message.number,
        "side": side,
        "who": _who(message),
        "mine": message.person_id == person_id,
        "machine": message.author == Author.MACHINE,
        "text": message.text,
        "at": message.at_us // 1000,
        "client_id": message.client_id,
        "mail": message.channel != "chat" and message.kind == Kind.MESSAGE,
        "card": message.remarks.get("card"),
        "files": [
            {
                "name": each.name,
                "url": f"/files/{each.token}/",
                "size": each.size,
                "image": each.content_type in IMAGES and each.size < 5_000_000,
            }
            for each in message.attachments.all()
        ],
    }


def _who(message: "Message") -> str:
    if message.person is not None:
        return message.person.name or message.person.email
    if message.direction == Direction.IN:
        return message.from_name
    return "Kizuna" if message.author == Author.MACHINE else "Somebody who left"
