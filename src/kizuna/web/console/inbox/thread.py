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

from kizuna.conversations import desk, drafts, queues, recipients, teams, threads
from kizuna.conversations.threads import Author, Channel, Direction, Kind, State
from kizuna.flows.dialogue import handling
from kizuna.relationships import handful
from kizuna.science import periods
from kizuna.shops import members
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox import rows

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
ICONS = {Kind.NOTE: "bookmark", Kind.HAPPENING: "info"}


@dataclass(frozen=True)
class Entry:
    """One entry of the thread, with what the page says of it."""

    message: "Message"
    who: str
    side: str
    files: "Sequence[Attachment]"
    inline: "Sequence[Attachment]"
    first_of_day: bool = False

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
    context = read(shop, conversation, now) | {
        "standing": _standing(shop, conversation),
        "drafts": drafts.find(shop.pk, conversation.pk, request.user.pk),
        "to": ", ".join(usual.to),
        "cc": ", ".join(usual.cc),
        "by_mail": conversation.channel not in (Channel.CHAT, Channel.PORTAL),
        "teams": teams.list_teams(shop.pk),
        "people": members.list_members(shop),
        "tags": queues.tags_of([conversation.pk]).get(conversation.pk, ()),
        "all_tags": desk.list_tags(shop.pk),
    }
    return render(request, "console/inbox/conversation.html", context)


@shop_page("work_wishes")
def part(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show the entries anew, with the line above them, after something changed."""
    conversation = find_or_404(shop, public_id)
    now = timezone.now()
    handling.look(shop, conversation, request.user, now)
    context = read(shop, conversation, now) | {
        "teams": teams.list_teams(shop.pk),
        "people": members.list_members(shop),
        "tags": queues.tags_of([conversation.pk]).get(conversation.pk, ()),
        "all_tags": desk.list_tags(shop.pk),
        "again": True,
    }
    return render(request, "console/inbox/thread.html", context)


def find_or_404(shop: "Shop", public_id: UUID) -> "Conversation":
    """Find a conversation of this shop by the id in an address; anything else does not exist."""
    try:
        return threads.get(shop.pk, public_id)
    except threads.NotThere:
        raise Http404 from None


def read(shop: "Shop", conversation: "Conversation", now: datetime) -> dict[str, object]:
    """Read what the thread and the line above it show."""
    label, tone = STATE_WORDS[State(conversation.state)]
    entries = [_entry(each) for each in sorted(threads.list_messages(shop.pk, conversation.pk), key=_place)]
    return {
        "conversation": conversation,
        "entries": entries,
        "state_label": label,
        "state_tone": tone,
        "now_us": periods.epoch_us(now),
        "icon_name": rows.CHANNEL_ICONS[Channel(conversation.channel)],
    }


def _place(message: "Message") -> tuple[int, int]:
    return message.at_us, message.number


def _standing(shop: "Shop", conversation: "Conversation") -> object:
    if conversation.customer_id is None:
        return None
    return handful.find(shop.pk, [conversation.customer_id]).get(conversation.customer_id)


def _entry(message: "Message") -> Entry:
    files = list(message.attachments.all())
    inline = [each for each in files if each.content_type in IMAGES and each.size < 5_000_000]
    side = "note" if message.kind == Kind.NOTE else "within" if message.kind == Kind.HAPPENING else message.direction
    return Entry(message, _who(message), side, files, inline)


def _who(message: "Message") -> str:
    if message.person is not None:
        return message.person.name or message.person.email
    if message.direction == Direction.IN:
        return message.from_name or message.from_address or "Customer"
    return "Kizuna" if message.author == Author.MACHINE else "Somebody who left"
