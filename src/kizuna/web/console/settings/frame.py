"""The frame of the settings pages: which of them a role sees, and how one is rendered."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from kizuna.shops import roles
from kizuna.shops.tenants import NotThere, Refused
from kizuna.web.console.access import ShopRequest

TABS = (
    ("settings_shop", "Shop", "edit_settings"),
    ("settings_sources", "Sources and keys", "edit_sources"),
    ("settings_tokens", "API tokens", "edit_sources"),
    ("settings_people", "People", "edit_people"),
    ("settings_teams", "Teams", "edit_settings"),
    ("settings_habits", "Answers and macros", "reach_out"),
    ("settings_premium", "Premium site", "edit_settings"),
    ("settings_panel", "Panel", "edit_settings"),
    ("settings_mail_in", "Incoming mail", "edit_mail"),
    ("settings_factors", "Factors and weights", "edit_criterion"),
    ("settings_investments", "Investments", "edit_settings"),
    ("settings_currencies", "Currencies", "edit_settings"),
    ("settings_capabilities", "What we can do", "edit_capabilities"),
    ("settings_wishes", "Wishes", "edit_settings"),
    ("settings_hours", "Business hours", "edit_settings"),
    ("settings_mail", "Mail", "edit_mail"),
    ("settings_alerts", "Alerts", "answer"),
    ("settings_work", "Background work", "edit_settings"),
    ("settings_audit", "Audit log", "view_audit"),
)


def find_first(request: ShopRequest) -> str | None:
    """Give the address of the first settings page that the person's role may open."""
    tabs = _list_tabs(request, "")
    return str(tabs[0]["url"]) if tabs else None


def show(
    request: ShopRequest, template: str, tab: str, context: Mapping[str, object], status: int = 200
) -> HttpResponse:
    """Render a settings page with its tabs."""
    full = {**context, "tabs": _list_tabs(request, tab)}
    return render(request, f"console/settings/{template}.html", full, status=status)


def tell(request: ShopRequest, refusal: Refused) -> None:
    """Tell why something was not done; what the shop never had does not exist (404)."""
    if isinstance(refusal, NotThere):
        raise Http404
    messages.error(request, f"{refusal.message.capitalize()}.")


def _list_tabs(request: ShopRequest, here: str) -> list[dict[str, object]]:
    return [
        {"url": reverse(name, args=[request.shop.slug]), "label": label, "here": name == here}
        for name, label, action in TABS
        if roles.may(request.role, action)
    ]
