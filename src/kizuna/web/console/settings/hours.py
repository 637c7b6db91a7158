"""The settings page of business hours: when the shop works on each weekday, and its days off."""

import re
from datetime import date
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from kizuna.flows.wishes import arranging
from kizuna.shops import hours
from kizuna.shops.hours import FreeDay, Span
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STRETCH = re.compile(r"\s*(\d{1,2})(?::(\d{2}))?\s*[-–—]\s*(\d{1,2})(?::(\d{2}))?\s*")
_DAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})\b\s*(.*)")
LEAP = 2024


class HoursForm(forms.Form):
    """Stretches of each weekday, and days off a line each."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for number, name in enumerate(WEEKDAYS):
            self.fields[f"day_{number}"] = forms.CharField(
                label=name,
                required=False,
                max_length=100,
                widget=forms.TextInput({"placeholder": "closed"}),
            )
        self.fields["holidays"] = forms.CharField(
            label="Days off",
            required=False,
            max_length=40_000,
            widget=forms.Textarea({"rows": 6, "placeholder": "12-25 Christmas\n2026-06-04 Corpus Christi"}),
            help_text="One a line: 12-25 for every year, 2026-06-04 for once, then a name if you like.",
        )

    def spans(self) -> list[Span]:
        """The stretches; what cannot be read is put to its field."""
        found = []
        for number in range(7):
            name = f"day_{number}"
            for piece in filter(str.strip, self.cleaned_data[name].split(",")):
                stretch = _read_stretch(piece)
                if stretch is None:
                    self.add_error(name, f"“{piece.strip()}” is no stretch such as 9:00–12:30")
                else:
                    found.append((number, *stretch))
        return found

    def free(self) -> list[FreeDay]:
        """The days off; a line that cannot be read is put to its field."""
        found = []
        for line in filter(str.strip, self.cleaned_data["holidays"].splitlines()):
            day = _read_day(line.strip())
            if day is None:
                self.add_error("holidays", f"“{line.strip()[:60]}” is no day such as 12-25 or 2026-06-04")
            else:
                found.append(day)
        return found


@shop_page("edit_settings")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the hours, or keep new ones."""
    if request.method != "POST":
        return frame.show(request, "hours", "settings_hours", {"form": HoursForm(initial=_initial(shop))})
    form = HoursForm(request.POST)
    if form.is_valid():
        spans, free = form.spans(), form.free()
        if not form.errors:
            try:
                arranging.set_hours(shop, spans, free, request.user, timezone.now())
            except Refused as refusal:
                blame(form, refusal)
            else:
                messages.success(request, "Saved. What becomes due from now on is reckoned with it.")
                return redirect("settings_hours", shop.slug)
    return frame.show(request, "hours", "settings_hours", {"form": form}, 422)


def _initial(shop: "Shop") -> dict[str, str]:
    shown: dict[str, list[str]] = {f"day_{number}": [] for number in range(7)}
    for weekday, opens, closes in hours.list_spans(shop):
        shown[f"day_{weekday}"].append(f"{_clock(opens)}–{_clock(closes)}")
    lines = [
        f"{each.day:{'%m-%d' if each.is_yearly else '%Y-%m-%d'}} {each.name}".strip()
        for each in hours.list_holidays(shop)
    ]
    return {**{name: ", ".join(each) for name, each in shown.items()}, "holidays": "\n".join(lines)}


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def _read_stretch(piece: str) -> tuple[int, int] | None:
    found = _STRETCH.fullmatch(piece)
    if found is None:
        return None
    first_hour, first, last_hour, last = (int(part or 0) for part in found.groups())
    opens, closes = first_hour * 60 + first, last_hour * 60 + last
    return (opens, closes) if first < 60 and last < 60 and 0 <= opens < closes <= hours.DAY_MINUTES else None


def _read_day(line: str) -> FreeDay | None:
    found = _DAY.fullmatch(line)
    if found is None:
        return None
    year, month, day, name = found.groups()
    try:
        return FreeDay(date(int(year or LEAP), int(month), int(day)), name.strip()[:80], year is None)
    except ValueError:
        return None
