"""The page Live: a frame that the stream fills, with what a browser needs to know once.

Rows come over /live/<slug>/desk, entries and the customer beside by chat (live.reading), deeds are in live.deeds.
"""

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render

from kizuna.conversations import canned, teams
from kizuna.conversations.live import seats
from kizuna.shops import roles
from kizuna.web.console.access import ShopRequest, shop_page

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
    context = {
        "about": about,
        "seat": seat,
        "kept_answers": canned.list_replies(shop.pk),
        "teams": teams.list_teams(shop.pk),
    }
    return render(request, "console/live/page.html", context)
