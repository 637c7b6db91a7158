"""Writing a dialogue mail: the form with its live preview; starting, pausing, stopping; the rules for all of them."""

from datetime import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import teams
from kizuna.flows.outreach import choosing, editing
from kizuna.outreach import letters, plays
from kizuna.outreach.plays import PlayState
from kizuna.outreach.starters import STARTERS
from kizuna.science import periods
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.outreach import listing, words
from kizuna.web.console.outreach.forms import PlayForm, RulesForm, play_initial, read_who, team_key, who_initial

if TYPE_CHECKING:
    from kizuna.outreach.models import Play
    from kizuna.shops.models import Shop

TOLD = {
    PlayState.RUNNING: "Started. Its customers are being chosen; the first mails leave within your hours.",
    PlayState.PAUSED: "Paused. Nobody else is written to until you start it again.",
    PlayState.STOPPED: "Stopped for good. Answers still arrive in the inbox.",
}


@shop_page("reach_out")
def new(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Write a new dialogue mail, from a starter or as a copy of another."""
    if request.method == "POST":
        return _keep(request, shop, None)
    form = PlayForm(shop, initial=_initial(request, shop))
    return render(request, "console/outreach/edit.html", {"form": form, "play": None, **_fields()})


@shop_page("reach_out")
def edit(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Change a dialogue mail that was never started."""
    play = listing.find_or_404(shop, public_id)
    if request.method == "POST":
        return _keep(request, shop, play)
    form = PlayForm(shop, initial=_initial_of(shop, play))
    return render(request, "console/outreach/edit.html", {"form": form, "play": play, **_fields()})


@shop_page("reach_out")
@require_POST
def preview(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show who would be written to and what they would read, while somebody writes."""
    form = PlayForm(shop, request.POST)
    form.is_valid()
    said: dict[str, Any] = {
        "segments": [],
        "stages": [],
        "silent_days": None,
        "needs_days": None,
        "language": "",
        "country": "",
    }
    said |= {"tag": "", "subject": "", "text": "", **form.cleaned_data}
    problem = ""
    try:
        letters.check(said["subject"], said["text"])
    except letters.BadLetter as bad:
        problem = bad.message
    context: dict[str, object] = {"problem": problem}
    if not problem:
        team = form.chosen_team if "team" in form.cleaned_data else None
        name = (team.from_name or team.name) if team is not None else ""
        asked = choosing.Asked(said["subject"], said["text"], read_who(said), name)
        context |= listing.preview_context(choosing.preview(shop, asked, None, periods.epoch_us(timezone.now())))
    return render(request, "console/outreach/preview.html", context)


@shop_page("reach_out")
@require_POST
def set_state(request: ShopRequest, shop: "Shop", public_id: UUID, state: str) -> HttpResponse:
    """Start, pause or stop a dialogue mail."""
    listing.find_or_404(shop, public_id)
    try:
        editing.set_state(shop, public_id, state, request.user, timezone.now())
    except plays.Refused as refusal:
        messages.error(request, words.sentence(refusal.message))
    else:
        messages.success(request, TOLD[PlayState(state)])
    return HttpResponseRedirect(reverse("outreach_play", args=[shop.slug, public_id]))


@shop_page("reach_out")
def rules(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Set how many dialogue mails a customer gets at most, and when they leave."""
    known = plays.rules_of(shop.pk)
    form = RulesForm(request.POST) if request.method == "POST" else RulesForm(initial=_rules_initial(known))
    if request.method == "POST" and form.is_valid():
        try:
            editing.set_rules(shop, form.draft(), request.user, timezone.now())
        except plays.Refused as refusal:
            field = {"from_minute": "from_time", "until_minute": "until_time"}.get(refusal.field, refusal.field)
            form.add_error(field, words.sentence(refusal.message))
        else:
            messages.success(request, "Kept. The rules hold from the next mail on.")
            return HttpResponseRedirect(reverse("outreach_rules", args=[shop.slug]))
    return render(request, "console/outreach/rules.html", {"form": form, "tab": "rules"})


@shop_page("reach_out")
@require_POST
def send_test(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Send oneself the mail as the first customer would read it."""
    listing.find_or_404(shop, public_id)
    label = editing.send_test(shop, public_id, request.user, timezone.now())
    whose = f"as {label} would read it" if label else "with its fields open: nobody matches at the moment"
    messages.success(request, f"On its way to {request.user.email}, {whose}.")
    return HttpResponseRedirect(reverse("outreach_play", args=[shop.slug, public_id]))


def _keep(request: ShopRequest, shop: "Shop", play: "Play | None") -> HttpResponse:
    form = PlayForm(shop, request.POST)
    now = timezone.now()
    if form.is_valid():
        try:
            if play is None:
                kept = editing.create_play(shop, form.draft(), request.user, now)
            else:
                kept = editing.change_play(shop, play.public_id, form.draft(), request.user, now)
        except plays.Refused as refusal:
            form.blame(refusal)
        else:
            messages.success(request, "Kept. Nobody is written to before you start it.")
            return HttpResponseRedirect(reverse("outreach_play", args=[shop.slug, kept.public_id]))
    return render(request, "console/outreach/edit.html", {"form": form, "play": play, **_fields()})


def _fields() -> dict[str, object]:
    return {"fields": letters.FIELDS}


def _initial(request: ShopRequest, shop: "Shop") -> dict[str, object]:
    copied = request.GET.get("copy", "")
    if copied:
        try:
            return {**_initial_of(shop, plays.get(shop.pk, UUID(copied))), "name": ""}
        except (ValueError, plays.NotThere):
            pass
    starter = STARTERS.get(request.GET.get("from", "ask")) or STARTERS["ask"]
    words = {"purpose": starter.purpose, "subject": starter.subject, "text": starter.text}
    return {"hold_out": 20, "a_day": 50, "success_days": 90, **words, **who_initial(starter.who)}


def _initial_of(shop: "Shop", play: "Play") -> dict[str, object]:
    team = teams.find(shop.pk, play.team_id)
    return {**play_initial(play), "team": team_key(team) if team else ""}


def _rules_initial(known: plays.RulesDraft) -> dict[str, object]:
    begins, ends = known.window.from_minute, known.window.until_minute % (24 * 60)
    return {
        "cap_mails": known.cap.mails,
        "cap_days": known.cap.days,
        "from_time": time(begins // 60, begins % 60),
        "until_time": time(ends // 60, ends % 60),
        "weekdays": [str(each) for each in sorted(known.window.weekdays)],
        "silent_days": known.silent_days,
    }
