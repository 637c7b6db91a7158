"""The page "What we can do": the catalogue with how much of the next weeks is promised, and the form of an entry."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows.wishes import arranging
from kizuna.privileges import capabilities, catalogue
from kizuna.privileges.catalogue import MOST_A_WEEK, SEGMENTS, Draft
from kizuna.science import periods
from kizuna.shops import hours
from kizuna.shops.tenants import NotThere, Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.privileges.models import Capability
    from kizuna.shops.models import Shop

WEEKS = 6


@dataclass(frozen=True)
class Week:
    """How much of a week is promised."""

    monday: date
    taken: int
    capacity: int | None

    @property
    def is_full(self) -> bool:
        """Whether nothing of it is left."""
        return self.capacity is not None and self.taken >= self.capacity


@dataclass(frozen=True)
class Row:
    """An entry, the next day it could be promised for, and its next weeks."""

    entry: "Capability"
    next_day: date | None
    weeks: list[Week]


def _words(text: str) -> list[str]:
    return [word.strip()[:60] for word in text.replace("\n", ",").split(",") if word.strip()]


class EntryForm(forms.Form):
    """One entry of what we can do."""

    name = forms.CharField(label="What we can do", max_length=120)
    what = forms.CharField(
        label="In words for customers", required=False, max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    unit = forms.CharField(label="One is", required=False, max_length=40, help_text="A piece, a visit, an hour …")
    per_week = forms.IntegerField(
        label="How many a week", required=False, min_value=0, max_value=MOST_A_WEEK, help_text="Empty: no bound."
    )
    lead_days = forms.IntegerField(
        label="Lead time in working days", min_value=0, max_value=catalogue.LONGEST_LEAD, initial=0
    )
    from_day = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    to_day = forms.DateField(label="Until", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    segments = forms.MultipleChoiceField(
        label="For customers of",
        required=False,
        choices=[(letter, letter) for letter in SEGMENTS],
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: for everybody.",
    )
    tiers = forms.CharField(
        label="For levels of privilege", required=False, max_length=300, help_text="Commas between."
    )
    regions = forms.CharField(
        label="In countries or places", required=False, max_length=1000, help_text="Commas between; empty: anywhere."
    )
    refusal = forms.CharField(
        label="Kind words where it cannot be",
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 2}),
    )
    is_published = forms.BooleanField(label="Show it on the premium site", required=False)

    def draft(self) -> Draft:
        """What was said."""
        said = dict(self.cleaned_data)
        said["tiers"], said["regions"] = _words(said["tiers"]), _words(said["regions"])
        return Draft(**said)


@shop_page("edit_capabilities")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the catalogue with what is promised of the next weeks."""
    now_us = periods.epoch_us(timezone.now())
    schedule = hours.read(shop)
    first = capabilities.monday_of(schedule.local_day(now_us))
    mondays = [first + timedelta(days=7 * number) for number in range(WEEKS)]
    entries = catalogue.list_all(shop.pk, archived=True)
    kept = capabilities.list_weeks([each.pk for each in entries], mondays)
    rows = [
        Row(
            each,
            capabilities.find_next_day(each, schedule, now_us),
            [Week(monday, kept.get((each.pk, monday), (0, 0))[0], each.per_week) for monday in mondays],
        )
        for each in entries
    ]
    used = [row for row in rows if row.entry.archived_at is None]
    rest = [row for row in rows if row.entry.archived_at is not None]
    return frame.show(request, "capabilities", "settings_capabilities", {"rows": used, "rest": rest})


@shop_page("edit_capabilities")
def edit(request: ShopRequest, shop: "Shop", entry: UUID | None = None) -> HttpResponse:
    """Show the form of an entry, or keep it."""
    row = None if entry is None else _find(shop, entry)
    form = EntryForm(request.POST) if request.method == "POST" else EntryForm(initial=_initial(row))
    if form.is_bound and form.is_valid():
        try:
            arranging.store_entry(shop, form.draft(), row, request.user, timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "Saved. What was promised already stands.")
            return redirect("settings_capabilities", shop.slug)
    context = {"form": form, "entry": row}
    return frame.show(request, "capability", "settings_capabilities", context, 422 if form.is_bound else 200)


@shop_page("edit_capabilities")
@require_POST
def archive(request: ShopRequest, shop: "Shop", entry: UUID) -> HttpResponse:
    """Take an entry out of use, or back into it."""
    row = _find(shop, entry)
    arranging.archive_entry(shop, row, request.user, timezone.now())
    messages.success(request, f"“{row.name}” is {'in use again' if row.archived_at is None else 'out of use'}.")
    return redirect("settings_capabilities", shop.slug)


def _find(shop: "Shop", public_id: UUID) -> "Capability":
    try:
        return catalogue.get(shop.pk, public_id)
    except NotThere:
        raise Http404 from None


def _initial(row: "Capability | None") -> dict[str, object]:
    if row is None:
        return {"is_published": True}
    told = {name: getattr(row, name) for name in EntryForm.base_fields}
    return {**told, "tiers": ", ".join(row.tiers), "regions": ", ".join(row.regions)}
