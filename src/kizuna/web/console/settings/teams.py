"""The settings page of teams and departments: address, sender, signature, who sits there, what is answered at once."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import teams
from kizuna.conversations.team_setup import TeamDraft
from kizuna.flows.dialogue import desks
from kizuna.shops import members
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.conversations.models import Team
    from kizuna.shops.models import Shop


class TeamForm(forms.Form):
    """What a team is."""

    name = forms.CharField(max_length=80, label="Name")
    address = forms.CharField(
        max_length=254,
        required=False,
        label="E-mail address",
        help_text="Mail to it comes to this team, and its answers come from it. Empty: the default team's address.",
    )
    from_name = forms.CharField(
        max_length=80, required=False, label="Sender's name", help_text="Empty: the name of the shop."
    )
    signature = forms.CharField(max_length=2000, required=False, widget=forms.Textarea({"rows": 3}), label="Signature")
    acknowledgement = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        label="Answer at once",
        help_text="Sent by itself to who opens a conversation by mail, marked as automatic. Empty: nothing is sent.",
    )
    is_department = forms.BooleanField(required=False, label="A department: it fulfils wishes")
    is_default = forms.BooleanField(required=False, label="The default: it takes what no other team is written to")
    people = forms.MultipleChoiceField(required=False, label="Who works here", widget=forms.CheckboxSelectMultiple)

    def __init__(self, shop: "Shop", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {str(each.person.public_id): each.person for each in members.list_members(shop)}
        field = self.fields["people"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(key, person.name or person.email) for key, person in self.known.items()]


@shop_page("edit_settings")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the teams, and offer a new one."""
    return _show(request, shop, TeamForm(shop), None)


@shop_page("edit_settings")
def edit(request: ShopRequest, shop: "Shop", team: UUID) -> HttpResponse:
    """Show one team, or store it."""
    known = _find_or_404(shop, team)
    if request.method == "POST":
        return _save(request, shop, known)
    seated = set(teams.list_people(known.pk))
    form = TeamForm(shop)
    form.initial = {name: getattr(known, name) for name in form.fields if name != "people"}
    form.initial["people"] = [key for key, person in form.known.items() if person.pk in seated]
    return _show(request, shop, form, known)


@shop_page("edit_settings")
@require_POST
def create(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Make a team."""
    return _save(request, shop, None)


@shop_page("edit_settings")
@require_POST
def archive(request: ShopRequest, shop: "Shop", team: UUID) -> HttpResponse:
    """Put a team away."""
    known = _find_or_404(shop, team)
    try:
        desks.archive(shop, known.public_id, request.user, timezone.now())
    except desks.Refused as refusal:
        messages.error(request, f"{refusal.message.capitalize()}.")
    else:
        messages.success(request, f"{known.name} is put away. Its conversations stay where they are.")
    return redirect("settings_teams", shop.slug)


def _save(request: ShopRequest, shop: "Shop", known: "Team | None") -> HttpResponse:
    form = TeamForm(shop, request.POST)
    if form.is_valid():
        told = dict(form.cleaned_data)
        seated = [form.known[key].pk for key in told.pop("people")]
        try:
            made = desks.save(
                shop, known.public_id if known else None, TeamDraft(**told), seated, request.user, timezone.now()
            )
        except desks.Refused as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, f"{made.name} is stored.")
            return redirect("settings_teams", shop.slug)
    return _show(request, shop, form, known, status=422)


def _show(request: ShopRequest, shop: "Shop", form: TeamForm, known: "Team | None", status: int = 200) -> HttpResponse:
    people = {each.person_id: each.person for each in members.list_members(shop)}
    listed = [
        {"team": each, "people": [people[one] for one in teams.list_people(each.pk) if one in people]}
        for each in teams.list_teams(shop.pk)
    ]
    context = {"teams": listed, "form": form, "known": known}
    return frame.show(request, "teams", "settings_teams", context, status)


def _find_or_404(shop: "Shop", key: UUID) -> "Team":
    try:
        return teams.get(shop.pk, key)
    except teams.NotThere:
        raise Http404 from None
