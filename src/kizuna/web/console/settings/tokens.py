"""The settings page of API tokens: make one with a role, see when it was last used, revoke it.

A token's key is shown on the one page after it was made (once.py); later pages know only how it begins.
"""

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import shops
from kizuna.shops import roles, sources
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.settings import frame, once

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(max_length=80, label="Name", help_text="What it is for, such as: monthly report.")
    role = forms.ChoiceField(
        choices=[(value, f"{label}: {meaning}") for value, label, meaning in roles.list_choices()],
        label="What it may do",
        widget=forms.RadioSelect,
        initial="reader",
    )


@shop_page("edit_sources")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the API tokens; a new one shows its key once."""
    shown = once.take(request, shop)
    response = _show(request, shop, TokenForm(), shown)
    return once.forget(response, shop) if shown else response


@shop_page("edit_sources")
@require_POST
def create(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Make an API token, then show its key once."""
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            token, key = shops.create_token(shop, **form.cleaned_data, person=request.user, now=timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            shown = {"token": key, "name": token.name}
            return once.hand_over(shop, reverse("settings_tokens", args=[shop.slug]), shown)
    return _show(request, shop, form, None, status=422)


@shop_page("edit_sources")
@require_POST
def revoke(request: ShopRequest, shop: "Shop", token: int) -> HttpResponse:
    """End an API token."""
    try:
        ended = shops.revoke_token(shop, token, request.user, timezone.now())
    except Refused as refusal:
        frame.tell(request, refusal)
    else:
        messages.success(request, f"{ended.name} is revoked and refused from now on.")
    return redirect("settings_tokens", shop.slug)


def _show(
    request: ShopRequest, shop: "Shop", form: TokenForm, shown: dict[str, str] | None, status: int = 200
) -> HttpResponse:
    context = {
        "tokens": sources.list_tokens(shop),
        "form": form,
        "shown": shown if shown and "token" in shown else None,
        "public_url": settings.PUBLIC_URL,
    }
    return frame.show(request, "tokens", "settings_tokens", context, status)
