"""The inbox: views of who answers what, searched and sorted; the next rows of it; and several handled at once."""

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from kizuna.conversations import desk, queues, teams
from kizuna.conversations.queues import Asked
from kizuna.conversations.threads import Channel
from kizuna.science import periods
from kizuna.shops import members
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox import asking, rows
from kizuna.web.console.inbox.asking import ORDERS, VIEWS, Question

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

COUNTED = ("mine", "unassigned", "team", "waiting", "mentions", "snoozed")


@shop_page("work_wishes")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show a view of the inbox, its next rows to htmx, or the result after something changed."""
    return result(request, shop)


def result(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show what the address asks for; also after several conversations were handled at once."""
    question = asking.parse(request.GET, shop, request.user.pk)
    now_us = periods.epoch_us(timezone.now())
    asked = asking.ask(shop, question, request.user.pk)
    mine = frozenset(each.pk for each in teams.list_of_person(shop.pk, request.user.pk))
    listed = rows.read(shop, asked, question.order, question.after, now_us)
    context: dict[str, object] = {
        "question": question,
        "listed": listed,
        "now_us": now_us,
        "following": question.query(after=listed.following) if listed.following else "",
    }
    if request.htmx and question.after:
        return render(request, "console/inbox/rows.html", context)
    context |= {"views": _views(shop, question, request.user.pk, mine)}
    if request.htmx and request.htmx.target == "inbox":
        context["told"] = True
        return render(request, "console/inbox/result.html", context | _choices(shop, question))
    return render(request, "console/inbox/page.html", context | _choices(shop, question))


def _choices(shop: "Shop", question: Question) -> dict[str, object]:
    return {
        "teams": teams.list_teams(shop.pk),
        "tags": desk.list_tags(shop.pk),
        "orders": ORDERS,
        "channels": Channel.choices,
        "people": members.list_members(shop),
    }


def _views(shop: "Shop", question: Question, person_id: int, mine: frozenset[int]) -> list[dict[str, object]]:
    shown: list[dict[str, object]] = []
    for key, label, icon in VIEWS:
        if key == "team" and not mine:
            continue
        counted = queues.count(shop.pk, Asked(key, person_id)) if key in COUNTED else 0
        shown.append(
            {
                "key": key,
                "label": label,
                "icon": icon,
                "query": question.query(view=key, order="", q="", after=""),
                "count": f"{queues.MOST_COUNTED - 1}+" if counted >= queues.MOST_COUNTED else counted or "",
                "here": key == question.view and not question.words,
            }
        )
    return shown
