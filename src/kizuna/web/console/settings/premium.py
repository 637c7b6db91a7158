"""The settings page of the premium site: how it looks and speaks, who gets which privileges, the secret of tokens.

The secret is shown on the one page after it was made (once.py).
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import tiers as flow
from kizuna.html import words
from kizuna.privileges import site, tiers
from kizuna.privileges.site import Site
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.settings import frame, once

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

FEATURES = {
    "choices": "Choices from what we can do, with their day",
    "wishes": "File wishes and see what becomes of them",
    "importance": "Put their wishes in their own order",
    "write": "Write to their operator",
    "surveys": "Give their opinion",
    "invite": "Invite friends",
}
SEGMENTS = {
    "A": "A · most valuable",
    "B": "B · strengthen the relationship",
    "C": "C · grow sales",
    "D": "D · serve at low cost",
}


class SiteForm(forms.Form):
    """How the premium site looks and speaks."""

    is_open = forms.BooleanField(required=False, label="The premium site is open")
    accent = forms.CharField(
        max_length=7, label="Colour of the shop", widget=forms.TextInput({"type": "color"}), help_text="Made readable."
    )
    mark = forms.CharField(max_length=3, required=False, label="Mark", help_text="One to three signs, in the circle.")
    welcome = forms.CharField(
        max_length=300, required=False, label="Words of welcome", widget=forms.Textarea({"rows": 2})
    )
    languages = forms.MultipleChoiceField(
        choices=list(words.LANGUAGES.items()), label="Languages", widget=forms.CheckboxSelectMultiple
    )
    grace_days = forms.IntegerField(
        min_value=0,
        max_value=site.MOST_GRACE_DAYS,
        label="Days of grace",
        help_text="So long a privilege outlasts its reason: nobody loses one overnight.",
    )
    ask_after_wish = forms.BooleanField(required=False, label="Ask how it was when a wish is fulfilled")

    def site(self) -> Site:
        """Give what was entered."""
        cleaned = dict(self.cleaned_data)
        return Site(**{**cleaned, "languages": tuple(cleaned["languages"]), "accent": cleaned["accent"].lower()})


class TierForm(forms.Form):
    """One tier of privileges."""

    name = forms.CharField(max_length=60, label="Name, as customers read it")
    segments = forms.MultipleChoiceField(
        choices=list(SEGMENTS.items()), required=False, label="Given to", widget=forms.CheckboxSelectMultiple
    )
    sees = forms.MultipleChoiceField(
        choices=list(FEATURES.items()), required=False, label="What they may do", widget=forms.CheckboxSelectMultiple
    )
    promise = forms.CharField(
        max_length=500, required=False, label="What they may count on", widget=forms.Textarea({"rows": 2})
    )
    earned_by = forms.CharField(
        max_length=500, required=False, label="What earns it, in words", widget=forms.Textarea({"rows": 2})
    )


@shop_page("edit_settings")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the settings; a new secret is shown once."""
    shown = once.take(request, shop)
    shown = shown if shown and "premium" in shown else None
    response = _show(request, shop, shown=shown)
    return once.forget(response, shop) if shown else response


@shop_page("edit_settings")
@require_POST
def change(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep how the premium site looks and speaks."""
    form = SiteForm(request.POST)
    if form.is_valid():
        try:
            changed = flow.change_site(shop, form.site(), request.user, timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "Saved." if changed else "Nothing was different, so nothing changed.")
            return redirect("settings_premium", shop.slug)
    return _show(request, shop, form=form, status=422)


@shop_page("edit_settings")
@require_POST
def change_tiers(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep who gets which privileges."""
    forms_ = {each.level: TierForm(request.POST, prefix=f"tier{each.level}") for each in tiers.list_tiers(shop.pk)}
    if all([form.is_valid() for form in forms_.values()]):  # noqa: C419 - every form tells its own errors
        wanted = [_tier(level, form) for level, form in forms_.items()]
        try:
            changed = flow.change_tiers(shop, wanted, request.user, timezone.now())
        except Refused as refusal:
            forms_[min(forms_)].add_error(None, f"{refusal.message[0].upper()}{refusal.message[1:]}.")
        else:
            messages.success(request, "Saved." if changed else "Nothing was different, so nothing changed.")
            return redirect("settings_premium", shop.slug)
    return _show(request, shop, tier_forms=forms_, status=422)


@shop_page("edit_settings")
@require_POST
def renew(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Make a new secret for signed tokens, then show it once."""
    secret = flow.renew_secret(shop, request.user, timezone.now())
    return once.hand_over(shop, reverse("settings_premium", args=[shop.slug]), {"premium": secret})


def _tier(level: int, form: TierForm) -> tiers.TierView:
    cleaned = form.cleaned_data
    return tiers.TierView(
        level,
        cleaned["name"],
        tuple(cleaned["segments"]),
        frozenset(cleaned["sees"]),
        cleaned["promise"],
        cleaned["earned_by"],
    )


def _show(
    request: ShopRequest,
    shop: "Shop",
    *,
    form: SiteForm | None = None,
    tier_forms: dict[int, TierForm] | None = None,
    shown: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    settled = site.site_of(shop.pk)
    held = tiers.count_held(shop.pk)
    rows = []
    for each in tiers.list_tiers(shop.pk):
        tier = replace(each)
        initial = {name: getattr(tier, name) for name in ("name", "promise", "earned_by")}
        initial |= {"segments": list(tier.segments), "sees": list(tier.sees)}
        made = TierForm(initial=initial, prefix=f"tier{tier.level}")
        rows.append((tier, (tier_forms or {}).get(tier.level, made), held.get(tier.level)))
    context = {
        "form": form or SiteForm(initial={**_values(settled)}),
        "tiers": rows,
        "has_secret": site.find_secret(shop.pk) is not None,
        "shown": shown,
        "address": f"{settings.PUBLIC_URL}/p/{shop.slug}/",
    }
    return frame.show(request, "premium", "settings_premium", context, status)


def _values(settled: Site) -> dict[str, object]:
    names = ("is_open", "accent", "mark", "welcome", "grace_days", "ask_after_wish")
    return {**{name: getattr(settled, name) for name in names}, "languages": list(settled.languages)}
