"""The ways in: the landing page, the first run, accepting an invitation, a person's own account page.

Log-in, passwords and second factors are allauth's views with our templates (account_urls).
"""

import ipaddress
from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from kizuna.flows import installation
from kizuna.flows import people as flow
from kizuna.shops import invitations, members, people
from kizuna.shops.tenants import NewShop, Refused
from kizuna.web.console.access import find_person, person_page
from kizuna.web.console.forms import PersonForm, blame, choose_zone, list_currencies

if TYPE_CHECKING:
    from kizuna.shops.models import Invitation, Person


BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class WelcomeForm(PersonForm):
    """The first owner and the first shop."""

    token = forms.CharField(
        required=False,
        label="Set-up token",
        help_text="Printed where the server was started, and kept in the file setup.token of its home folder.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    email = forms.EmailField(label="Your e-mail address", widget=forms.EmailInput({"autocomplete": "username"}))
    shop_name = forms.CharField(max_length=120, label="Name of the shop")
    currency = forms.ChoiceField(
        label="Currency of the shop",
        help_text="Fixed after the first order.",
        choices=list_currencies,
        initial="EUR",
    )
    timezone = choose_zone(label="Time zone of the shop", help_text="Where its days begin.", initial="UTC")
    field_order = ("token", "name", "email", "password", "shop_name", "currency", "timezone")


@require_GET
def landing(request: HttpRequest) -> HttpResponseBase:
    """Lead to where the person works: their only shop, a list of several, the log-in, or the first run."""
    if people.is_first_run():
        return redirect("welcome")
    return _landing(request)


@person_page
def _landing(request: HttpRequest) -> HttpResponseBase:
    person = find_person(request)
    entries = [] if person is None else members.list_entries(person)
    if len(entries) == 1:
        return redirect(f"/s/{entries[0].shop.slug}/")
    return render(request, "console/entrance/shops.html", {"entries": entries})


@person_page
@require_GET
def account(request: HttpRequest) -> HttpResponseBase:
    """Show a person what they can change about their own access."""
    person = find_person(request)
    entries = [] if person is None else members.list_entries(person)
    return render(request, "console/entrance/account.html", {"entries": entries})


@never_cache
@sensitive_post_parameters("password", "token")
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Make the first owner and shop; only whoever sits at this machine or knows its token may."""
    if not people.is_first_run():
        return redirect("landing")
    asks_token = not is_at_this_machine(request)
    form = WelcomeForm(request.POST or None)
    if not asks_token:
        del form.fields["token"]
    if form.is_valid():
        given = form.cleaned_data
        if asks_token and not installation.is_setup_token(given["token"]):
            form.add_error("token", "this is not the set-up token of this installation")
        else:
            person = _set_up(form, given)
            if person is not None:
                login(request, person, BACKEND)
                return redirect("landing")
    return render(request, "console/entrance/welcome.html", {"form": form})


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, key: str) -> HttpResponse:
    """Accept an invitation: known people log in and confirm, new ones choose name and password."""
    try:
        invitation = invitations.get_open(key, timezone.now())
    except invitations.InvitationOver:
        return render(request, "console/entrance/over.html", status=410)
    known = people.find_person(invitation.email)
    if known is not None and request.user != known:
        if request.user.is_authenticated:
            return render(request, "console/entrance/other.html", {"invitation": invitation}, status=403)
        return redirect_to_login(request.get_full_path(), reverse("account_login"))
    form = PersonForm(request.POST or None)
    if request.method == "POST" and (known is not None or form.is_valid()):
        person = _accept(form, key, invitation, known)
        if person is not None:
            if known is None:
                login(request, person, BACKEND)
            messages.success(request, f"Welcome to {invitation.shop.name}.")
            return redirect(f"/s/{invitation.shop.slug}/")
    context = {"form": form, "invitation": invitation, "known": known}
    return render(request, "console/entrance/join.html", context)


def is_at_this_machine(request: HttpRequest) -> bool:
    """Say whether the browser runs on the server's own machine, as far as nothing stands between them."""
    try:
        host = request.get_host().rsplit(":", 1)[0].strip("[]")
    except DisallowedHost:
        return False
    forwarded = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    if settings.TRUSTED_PROXIES or forwarded:
        return False
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and (host == "localhost" or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _set_up(form: WelcomeForm, given: dict[str, str]) -> "Person | None":
    name = given["shop_name"]
    shop = NewShop(slugify(name)[:40].strip("-") or "shop", name, given["currency"], given["timezone"])
    who = flow.NewPerson(given["email"], given["name"], given["password"])
    try:
        person, _ = flow.set_up(who, shop, timezone.now())
    except Refused as refusal:
        blame(form, refusal)
        return None
    installation.end_setup()
    return person


def _accept(form: PersonForm, key: str, invitation: "Invitation", known: "Person | None") -> "Person | None":
    try:
        joining = known or flow.NewPerson(invitation.email, form.cleaned_data["name"], form.cleaned_data["password"])
        return flow.accept_invitation(key, joining, timezone.now())[0]
    except Refused as refusal:
        blame(form, refusal)
        return None
