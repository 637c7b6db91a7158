"""A conversation as its page shows it: the entries in order with their files, beside whom it is with.

Reading only; what people do with it is in inbox.acts and inbox.composer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from kizuna.conversations import (
    attachments,
    attention,
    canned,
    chat_turns,
    desk,
    drafts,
    outgoing,
    queues,
    recipients,
    teams,
    threads,
)
from kizuna.conversations.outgoing import SendState, View
from kizuna.conversations.threads import Author, Channel, Direction, Kind, State
from kizuna.flows.dialogue import handling
from kizuna.html.sanitise import BLOCKED
from kizuna.science import periods
from kizuna.shops import members
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox import beside, rows

if TYPE_CHECKING:
    from kizuna.conversations.models import Attachment, Conversation, Message
    from kizuna.shops.models import Shop

STATE_WORDS = {
    State.OPEN: ("open", "brand"),
    State.BEGUN: ("begun by us", ""),
    State.SNOOZED: ("resting", "warn"),
    State.CLOSED: ("closed", ""),
    State.SPAM: ("spam", "bad"),
}
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
MOST_ENTRIES = 100
"""How many entries a page shows at once; a thread of thousands is read in pages."""
MOST_COPIES = 5
"""Beyond so many people in copy it is asked whether all of them shall read the answer."""
TONES = {
    SendState.DELIVERED: "good",
    SendState.BOUNCED: "bad",
    SendState.FAILED: "bad",
    SendState.UNCERTAIN: "warn",
}


@dataclass(frozen=True)
class Entry:
    """One entry of the thread, with what the page says of it."""

    message: "Message"
    who: str
    side: str
    files: "Sequence[Attachment]"
    inline: "Sequence[Attachment]"
    sending: "View | None" = None

    @property
    def tone(self) -> str:
        """How the state of its sending is coloured."""
        return TONES.get(self.sending.state, "") if self.sending else ""

    @property
    def blocked(self) -> bool:
        """Whether remote images wait in its HTML."""
        return BLOCKED in self.message.html

    @property
    def icon(self) -> str:
        """The icon of the channel it came over, where that differs from a plain mail."""
        return rows.CHANNEL_ICONS[Channel(self.message.channel)]


@shop_page("work_wishes")
def page(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show a conversation; a merged one leads to the one it went into."""
    conversation = find_or_404(shop, public_id)
    if conversation.public_id != public_id:
        return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{conversation.public_id}/")
    now = timezone.now()
    handling.look(shop, conversation, request.user, now)
    usual = recipients.of_answer(conversation)
    context = read(shop, conversation, now, _before(request)) | beside.read(shop, conversation)
    context |= {
        "served": chat_turns.find_anothers(conversation.pk, request.user.pk),
        "drafts": drafts.find(shop.pk, conversation.pk, request.user.pk),
        "to": ", ".join(usual.to),
        "cc": ", ".join(usual.cc),
        "copies": len(usual.cc),
        "many_copies": len(usual.cc) > MOST_COPIES,
        "by_mail": conversation.channel not in (Channel.CHAT, Channel.PORTAL),
        "waiting_files": attachments.list_waiting(shop.pk, request.user.pk, conversation.pk),
        "kept_answers": canned.list_replies(shop.pk, conversation.team_id),
        "macros": canned.list_macros(shop.pk),
        "present": attention.list_present(conversation.pk, request.user.pk, periods.epoch_us(now)),
    }
    return render(request, "console/inbox/conversation.html", context)


@shop_page("work_wishes")
def part(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show the entries anew, with the line above them and who else serves a live chat, after something changed."""
    conversation = find_or_404(shop, public_id)
    now = timezone.now()
    handling.look(shop, conversation, request.user, now)
    context = read(shop, conversation, now, _before(request))
    context["served"] = chat_turns.find_anothers(conversation.pk, request.user.pk)
    return render(request, "console/inbox/part.html", context)


def find_or_404(shop: "Shop", public_id: UUID) -> "Conversation":
    """Find a conversation of this shop by the id in an address; anything else does not exist."""
    try:
        return threads.get(shop.pk, public_id)
    except threads.NotThere:
        raise Http404 from None


def read(shop: "Shop", conversation: "Conversation", now: datetime, before: int | None = None) -> dict[str, object]:
    """Read what the thread and the line above it show: the newest entries, or those before a number."""
    label, tone = STATE_WORDS[State(conversation.state)]
    found = threads.list_messages(shop.pk, conversation.pk, before=before, newest=MOST_ENTRIES + 1)
    earlier, entries = len(found) > MOST_ENTRIES, sorted(found[-MOST_ENTRIES:], key=_place)
    views = outgoing.states(shop.pk, [each.pk for each in entries if each.direction == Direction.OUT])
    return {
        "conversation": conversation,
        "before": before,
        "earlier": min(each.number for each in entries) if earlier else None,
        "entries": [_entry(each, views.get(each.pk)) for each in entries],
        "state_label": label,
        "state_tone": tone,
        "now_us": periods.epoch_us(now),
        "icon_name": rows.CHANNEL_ICONS[Channel(conversation.channel)],
        "teams": teams.list_teams(shop.pk),
        "people": members.list_members(shop),
        "tags": queues.tags_of([conversation.pk]).get(conversation.pk, ()),
        "all_tags": desk.list_tags(shop.pk),
    }


def _before(request: ShopRequest) -> int | None:
    """Before which entry the page asks for earlier ones."""
    told = request.GET.get("before", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def _place(message: "Message") -> tuple[int, int]:
    return message.at_us, message.number


def _entry(message: "Message", sending: "View | None") -> Entry:
    files = list(message.attachments.all())
    inline = [each for each in files if each.content_type in IMAGES and each.size < 5_000_000]
    side = "note" if message.kind == Kind.NOTE else "within" if message.kind == Kind.HAPPENING else message.direction
    return Entry(message, _who(message), side, files, inline, sending)


def _who(message: "Message") -> str:
    if message.person is not None:
        return message.person.name or message.person.email
    if message.direction == Direction.IN:
        return message.from_name or message.from_address or "Customer"
    return "Kizuna" if message.author == Author.MACHINE else "Somebody who left"
