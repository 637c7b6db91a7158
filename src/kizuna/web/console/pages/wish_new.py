"""Taking up a wish: noted by hand for a customer, or with one click from a message of theirs."""

import uuid
from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import teams, threads, wish_kinds
from kizuna.conversations.wishes import Priority
from kizuna.customers import links
from kizuna.flows.wishes import opening, recognising
from kizuna.flows.wishes.opening import NewWish
from kizuna.privileges import catalogue
from kizuna.shops.tenants import NotThere, Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.pages.customer import find_or_404

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


class WishForm(forms.Form):
    """What they wish, of which kind, and who fulfils it."""

    text = forms.CharField(
        label="What they wish for",
        max_length=10_000,
        widget=forms.Textarea({"rows": 5}),
        help_text="In their own words where you can.",
    )
    title = forms.CharField(label="Title", required=False, max_length=140, help_text="Empty: the first line.")
    kind = forms.TypedChoiceField(label="Kind of wish", required=False, coerce=int, empty_value=None)
    department = forms.TypedChoiceField(label="Department", required=False, coerce=int, empty_value=None)
    capability = forms.TypedChoiceField(label="Of what we can do", required=False, coerce=int, empty_value=None)
    priority = forms.TypedChoiceField(label="Priority", coerce=int, choices=Priority.choices, initial=Priority.NORMAL)
    token = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, shop: "Shop", *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices: dict[str, list[tuple[int, str]]] = {
            "kind": [(kind.pk, kind.name) for kind in wish_kinds.list_kinds(shop.pk)],
            "department": [(team.pk, team.name) for team in teams.list_teams(shop.pk)],
            "capability": [(entry.pk, entry.name) for entry in catalogue.list_all(shop.pk)],
        }
        empty = {"kind": "Not known yet", "department": "As the kind says", "capability": "As the kind says"}
        for name, listed in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = [("", empty[name]), *listed]
        field = self.fields["priority"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(value, str(words).capitalize()) for value, words in Priority.choices]


@shop_page("work_wishes")
def page(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show the form for a customer, or take the wish up."""
    customer = find_or_404(shop, public_id)
    if request.method == "POST":
        form = WishForm(shop, request.POST)
        if form.is_valid():
            strongest = links.find_strongest(shop.pk, customer.pk)
            said = form.cleaned_data
            new = NewWish(
                None if strongest is None else strongest[0],
                said["text"],
                "form",
                kind_id=said["kind"],
                department_id=said["department"],
                capability_id=said["capability"],
                priority=said["priority"],
                title=said["title"],
                token=f"form-{said['token']}",
            )
            try:
                wish = opening.open_wish(shop, new, request.user, timezone.now())
            except Refused as refusal:
                blame(form, refusal)
            else:
                messages.success(request, "Wish taken up.")
                return HttpResponseRedirect(f"/s/{shop.slug}/wishes/{wish.public_id}/")
    else:
        form = WishForm(shop, initial={"token": str(uuid.uuid4())})
    status = 422 if form.is_bound else 200
    return render(request, "console/wishes/new.html", {"customer": customer, "form": form}, status=status)


@require_POST
@shop_page("work_wishes")
def from_message(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Take up the wish in a message with one click; again leads to the same wish."""
    message = threads.find_message_by(shop.pk, request.POST.get("message", ""))
    if message is None:
        raise Http404
    try:
        kind = wish_kinds.get(shop.pk, request.POST["kind"]).pk if request.POST.get("kind") else None
        wish = recognising.take(shop, message.pk, request.user, timezone.now(), kind)
    except NotThere:
        raise Http404 from None
    except Refused as refusal:
        messages.error(request, f"{refusal.message.capitalize()}.")
        return HttpResponseRedirect(f"/s/{shop.slug}/inbox/{message.conversation.public_id}/")
    messages.success(request, "Wish taken up.")
    return HttpResponseRedirect(f"/s/{shop.slug}/wishes/{wish.public_id}/")
