"""The wishes board and list: what is in hand by stage of handling, and every wish with filters.

The address is the whole state. A specialist begins with the wishes of their departments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from kizuna.conversations import teams, wish_kinds, wish_lists
from kizuna.conversations.wish_lists import WishFilters
from kizuna.conversations.wishes import Priority, Stage
from kizuna.relationships import lists
from kizuna.relationships.lists import Filters, Order
from kizuna.science import periods
from kizuna.shops import members
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.wish_words import PRIORITIES, STAGES, Due, due_words

if TYPE_CHECKING:
    from django.http import QueryDict

    from kizuna.conversations.models import ServiceRequest
    from kizuna.relationships.models import Standing
    from kizuna.shops.models import Shop

LONGEST_WORDS = 100
NAMES = ("department", "kind", "who", "priority", "show", "stage", "q")


@dataclass(frozen=True)
class Card:
    """One wish as board and list show it."""

    wish: "ServiceRequest"
    standing: "Standing | None"
    due: Due
    steps: tuple[int, int]
    priority: tuple[str, str]

    @property
    def label(self) -> str:
        """What the customer is called."""
        known = self.standing.label if self.standing else ""
        return known or (self.wish.customer.name if self.wish.customer else "")


@dataclass(frozen=True)
class State:
    """What the address asks for: the filters, their values as they stand in it."""

    filters: WishFilters
    values: dict[str, str]

    @property
    def query(self) -> str:
        """The address of this state."""
        return urlencode({name: value for name, value in self.values.items() if value})

    @property
    def active(self) -> bool:
        """Whether any filter narrows what is shown."""
        return any(self.values.values())


@shop_page("view")
def board(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the board, or only its columns to htmx."""
    now_us = periods.epoch_us(timezone.now())
    state = read_state(request, shop)
    columns = wish_lists.board(shop.pk, state.filters, now_us)
    cards = cards_of(shop, [wish for column in columns for wish in column.wishes], now_us)
    by_id = {card.wish.pk: card for card in cards}
    shown = [
        {
            "stage": column.stage,
            "name": STAGES[column.stage][0],
            "hint": STAGES[column.stage][1],
            "count": column.count,
            "more": column.more,
            "cards": [by_id[wish.pk] for wish in column.wishes],
        }
        for column in columns
    ]
    context = {"columns": shown, "state": state, "total": sum(column.count for column in columns)}
    if request.htmx and request.htmx.target == "board":
        return render(request, "console/wishes/columns.html", context)
    return render(request, "console/wishes/board.html", {**context, **_choices(request, shop)})


@shop_page("view")
def listing(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the list, its next rows, or its result after a filter changed."""
    now_us = periods.epoch_us(timezone.now())
    state = read_state(request, shop)
    cursor = request.GET.get("after", "")
    found = wish_lists.list_page(shop.pk, state.filters, now_us, cursor)
    following = f"{state.query}&{urlencode({'after': found.next_cursor})}" if found.next_cursor else ""
    context: dict[str, object] = {
        "cards": cards_of(shop, found.rows, now_us),
        "following": following,
        "state": state,
    }
    if request.htmx and cursor:
        return render(request, "console/wishes/rows.html", context)
    total = wish_lists.count(shop.pk, state.filters, now_us)
    context |= {"total": total, "capped": total == wish_lists.MOST_COUNTED}
    if request.htmx and request.htmx.target == "result":
        return render(request, "console/wishes/result.html", context)
    context |= _choices(request, shop)
    context["empty"] = not total and not state.active
    return render(request, "console/wishes/list.html", context)


def cards_of(shop: "Shop", wishes: "Sequence[ServiceRequest]", now_us: int) -> list[Card]:
    """Put beside each wish who wished it, until when it is due and how far its steps are."""
    ids = tuple({wish.customer_id for wish in wishes if wish.customer_id is not None})
    found = lists.list_page(shop.pk, Filters(customer_ids=ids), Order("seen"), size=len(ids)).rows if ids else []
    standings = {row.pk: row for row in found}
    steps = wish_lists.open_steps([wish.pk for wish in wishes])
    return [
        Card(
            wish,
            standings.get(wish.customer_id or 0),
            due_words(wish, now_us, shop.timezone),
            steps.get(wish.pk, (0, 0)),
            PRIORITIES[Priority(wish.priority)],
        )
        for wish in wishes
    ]


def read_state(request: ShopRequest, shop: "Shop") -> State:
    """Read the filters from the address; what cannot be read narrows nothing."""
    values = {name: _one(request.GET, name) for name in NAMES}
    known = {str(team.public_id): team.pk for team in teams.list_teams(shop.pk)}
    mine = [team.pk for team in teams.list_of_person(shop.pk, request.user.pk)]
    if not request.GET and request.role == "specialist" and mine:
        values["department"] = "mine"
    department = values["department"]
    chosen = tuple(mine) if department == "mine" else (known[department],) if department in known else ()
    kinds = {str(kind.public_id): kind.pk for kind in wish_kinds.list_kinds(shop.pk)}
    people = {str(each.person.public_id): each.person_id for each in members.list_members(shop)}
    who = request.user.pk if values["who"] == "me" else people.get(values["who"])
    priority = values["priority"]
    filters = WishFilters(
        stages=tuple(stage for stage in values["stage"].split(",") if stage in Stage.values),
        department_ids=chosen,
        kind_id=kinds.get(values["kind"]),
        assignee_id=who,
        priority=int(priority) if priority in map(str, Priority.values) else None,
        words=values["q"][:LONGEST_WORDS].replace("\x00", ""),
        is_late=values["show"] == "late",
        waits=values["show"] == "waits",
    )
    return State(filters, values)


def _one(query: "QueryDict", name: str) -> str:
    return query.get(name, "").strip()[:LONGEST_WORDS]


def _choices(request: ShopRequest, shop: "Shop") -> dict[str, object]:
    return {
        "departments": teams.list_teams(shop.pk),
        "mine": teams.list_of_person(shop.pk, request.user.pk),
        "kinds": wish_kinds.list_kinds(shop.pk),
        "people": members.list_members(shop),
        "priorities": [(str(value), words) for value, (words, _) in PRIORITIES.items()],
        "stages": [(stage.value, words) for stage, (words, _) in STAGES.items()],
    }
