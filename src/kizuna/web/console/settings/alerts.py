"""The settings page of one's own alerts: of what, in which browsers, and a test that shows whether one really got it.

The service worker that shows them is served from the top of the site, because its reach is where it lies.
"""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from kizuna.flows import alerts as flow
from kizuna.flows import alerts_push
from kizuna.flows.alerts import Chosen, NotThere, Refused, Subscription
from kizuna.flows.alerts_push import TAKEN
from kizuna.science import periods
from kizuna.shops import alerts, devices
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.shops.models import Device, Shop

WORKER = Path(__file__).parents[1] / "static" / "console" / "js" / "alerts-worker.js"
MOST_BYTES = 8_000
WAITED_US = 30_000_000


class ChoiceForm(forms.Form):
    """What somebody is alerted of, and how."""

    waiting = forms.BooleanField(required=False, label="A chat waits and I am not looking at the console")
    mine = forms.BooleanField(required=False, label="A customer writes in a chat of mine while I look elsewhere")
    mentions = forms.BooleanField(required=False, label="Somebody names me in a note")
    by_push = forms.BooleanField(required=False, label="In my browsers, also when Kizuna is closed")
    by_mail = forms.BooleanField(
        required=False, label="By mail, when my console is closed (for a waiting chat: everybody’s)"
    )
    with_words = forms.BooleanField(required=False, label="Show the customer’s name and first words on the screen")


@shop_page("answer")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show one's own choices and browsers."""
    chosen = alerts.chosen_by(shop.pk, request.user.pk)
    form = ChoiceForm(initial={name: getattr(chosen or Chosen(), name) for name in Chosen.__slots__})
    context = {
        "form": form,
        "is_settled": chosen is not None,
        "rows": [_row(each) for each in devices.list_of(request.user.pk)],
        "push_key": alerts_push.public_key(),
        "now_us": periods.epoch_us(timezone.now()),
    }
    return frame.show(request, "alerts", "settings_alerts", context)


@shop_page("answer")
@require_POST
def choose(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep one's own choices."""
    form = ChoiceForm(request.POST)
    form.is_valid()
    flow.choose(shop, request.user, Chosen(**{name: form.cleaned_data[name] for name in Chosen.__slots__}))
    messages.success(request, "Kept.")
    return redirect("settings_alerts", shop.slug)


@shop_page("answer")
@require_POST
def add(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep this browser, which agreed to be alerted."""
    try:
        said = json.loads(request.body) if len(request.body) <= MOST_BYTES else {}
        keys = said["keys"]
        told = Subscription(str(said["endpoint"]), str(keys["p256dh"]), str(keys["auth"]), str(said.get("name", "")))
        device = flow.add_device(shop, request.user, told, timezone.now())
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": "this is no subscription", "field": ""}, status=400)
    except Refused as refusal:
        return JsonResponse({"error": refusal.message, "field": refusal.field}, status=422)
    return JsonResponse({"device": str(device.public_id)})


@shop_page("answer")
@require_POST
def remove(request: ShopRequest, shop: "Shop", device: UUID) -> HttpResponse:
    """Send no more to one of one's own browsers."""
    try:
        flow.remove_device(request.user, str(device))
    except NotThere:
        raise Http404 from None
    messages.success(request, "This browser gets no more alerts.")
    return redirect("settings_alerts", shop.slug)


@shop_page("answer")
@require_POST
def test(request: ShopRequest, shop: "Shop", device: UUID) -> HttpResponse:
    """Send a test and show how far it has come."""
    try:
        outcome = flow.test(shop, request.user, str(device), timezone.now())
    except NotThere:
        raise Http404 from None
    if outcome.state != TAKEN:
        return render(request, "console/settings/alerts_step.html", {"state": outcome.state, "outcome": outcome})
    return _step(request, device)


@shop_page("answer")
def one(request: ShopRequest, shop: "Shop", device: UUID) -> HttpResponse:
    """Show how far the test of a browser has come."""
    return _step(request, device)


def _step(request: ShopRequest, device: UUID) -> HttpResponse:
    try:
        found = devices.get(request.user.pk, device)
    except NotThere:
        raise Http404 from None
    waited_us = periods.epoch_us(timezone.now()) - (found.test_sent_us or 0)
    state = "shown" if found.test_shown_us else "silent" if waited_us > WAITED_US else "sent"
    took_s = ((found.test_shown_us or 0) - (found.test_sent_us or 0)) / 1e6
    context = {"state": state, "device": found, "took_s": max(took_s, 0.1)}
    return render(request, "console/settings/alerts_step.html", context)


@csrf_exempt
@require_POST
def shown(request: HttpRequest, key: str) -> HttpResponse:
    """Take a browser's own word that it showed the test: only the test's message held the key."""
    flow.note_shown(key, timezone.now())
    return HttpResponse(status=204)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the service worker from the top of the site."""
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@cache
def _worker() -> bytes:
    return WORKER.read_bytes()


def _row(device: "Device") -> dict[str, object]:
    return {"device": device, "key": devices.hash_of(device.endpoint)[:16]}
