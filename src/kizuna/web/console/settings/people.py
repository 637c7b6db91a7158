"""The settings page of people: who works for the shop and as what, invitations, roles, password links."""

from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import people as flow
from kizuna.shops import invitations, members, roles
from kizuna.shops.tenants import Refused
from kizuna.web.console import resets
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.settings import frame, once

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


CHOICES = [(value, label) for value, label, _ in roles.list_choices()]


class InviteForm(forms.Form):
    """Whom to invite."""

    email = forms.EmailField(label="E-mail address")
    role = forms.ChoiceField(
        choices=[(value, f"{label}: {meaning}") for value, label, meaning in roles.list_choices()],
        label="Role",
        widget=forms.RadioSelect,
        initial="operator",
    )


@shop_page("edit_people")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List who works for the shop; a new invitation shows its link once."""
    shown = once.take(request, shop)
    response = _show(request, shop, InviteForm(), shown)
    return once.forget(response, shop) if shown else response


@shop_page("edit_people")
@require_POST
def invite(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Invite somebody by e-mail, and show the link once."""
    form = InviteForm(request.POST)
    if form.is_valid():
        email, role = form.cleaned_data["email"], form.cleaned_data["role"]
        try:
            _, link = flow.invite(shop, email, role, _join_link, request.user, timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            return once.hand_over(shop, reverse("settings_people", args=[shop.slug]), {"link": link, "email": email})
    return _show(request, shop, form, None, status=422)


@shop_page("edit_people")
@require_POST
def withdraw(request: ShopRequest, shop: "Shop", invitation: int) -> HttpResponse:
    """End an open invitation."""
    try:
        ended = flow.withdraw_invitation(shop, invitation, request.user, timezone.now())
    except Refused as refusal:
        frame.tell(request, refusal)
    else:
        messages.success(request, f"The invitation of {ended.email} is withdrawn.")
    return redirect("settings_people", shop.slug)


@shop_page("edit_people")
@require_POST
def change_role(request: ShopRequest, shop: "Shop", person: UUID) -> HttpResponse:
    """Give a member another role."""
    try:
        member = flow.change_role(shop, person, request.POST.get("role", ""), request.user, timezone.now())
    except Refused as refusal:
        frame.tell(request, refusal)
    else:
        messages.success(request, f"{member.person.email} is now {member.role}.")
    return _back(request, shop)


@shop_page("edit_people")
@require_POST
def remove(request: ShopRequest, shop: "Shop", person: UUID) -> HttpResponse:
    """Take a member out of the shop."""
    try:
        member = flow.remove_member(shop, person, request.user, timezone.now())
    except Refused as refusal:
        frame.tell(request, refusal)
    else:
        messages.success(request, f"{member.person.email} does not work for {shop.name} any more.")
    return _back(request, shop)


@shop_page("edit_people")
@require_POST
def send_reset(request: ShopRequest, shop: "Shop", person: UUID) -> HttpResponse:
    """Mail a member a link to choose a new password."""
    try:
        member = flow.send_reset_link(shop, person, resets.write_link, request.user, timezone.now())
    except Refused as refusal:
        frame.tell(request, refusal)
    else:
        messages.success(request, f"A link to choose a new password is on its way to {member.email}.")
    return redirect("settings_people", shop.slug)


def _show(
    request: ShopRequest, shop: "Shop", form: InviteForm, shown: dict[str, str] | None, status: int = 200
) -> HttpResponse:
    context = {
        "members": members.list_members(shop),
        "invitations": invitations.list_open(shop, timezone.now()),
        "roles": CHOICES,
        "form": form,
        "shown": shown if shown and "link" in shown else None,
    }
    return frame.show(request, "people", "settings_people", context, status)


def _back(request: ShopRequest, shop: "Shop") -> HttpResponse:
    entry = members.find_entry(shop.slug, request.user)
    still = entry is not None and roles.may(entry.role, "edit_people")
    return redirect("settings_people", shop.slug) if still else redirect("landing")


def _join_link(key: str) -> str:
    return settings.PUBLIC_URL + reverse("join", args=[key])
