"""What the console's forms share: a refusal of a flow becomes an error at the field it names.

The rules themselves stay in the rooms; forms only turn text into values and keep what was typed.
"""

from typing import Any
from zoneinfo import available_timezones

from django import forms

from kizuna.money import currency
from kizuna.shops.tenants import Refused

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))


def blame(form: forms.Form, refusal: Refused) -> None:
    """Put a refusal where the person can mend it: at the field it names, else above the form."""
    if refusal.field in form.fields:
        form.add_error(refusal.field, refusal.message)
    else:
        form.add_error(None, f"{refusal.field}: {refusal.message}")


def list_currencies() -> list[tuple[str, str]]:
    """List the currencies to choose from."""
    return [(code, code) for code in currency.list_codes()]


def choose_zone(**options: Any) -> forms.ChoiceField:
    """Make a field for a time zone."""
    choices = [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in ZONES)]
    return forms.ChoiceField(choices=choices, **options)


class PersonForm(forms.Form):
    """Who somebody is and the password they choose."""

    name = forms.CharField(max_length=120, label="Your name", widget=forms.TextInput({"autocomplete": "name"}))
    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        help_text="At least 10 characters, and not one that everybody uses.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=True),
    )
