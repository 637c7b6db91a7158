"""The settings page of exchange rates: list, add one, paste many, remove."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import shops
from kizuna.shops import rates
from kizuna.shops.rates import NewRate
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


SHOWN_ERRORS = 20


class RateForm(forms.Form):
    """One row of the table."""

    currency = forms.CharField(label="Currency", max_length=3, help_text="Three letters, such as USD.")
    from_day = forms.DateField(label="From", widget=forms.DateInput({"type": "date"}), input_formats=["%Y-%m-%d"])
    rate = forms.DecimalField(label="Rate", max_digits=20, decimal_places=10)

    def clean_currency(self) -> str:
        """Write the code in capitals."""
        return str(self.cleaned_data["currency"]).upper()


class PasteForm(forms.Form):
    """Many rows at once."""

    text = forms.CharField(
        label="Rows",
        max_length=500_000,
        widget=forms.Textarea({"rows": 6, "class": "mono", "placeholder": "USD,2026-01-01,0.8512"}),
        help_text="One row a line: currency, day, rate. Comma, semicolon or tab between.",
    )


@shop_page("edit_settings")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the rates."""
    return _show(request, shop, RateForm(), PasteForm())


@shop_page("edit_settings")
@require_POST
def add(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Add one rate, or replace that of the same day."""
    form = RateForm(request.POST)
    if form.is_valid():
        try:
            shops.set_rates(shop, [NewRate(**form.cleaned_data)], request.user, timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "Saved. Orders recorded from now on use it.")
            return redirect("settings_currencies", shop.slug)
    return _show(request, shop, form, PasteForm(), status=422)


@shop_page("edit_settings")
@require_POST
def paste(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Take every good row of what was pasted; bad rows are named and stay in the box."""
    form = PasteForm(request.POST)
    if not form.is_valid():
        return _show(request, shop, RateForm(), form, status=422)
    good, bad = rates.parse_rates(form.cleaned_data["text"], shop.currency)
    taken = shops.set_rates(shop, good, request.user, timezone.now())
    if not bad:
        messages.success(request, f"Rows saved: {taken}.")
        return redirect("settings_currencies", shop.slug)
    for line in bad[:SHOWN_ERRORS]:
        form.add_error("text", f"{line}.")
    form.add_error(None, f"Rows saved: {taken}. Rows not saved: {len(bad)}.")
    return _show(request, shop, RateForm(), form, status=422)


@shop_page("edit_settings")
@require_POST
def remove(request: ShopRequest, shop: "Shop", rate: int) -> HttpResponse:
    """Remove one rate."""
    try:
        gone = shops.remove_rate(shop, rate, request.user, timezone.now())
    except Refused as refusal:
        frame.tell(request, refusal)
    else:
        messages.success(request, f"The rate of {gone.currency} from {gone.from_day} is removed.")
    return redirect("settings_currencies", shop.slug)


def _show(request: ShopRequest, shop: "Shop", form: RateForm, paste_form: PasteForm, status: int = 200) -> HttpResponse:
    rows = [{"row": row, "rate": _plain(row.rate)} for row in rates.list_rates(shop)]
    context = {"rows": rows, "form": form, "paste_form": paste_form}
    return frame.show(request, "currencies", "settings_currencies", context, status)


def _plain(rate: Decimal) -> str:
    return f"{rate.normalize():f}"
