"""The settings page of the shop itself: name, zone, currency, what is assumed about costs, e-CNRR, forecasts."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from kizuna.flows import shops
from kizuna.money import currency
from kizuna.shops import tenants
from kizuna.shops.tenants import Refused, Settings
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame, choose_zone, list_currencies
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


HUNDRED = Decimal(100)
RATES = ("margin_rate", "payment_rate", "discount_year")
AMOUNTS = ("payment_fixed_minor", "shipping_cost_minor", "maintenance_minor")


class ShopForm(forms.Form):
    """What an owner says about the shop, in per cent and whole units of the currency."""

    name = forms.CharField(max_length=120, label="Name")
    timezone = choose_zone(label="Time zone", help_text="Where the shop's days and months begin.")
    currency = forms.ChoiceField(
        label="Currency",
        choices=list_currencies,
        help_text="Everything is reported in it. It is fixed after the first order.",
    )
    margin_rate = forms.DecimalField(
        label="Assumed margin, in %",
        max_digits=7,
        decimal_places=2,
        help_text="Used where a product's cost is not known, and shown as an assumption. 100: such goods cost nothing.",
    )
    payment_rate = forms.DecimalField(
        label="Payment cost, in %", max_digits=7, decimal_places=2, help_text="Of an order: what card or provider take."
    )
    payment_fixed_minor = forms.CharField(
        label="Payment cost, fixed", max_length=20, help_text="Per order, in the shop's currency, such as 0.25."
    )
    shipping_cost_minor = forms.CharField(
        label="Shipping cost", max_length=20, help_text="Per order: what it costs the shop, not what the customer pays."
    )
    period_months = forms.IntegerField(
        label="Period of e-CNRR, in months", help_text="The net revenue ratio looks back this far; usually 12."
    )
    warehouse_months = forms.IntegerField(
        label="Months kept for analysis",
        help_text="How far back questions over the whole history go; 0: for ever. Profiles, orders and scores stay.",
    )
    honour_do_not_track = forms.BooleanField(
        required=False,
        label="Respect the browser's Do-Not-Track",
        help_text="Our tracker then stays silent. After a change, paste its line anew from Sources and keys.",
    )

    forecast_months = forms.IntegerField(
        label="Forecast, in months ahead", help_text="How far customer lifetime value looks ahead; usually 12."
    )
    discount_year = forms.DecimalField(
        label="Discount, in % a year",
        max_digits=7,
        decimal_places=2,
        help_text="How much less money in a year is worth to you than money now: what your money costs; usually 10.",
    )
    maintenance_minor = forms.CharField(
        label="Cost of keeping in touch",
        max_length=20,
        help_text="Per customer and month: mail, service, a small present. It lowers the expected value.",
    )

    def clean_payment_fixed_minor(self) -> int | None:
        """Read the amount in the shop's currency."""
        return self._amount("payment_fixed_minor")

    def clean_shipping_cost_minor(self) -> int | None:
        """Read the amount in the shop's currency."""
        return self._amount("shipping_cost_minor")

    def clean_maintenance_minor(self) -> int | None:
        """Read the amount in the shop's currency."""
        return self._amount("maintenance_minor")

    def settings(self) -> Settings:
        """Give what was typed as the flow takes it."""
        given = dict(self.cleaned_data)
        for name in RATES:
            given[name] = given[name] / HUNDRED
        return Settings(**given)

    def _amount(self, name: str) -> int | None:
        code = self.cleaned_data.get("currency")
        if not code:
            return None
        try:
            return currency.parse_minor(self.cleaned_data[name], code)
        except ValueError as error:
            raise forms.ValidationError(f"{error}; write an amount such as 0.25") from None


@shop_page("edit_criterion")
def index(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Lead to the first settings page that the role may open."""
    target = frame.find_first(request)
    if target is None:
        raise PermissionDenied
    return redirect(target)


@shop_page("edit_settings")
def edit(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show and change the shop's settings."""
    form = ShopForm(request.POST or None, initial=_initial(tenants.settings_of(shop)))
    if request.method == "POST" and form.is_valid():
        try:
            changed = shops.change_settings(shop, form.settings(), request.user, timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "Saved." if changed else "Nothing was different, so nothing changed.")
            return redirect("settings_shop", shop.slug)
    return frame.show(request, "shop", "settings_shop", {"form": form}, status=422 if form.errors else 200)


def _initial(settings: Settings) -> dict[str, object]:
    amounts = {name: currency.format_minor(getattr(settings, name), settings.currency) for name in AMOUNTS}
    rates = {name: _percent(getattr(settings, name)) for name in RATES}
    return {**vars(settings), **amounts, **rates}


def _percent(rate: Decimal) -> str:
    return f"{(rate * HUNDRED).normalize():f}"
