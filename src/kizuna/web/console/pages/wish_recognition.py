"""Recognition of wishes: what was recognised and why, how good it is on what was held back, the owner's setting.

Nothing is recognised silently: every proposal shows the words that spoke for it, and a click says whether it was right.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import threads, wish_kinds, wish_recognition
from kizuna.conversations.wish_recognition import Recognised
from kizuna.flows.wishes import recognising, teaching
from kizuna.html import figures
from kizuna.shops.tenants import NotThere, Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

LONGEST_TRIAL = 2_000


class RulesForm(forms.Form):
    """Whether wishes are only proposed, or opened by themselves, and from which chance on."""

    opens_by_itself = forms.ChoiceField(
        label="When a message holds a wish",
        choices=[("", "Propose it: a person takes it up with one click"), ("1", "Open it, marked, with a way back")],
        required=False,
        widget=forms.RadioSelect,
    )
    least_chance = forms.IntegerField(
        label="Open by itself from", min_value=50, max_value=100, help_text="Per cent sure; below it, proposed only."
    )


@dataclass(frozen=True)
class Measured:
    """How often what was held back was judged rightly, in words, beside always saying the commonest."""

    name: str
    texts: int
    wish_or_not: str
    usual: str
    kind: str
    usual_kind: str


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show how recognition does."""
    return _show(request, shop, _form(shop))


@require_POST
@shop_page("edit_settings")
def rules(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep what the owner decides."""
    form = RulesForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            recognising.change_rules(
                shop, bool(said["opens_by_itself"]), said["least_chance"] / 100, request.user, timezone.now()
            )
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "Saved.")
            return HttpResponseRedirect(f"/s/{shop.slug}/wishes/recognition/")
    return _show(request, shop, form, status=422)


@require_POST
@shop_page("work_wishes")
def learn(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Let it learn now instead of tonight."""
    teaching.learn_now(shop, timezone.now())
    messages.success(request, "It learns in the background now; reload the page in a moment.")
    return HttpResponseRedirect(f"/s/{shop.slug}/wishes/recognition/")


@shop_page("view")
def proposals(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show what the messages of a conversation seem to hold, for the column beside it."""
    try:
        conversation = threads.get(shop.pk, public_id)
    except threads.NotThere:
        raise Http404 from None
    found = wish_recognition.list_open(shop.pk, conversation.pk)
    context = {"proposals": found, "kinds": wish_kinds.list_kinds(shop.pk) if found else []}
    return render(request, "console/wishes/proposals.html", context)


@require_POST
@shop_page("work_wishes")
def dismiss(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Say that a message holds no wish."""
    message = threads.find_message_by(shop.pk, request.POST.get("message", ""))
    if message is None:
        raise Http404
    try:
        recognising.dismiss(shop, message.pk, request.user, timezone.now())
    except NotThere:
        raise Http404 from None
    except Refused as refusal:
        messages.error(request, f"{refusal.message.capitalize()}.")
    else:
        messages.success(request, "Noted: no wish. It learns from that.")
    return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{message.conversation.public_id}/")


def _form(shop: "Shop") -> RulesForm:
    decided = wish_kinds.rules_of(shop.pk)
    chosen = {
        "opens_by_itself": "1" if decided.opens_by_itself else "",
        "least_chance": round(decided.least_chance * 100),
    }
    return RulesForm(initial=chosen)


def _show(request: ShopRequest, shop: "Shop", form: RulesForm, status: int = 200) -> HttpResponse:
    newest = wish_recognition.find_newest(shop.pk)
    trial = request.GET.get("text", "").strip()[:LONGEST_TRIAL]
    kinds = {kind.pk: kind.name for kind in wish_kinds.list_kinds(shop.pk)}
    found = wish_recognition.recognise(shop.pk, trial) if trial else None
    context = {
        "newest": newest,
        "measured": [] if newest is None else _measured(newest.figures),
        "last": wish_recognition.list_last(shop.pk),
        "form": form,
        "trial": trial,
        "found": found,
        "found_kind": _kind_words(found, kinds),
        "found_chance": figures.share(found.chance, 0) if found else "",
        "least": wish_recognition.LEAST,
    }
    return render(request, "console/wishes/recognition.html", context, status=status)


def _kind_words(found: Recognised | None, kinds: dict[int, str]) -> str:
    return "" if found is None else kinds.get(found.kind_id or 0, "a kind not known yet")


def _measured(told: dict[str, dict[str, float]]) -> list[Measured]:
    names = {"own": "Your own messages", "start": "Our start set"}
    return [
        Measured(
            names[part],
            int(each["texts"]),
            figures.share(each["wish_or_not"], 0),
            figures.share(each["usual"], 0),
            figures.share(each["kind"], 0),
            figures.share(each["usual_kind"], 0),
        )
        for part in names
        if (each := told.get(part, {})).get("texts")
    ]
