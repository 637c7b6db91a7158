"""The settings page of investments: what an hour and a contact cost, monthly budgets, where invitations lead.

Until it is saved for the first time the figures shown are the model's, converted by the shop's own dollar rate.
"""

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from kizuna.flows import investing
from kizuna.money import currency
from kizuna.relationships.investment_terms import CHANNELS, PAPER_DOLLARS, SEGMENTS, Terms
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.pages.claims_words import UNKNOWN
from kizuna.web.console.pages.stage_words import CHANNELS as CHANNEL_WORDS
from kizuna.web.console.pages.words import SEGMENTS as SEGMENT_WORDS
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

MOST_SOURCES = 50


class InvestingForm(forms.Form):
    """Amounts in whole units of the shop's currency."""

    hour = forms.CharField(
        label="An hour of a person",
        max_length=20,
        help_text="Wages with everything on top. Time before a conversation is measured and booked at it.",
    )
    landing_url = forms.CharField(
        label="Where an invitation leads",
        max_length=300,
        required=False,
        help_text="The page of your shop that friends of a customer see first, beginning with https://.",
    )

    winning = forms.CharField(
        label="Winning one new customer, by source",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One source a line, as Explore names it, and what one new customer costs there: google: 12.50. "
        "Unknown stands for customers without a source.",
    )

    def __init__(self, code: str, *words: object, **options: object) -> None:
        super().__init__(*words, **options)  # type: ignore[arg-type]
        self._code = code
        for channel in CHANNELS:
            dollars = PAPER_DOLLARS.get(channel)
            told = f"The paper says US$ {dollars}." if dollars is not None else "The paper gives no figure."
            self.fields[f"channel_{channel}"] = forms.CharField(
                label=CHANNEL_WORDS[channel].capitalize(), max_length=20, help_text=told
            )
        for letter in SEGMENTS:
            name = SEGMENT_WORDS[letter].name
            self.fields[f"budget_{letter}"] = forms.CharField(
                label=f"{letter} · {name}", max_length=20, required=False, help_text="Empty: no budget, no warning."
            )

    def clean(self) -> None:
        """Read every amount in the shop's currency."""
        for name in list(self.cleaned_data):
            text = str(self.cleaned_data[name]).strip()
            if name in ("landing_url", "winning") or not text:
                continue
            try:
                self.cleaned_data[name] = currency.parse_minor(text, self._code)
            except ValueError as error:
                self.add_error(name, f"{error}; write an amount such as 0.25")

    def clean_winning(self) -> dict[str, int]:
        """Read a line for each source: its name, a colon, an amount."""
        found: dict[str, int] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["winning"].splitlines())):
            source, colon, amount = (part.strip() for part in line.rpartition(":"))
            if not colon or not source or len(found) >= MOST_SOURCES:
                raise forms.ValidationError(
                    f"“{line[:60]}”: write a source, a colon and an amount, such as google: 12.50"
                )
            try:
                minor = currency.parse_minor(amount, self._code)
            except ValueError as error:
                raise forms.ValidationError(f"“{line[:60]}”: {error}") from error
            found["" if source.lower() == UNKNOWN else source.lower()] = minor
        return found

    def terms(self) -> Terms:
        """Give what was typed as the flow takes it."""
        given = self.cleaned_data
        budgets = {letter: given[f"budget_{letter}"] for letter in SEGMENTS if given[f"budget_{letter}"] != ""}
        costs = {channel: given[f"channel_{channel}"] for channel in CHANNELS}
        return Terms(given["hour"], costs, budgets, given["landing_url"].strip(), given["winning"])

    def of(self, names: str) -> "list[forms.BoundField]":
        """The fields whose names begin alike."""
        return [self[name] for name in self.fields if name.startswith(names)]


@shop_page("edit_settings")
def edit(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show and change what investments are reckoned with."""
    terms = investing.terms_of(shop, timezone.now())
    form = InvestingForm(shop.currency, request.POST or None, initial=_initial(terms, shop.currency))
    if request.method == "POST" and form.is_valid():
        try:
            investing.change_terms(shop, form.terms(), request.user, timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "Saved. What is booked from now on uses these figures.")
            return redirect("settings_investments", shop.slug)
    context = {
        "form": form,
        "assumed": terms.assumed,
        "channels": form.of("channel_"),
        "budgets": form.of("budget_"),
    }
    return frame.show(request, "investments", "settings_investments", context, status=422 if form.errors else 200)


def _initial(terms: Terms, code: str) -> dict[str, str]:
    shown = {"hour": currency.format_minor(terms.hour_minor, code), "landing_url": terms.landing_url}
    lines = [
        f"{source or UNKNOWN}: {currency.format_minor(minor, code)}" for source, minor in terms.winning_minor.items()
    ]
    shown["winning"] = "\n".join(lines)
    for channel, minor in terms.channel_minor.items():
        shown[f"channel_{channel}"] = currency.format_minor(minor, code)
    for letter, minor in terms.budgets.items():
        shown[f"budget_{letter}"] = currency.format_minor(minor, code)
    return shown
