"""The page Live: a frame that the stream fills, with what a browser needs to know once.

Rows come over /live/<slug>/desk, entries and the customer beside by chat (live.reading), deeds are in live.deeds.
"""

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render

from kizuna.conversations import canned, teams
from kizuna.conversations.live import seats
from kizuna.shops import alerts, devices, roles
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.settings import habits

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@shop_page("answer")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the live desk."""
    seat = seats.find(shop.pk, request.user.pk)
    about = {
        "me": request.user.pk,
        "name": request.user.name or request.user.email,
        "supervises": roles.may(request.role, "supervise"),
        "slug": shop.slug,
        "title": shop.name,
        "seat": seat.state if seat is not None else "offline",
        "capacity": seat.capacity if seat is not None else 3,
        "most": seats.MOST_AT_ONCE,
    }
    answers = canned.list_replies(shop.pk)
    titles = {each.pk: each.title for each in answers}
    context = {
        "about": about,
        "seat": seat,
        "alerts": _alerts(shop.pk, request.user.pk),
        "kept_answers": answers,
        "macros": [(each, habits.tell(each, titles)) for each in canned.list_macros(shop.pk)],
        "teams": teams.list_teams(shop.pk),
    }
    return render(request, "console/live/page.html", context)


def _alerts(shop_id: int, person_id: int) -> str:
    """How somebody hears of who waits while this page is not in front: on, by mail alone, or off."""
    chosen = alerts.chosen_by(shop_id, person_id)
    if chosen is None or not (chosen.waiting or chosen.mine):
        return "off"
    reached = any(not each.problem for each in devices.list_of(person_id))
    if chosen.by_push and reached:
        return "on"
    return "mail" if chosen.by_mail and chosen.waiting else "off"
