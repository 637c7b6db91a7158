"""One wish: its history, steps, comments and approvals, promise and kept date, the conversation, the customer.

What people do to it is in wish_deeds; both write the same page, so that a mistake keeps what was typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from kizuna.conversations import teams, threads, wish_kinds, wish_lists, wish_work, wishes
from kizuna.conversations.wish_lists import WishFilters
from kizuna.conversations.wishes import NotThere, Stage
from kizuna.privileges import capabilities, catalogue
from kizuna.privileges.capabilities import Beyond
from kizuna.relationships import lists
from kizuna.science import periods
from kizuna.shops import hours, members
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.wish_letters import letters_of
from kizuna.web.console.pages.wish_words import PRIORITIES, SOURCES, STAGES, TRACK, Line, due_words, line_of
from kizuna.web.console.pages.wishes import cards_of

if TYPE_CHECKING:
    from kizuna.conversations.models import Message, ServiceRequest
    from kizuna.privileges.models import Capability
    from kizuna.shops.hours import Schedule
    from kizuna.shops.models import Shop

MOST_MESSAGES = 6
MOST_OTHERS = 5


@dataclass(frozen=True)
class Room:
    """An entry of what we can do as the page of a wish offers it: its next day and what its week has left."""

    entry: "Capability"
    day: date | None
    taken: int
    capacity: int | None
    chosen: bool

    @property
    def left(self) -> int | None:
        """How many the week of that day has left."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)


@dataclass(frozen=True)
class Mistake:
    """What was asked for and could not be done: which deed, the field to blame, why, and what was typed."""

    deed: str
    refusal: Refused
    typed: Mapping[str, str]

    @property
    def beyond(self) -> Beyond | None:
        """The honest next day where a week was full."""
        return self.refusal if isinstance(self.refusal, Beyond) else None


@shop_page("view")
def page(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show a wish."""
    return show(request, shop, find_or_404(shop, public_id))


def find_or_404(shop: "Shop", public_id: UUID) -> "ServiceRequest":
    """Find a wish of this shop."""
    try:
        return wishes.get(shop.pk, public_id)
    except NotThere:
        raise Http404 from None


def show(request: ShopRequest, shop: "Shop", wish: "ServiceRequest", mistake: Mistake | None = None) -> HttpResponse:
    """Write the page of a wish, with what went wrong if something did."""
    now_us = periods.epoch_us(timezone.now())
    schedule = hours.read(shop)
    moves, comments, approvals = wish_work.history_of(wish)
    said = [Line(each.at_us, "chat", "Comment", each.text, _name(each.person), "comment") for each in comments]
    context: dict[str, object] = {
        "wish": wish,
        "now_us": now_us,
        "stage": STAGES[Stage(wish.stage)],
        "track": _track(wish),
        "due": due_words(wish, now_us, shop.timezone),
        "priority": PRIORITIES[wishes.Priority(wish.priority)],
        "source": SOURCES[wish.source],
        "lines": sorted([*map(line_of, moves), *said], key=lambda line: line.at_us),
        "steps": wish_work.list_steps(wish),
        "approvals": approvals,
        "asked": next((each for each in approvals if each.is_granted is None), None),
        "standing": lists.find_standing(shop.pk, wish.customer_id) if wish.customer_id else None,
        "others": _others(shop, wish, now_us),
        "talk": _messages(wish),
        "conversation_url": _address(shop, wish),
        "promised_day": schedule.local_day(wish.promised_us) if wish.promised_us else None,
        "letters": letters_of(wish),
        "mistake": mistake,
        "typed": mistake.typed if mistake else {},
    }
    context |= _choices(shop, wish, schedule, now_us)
    return render(request, "console/wishes/wish.html", context, status=200 if mistake is None else 422)


def _track(wish: "ServiceRequest") -> list[dict[str, object]]:
    """The stages as a track: which are behind, which is now; a wish that ended otherwise stands beside it."""
    here = TRACK.index(Stage(wish.stage)) if wish.stage in TRACK else -1
    dates = (
        wish.forwarded_us,
        wish.understood_us,
        wish.accepted_us,
        wish.started_us,
        wish.fulfilled_us,
        wish.confirmed_us,
    )
    return [
        {"name": STAGES[stage][0], "at_us": at_us, "state": "now" if place == here else "past" if at_us else "ahead"}
        for place, (stage, at_us) in enumerate(zip(TRACK, dates, strict=True))
    ]


def _choices(shop: "Shop", wish: "ServiceRequest", schedule: "Schedule", now_us: int) -> dict[str, object]:
    entry = catalogue.find(shop.pk, wish.capability_id)
    rooms = _rooms(shop, wish, schedule, now_us) if wish.stage == Stage.UNDERSTOOD else []
    return {
        "rooms": rooms,
        "room": next((room for room in rooms if room.chosen), None),
        "entry": entry,
        "kind_words": entry.refusal if entry else "",
        "usual_day": schedule.local_day(schedule.add(now_us, wish_kinds.minutes_of_wish(wish))),
        "today": schedule.local_day(now_us),
        "departments": teams.list_teams(shop.pk),
        "kinds": wish_kinds.list_kinds(shop.pk),
        "people": members.list_members(shop),
        "priorities": [(value, words) for value, (words, _) in PRIORITIES.items()],
    }


def _rooms(shop: "Shop", wish: "ServiceRequest", schedule: "Schedule", now_us: int) -> list[Room]:
    entries = catalogue.list_all(shop.pk)
    days = {each.pk: capabilities.find_next_day(each, schedule, now_us, wish.units) for each in entries}
    mondays = {capabilities.monday_of(day) for day in days.values() if day is not None}
    weeks = capabilities.list_weeks(list(days), sorted(mondays))
    rooms = []
    for each in entries:
        day = days[each.pk]
        taken = weeks.get((each.pk, capabilities.monday_of(day)), (0, 0))[0] if day else 0
        rooms.append(Room(each, day, taken, each.per_week, each.pk == wish.capability_id))
    return rooms


def _messages(wish: "ServiceRequest") -> "list[Message]":
    if wish.conversation_id is None:
        return []
    last = wish.conversation.last_number if wish.conversation else 0
    found = threads.list_messages(wish.shop_id, wish.conversation_id, max(0, last - 4 * MOST_MESSAGES))
    return [message for message in found if message.kind == threads.Kind.MESSAGE][-MOST_MESSAGES:]


def _address(shop: "Shop", wish: "ServiceRequest") -> str:
    """Where the conversation is shown; empty where there is none."""
    if wish.conversation is None:
        return ""
    return f"/s/{shop.slug}/inbox/{wish.conversation.public_id}/"


def _others(shop: "Shop", wish: "ServiceRequest", now_us: int) -> list[object]:
    if wish.customer_id is None:
        return []
    theirs = WishFilters(customer_ids=(wish.customer_id,))
    found = wish_lists.list_page(shop.pk, theirs, now_us, size=MOST_OTHERS + 1).rows
    return [*cards_of(shop, [each for each in found if each.pk != wish.pk][:MOST_OTHERS], now_us)]


def _name(person: object) -> str:
    return str(getattr(person, "name", "") or getattr(person, "email", ""))
