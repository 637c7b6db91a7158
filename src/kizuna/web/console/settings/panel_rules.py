"""The page of one rule by which the panel opens: write it, change it, let it come sooner, remove it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations.live import rules
from kizuna.conversations.live.rules import RuleDraft
from kizuna.flows.live import panels
from kizuna.html import chat_words
from kizuna.money import currency
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.conversations.models import InvitationRule
    from kizuna.shops.models import Shop


class RuleForm(forms.Form):
    """When the panel speaks first, and what it says then."""

    name = forms.CharField(max_length=80, label="Name", help_text="For yourselves; visitors never see it.")
    is_on = forms.BooleanField(required=False, label="The rule is on")
    seconds_on_page = forms.IntegerField(
        required=False, min_value=1, max_value=3600, label="After so many seconds on the page"
    )
    idle_s = forms.IntegerField(
        required=False, min_value=1, max_value=3600, label="After so many seconds without a move"
    )
    exit_intent = forms.BooleanField(required=False, label="When they are about to leave")
    page = forms.CharField(
        required=False, max_length=200, label="Only on pages", help_text="A path; * stands for anything: */cart*"
    )
    pages = forms.IntegerField(
        required=False, min_value=1, max_value=100, label="Only from this page of their visit on"
    )
    cart = forms.CharField(required=False, max_length=20, label="Only with so much in the cart")
    returning = forms.BooleanField(required=False, label="Only for somebody who has been here before")
    valuable = forms.BooleanField(
        required=False,
        label="Only for valuable customers",
        help_text="Segments A and B. We decide it; the browser is told no reason.",
    )
    only_open = forms.BooleanField(required=False, label="Only while you are there")

    def __init__(self, shop: "Shop", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code = shop.currency
        self.fields["cart"].help_text = f"In {shop.currency}, as your pages tell it with setCart."
        for code, name in chat_words.list_languages().items():
            self.fields[f"words_{code}"] = forms.CharField(
                required=False,
                max_length=rules.LONGEST_WORDS,
                label=f"What the panel says ({name})",
                widget=forms.Textarea({"rows": 2, "lang": code}),
            )

    def clean_cart(self) -> int | None:
        """Read the amount in the shop's currency."""
        text = self.cleaned_data["cart"].strip()
        try:
            return currency.parse_minor(text, self.code) if text else None
        except ValueError as problem:
            raise forms.ValidationError("This is not an amount.") from problem

    def draft(self) -> RuleDraft:
        """Give what was entered."""
        told = self.cleaned_data
        plain = {name: told[name] for name in (*rules.NUMBERS, *rules.FLAGS, "page") if told.get(name)}
        words = {code: text for code in chat_words.list_languages() if (text := told[f"words_{code}"].strip())}
        conditions = plain | ({"cart_minor": told["cart"]} if told["cart"] else {})
        return RuleDraft(told["name"], conditions, words, told["is_on"])


@shop_page("edit_settings")
def edit(request: ShopRequest, shop: "Shop", rule: UUID | None = None) -> HttpResponse:
    """Show a rule, or a new one, and keep what was written."""
    known = _get(shop, rule) if rule is not None else None
    form = RuleForm(shop, request.POST) if request.method == "POST" else RuleForm(shop, initial=_values(known, shop))
    if request.method == "POST" and form.is_valid():
        try:
            panels.save_rule(shop, rule, form.draft(), request.user, timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, _sentence(refusal.message))
        else:
            messages.success(request, "The rule is kept.")
            return redirect("settings_panel", shop.slug)
    context = {"form": form, "rule": known}
    return frame.show(request, "panel_rule", "settings_panel", context, 422 if form.is_bound else 200)


@shop_page("edit_settings")
@require_POST
def remove(request: ShopRequest, shop: "Shop", rule: UUID) -> HttpResponse:
    """Remove a rule."""
    return _act(request, shop, lambda: panels.remove_rule(shop, rule, request.user, timezone.now()))


@shop_page("edit_settings")
@require_POST
def sooner(request: ShopRequest, shop: "Shop", rule: UUID) -> HttpResponse:
    """Let a rule come before the one above it."""
    return _act(request, shop, lambda: panels.raise_rule(shop, rule, request.user, timezone.now()))


def _act(request: ShopRequest, shop: "Shop", act: Any) -> HttpResponse:
    try:
        act()
    except Refused as refusal:
        frame.tell(request, refusal)
    return redirect("settings_panel", shop.slug)


def _get(shop: "Shop", rule: UUID) -> "InvitationRule":
    try:
        return rules.get_rule(shop.pk, rule)
    except Refused:
        raise Http404 from None


def _values(rule: "InvitationRule | None", shop: "Shop") -> dict[str, object]:
    if rule is None:
        return {"is_on": True, "only_open": True, "seconds_on_page": 30}
    told = dict(rule.conditions)
    cart = told.pop("cart_minor", None)
    words = {f"words_{code}": text for code, text in rule.words.items()}
    amount = {"cart": currency.format_minor(cart, shop.currency)} if cart else {}
    return {"name": rule.name, "is_on": rule.is_on, **told, **amount, **words}


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
