"""Target customers nobody has talked with for a while, and the mail that a person writes to one of them."""

import uuid
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from kizuna.flows.outreach import personal, silence
from kizuna.science import periods
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.outreach import words
from kizuna.web.console.outreach.forms import WriteForm
from kizuna.web.console.pages.customer import find_or_404

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

SHOWN = 40
SPANS = (30, 60, 90, 180, 365)


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the target customers nobody has talked with."""
    now_us = periods.epoch_us(timezone.now())
    usual = silence.usual_days(shop)
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isascii() and asked.isdigit() and 1 <= int(asked[:5]) <= 3650 else usual
    segment = request.GET.get("segment", "")
    segments = (segment,) if segment in silence.TARGETS else silence.TARGETS
    found, whole = silence.list_silent(shop, days, segments, now_us)
    context = {
        "tab": "silent",
        "rows": [(row, words.DEPTHS[row.person.depth]) for row in found[:SHOWN]],
        "count": len(found),
        "whole": whole,
        "looked_at": silence.LOOKED_AT,
        "days": days,
        "spans": sorted({*SPANS, usual}),
        "segment": segment if segment in silence.TARGETS else "",
        "letters": ("", *silence.TARGETS),
        "now_us": now_us,
    }
    return render(request, "console/outreach/silent.html", context)


@shop_page("answer")
def write(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Write to one customer, beginning a conversation."""
    customer = find_or_404(shop, public_id)
    now = timezone.now()
    known = personal.look(shop, customer.pk, periods.epoch_us(now))
    if request.method == "POST":
        form = WriteForm(shop, request.POST)
        if form.is_valid() and _send(request, shop, customer.pk, form):
            return HttpResponseRedirect(reverse("customer", args=[shop.slug, customer.public_id]))
    else:
        begun = personal.suggest(shop, known, request.user.name)
        form = WriteForm(shop, initial={**begun, "token": str(uuid.uuid4())})
    context = {"form": form, "customer": customer, "known": known, "now_us": periods.epoch_us(now)}
    return render(request, "console/outreach/write.html", context)


def _send(request: ShopRequest, shop: "Shop", customer_id: int, form: WriteForm) -> bool:
    said = form.cleaned_data
    team_id = form.chosen_team.pk if form.chosen_team else None
    written = personal.Words(said["subject"], said["text"], team_id, said["token"])
    try:
        personal.write(shop, customer_id, written, request.user, timezone.now())
    except personal.Refused as refusal:
        form.add_error(None, words.sentence(str(refusal)))
        return False
    messages.success(request, "Sent. The answer will stand in the inbox.")
    return True
