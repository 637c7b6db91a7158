"""What is asked and not answered: questions from the panel, the help pages and chats, grouped by what they ask."""

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from kizuna.knowledge import asked
from kizuna.knowledge.asked import AskedOn
from kizuna.science import periods
from kizuna.web.console.access import ShopRequest, shop_page

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

SPANS = (7, 30, 90)
PLACES = {AskedOn.PANEL: "in the panel", AskedOn.HELP: "on the help pages", AskedOn.CHAT: "in chats"}


@shop_page("answer")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the gaps of the last days, the most asked first."""
    days = next((span for span in SPANS if str(span) == request.GET.get("days")), 30)
    now_us = periods.epoch_us(timezone.now())
    since_us = now_us - days * periods.DAY_US
    found = asked.gaps(shop.pk, since_us)
    figures = asked.figures(shop.pk, since_us)
    total = figures.get("asked", 0)
    most = max((gap.count for gap in found), default=1)
    context = {
        "rows": [(gap, [(PLACES[AskedOn(on)], count) for on, count in sorted(gap.by_place.items())]) for gap in found],
        "most": most,
        "days": days,
        "spans": SPANS,
        "asked": total,
        "answered": (total - figures.get("unanswered", 0)) / total if total else None,
        "unanswered": figures.get("unanswered", 0),
        "tab": "gaps",
        "now_us": now_us,
    }
    return render(request, "console/answers/gaps.html", context)
