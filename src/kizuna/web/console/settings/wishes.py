"""The settings page of wishes: their kinds with department and usual steps, and how fast each department is to be."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import teams, wish_kinds
from kizuna.conversations.wish_kinds import KindDraft
from kizuna.conversations.wishes import Priority
from kizuna.flows.wishes import arranging
from kizuna.privileges import catalogue
from kizuna.shops.tenants import NotThere, Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.conversations.models import WishKind
    from kizuna.shops.models import Shop

MOST_STEPS = 12


class KindForm(forms.Form):
    """One kind of wish."""

    name = forms.CharField(label="Name", max_length=80)
    department = forms.TypedChoiceField(label="Department", required=False, coerce=int, empty_value=None)
    capability = forms.TypedChoiceField(label="Takes of what we can do", required=False, coerce=int, empty_value=None)
    hours = forms.DecimalField(
        label="To be fulfilled within, in working hours",
        required=False,
        min_value=0,
        max_digits=7,
        decimal_places=1,
        help_text="Empty: as the department's service level says.",
    )
    needs_approval = forms.BooleanField(label="Needs an approval before it is accepted", required=False)
    steps = forms.CharField(
        label="Usual steps",
        required=False,
        max_length=3000,
        widget=forms.Textarea({"rows": 3, "placeholder": "Check the stock | Workshop\nPack as a gift"}),
        help_text="One a line; after a bar the department that does it.",
    )

    def __init__(self, shop: "Shop", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.departments = {team.name.casefold(): team.pk for team in teams.list_teams(shop.pk)}
        for name, empty, listed in (
            ("department", "None", [(team.pk, team.name) for team in teams.list_teams(shop.pk)]),
            ("capability", "Nothing", [(entry.pk, entry.name) for entry in catalogue.list_all(shop.pk)]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = [("", empty), *listed]

    def clean_steps(self) -> list[tuple[str, int | None]]:
        """Read the steps, each with its department."""
        found: list[tuple[str, int | None]] = []
        for line in filter(str.strip, self.cleaned_data["steps"].splitlines()):
            title, _, department = (part.strip() for part in line.partition("|"))
            if department and department.casefold() not in self.departments:
                raise forms.ValidationError(f"there is no department “{department[:60]}”")
            found.append((title[:200], self.departments.get(department.casefold())))
        if len(found) > MOST_STEPS:
            raise forms.ValidationError(f"at most {MOST_STEPS} steps")
        return found

    def draft(self) -> KindDraft:
        """What was said."""
        said = self.cleaned_data
        minutes = None if said["hours"] is None else int(said["hours"] * 60)
        return KindDraft(
            said["name"], said["department"], said["capability"], minutes, said["needs_approval"], said["steps"]
        )


@shop_page("edit_settings")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the kinds and the service levels."""
    return _show(request, shop)


@shop_page("edit_settings")
def kind(request: ShopRequest, shop: "Shop", kind: UUID | None = None) -> HttpResponse:
    """Show the form of a kind, or keep it."""
    row = None if kind is None else _find(shop, kind)
    form = KindForm(shop, request.POST) if request.method == "POST" else KindForm(shop, initial=_initial(shop, row))
    if form.is_bound and form.is_valid():
        try:
            arranging.store_kind(shop, form.draft(), row, request.user, timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "Saved.")
            return redirect("settings_wishes", shop.slug)
    context = {"form": form, "kind": row}
    return frame.show(request, "wish_kind", "settings_wishes", context, 422 if form.is_bound else 200)


@shop_page("edit_settings")
@require_POST
def archive(request: ShopRequest, shop: "Shop", kind: UUID) -> HttpResponse:
    """Take a kind out of use."""
    row = _find(shop, kind)
    arranging.archive_kind(shop, row, request.user, timezone.now())
    messages.success(request, f"“{row.name}” is {'in use again' if row.archived_at is None else 'out of use'}.")
    return redirect("settings_wishes", shop.slug)


@shop_page("edit_settings")
@require_POST
def begin(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Take the kinds to begin with."""
    arranging.ensure_kinds(shop)
    return redirect("settings_wishes", shop.slug)


@shop_page("edit_settings")
@require_POST
def levels(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep the service levels; an empty field follows the row of the shop, an empty row of the shop ours."""
    found: dict[tuple[int | None, int], int] = {}
    for department_id in (None, *(team.pk for team in teams.list_teams(shop.pk))):
        for priority in Priority:
            text = request.POST.get(f"level_{department_id or 0}_{priority.value}", "").strip().replace(",", ".")
            if not text:
                continue
            try:
                minutes = float(text) * 60
                if not 1 <= minutes <= wish_kinds.LONGEST_MINUTES:
                    raise ValueError
            except ValueError:
                messages.error(request, f"“{text[:20]}” is no number of working hours.")
                return _show(request, shop, typed=request.POST.dict(), status=422)
            found[department_id, priority.value] = round(minutes)
    arranging.set_levels(shop, found, request.user, timezone.now())
    messages.success(request, "Saved. Wishes taken up from now on follow it.")
    return redirect("settings_wishes", shop.slug)


def _show(request: ShopRequest, shop: "Shop", typed: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    kept = wish_kinds.list_levels(shop.pk)
    rows = []
    for name, department_id in (("The shop", None), *((team.name, team.pk) for team in teams.list_teams(shop.pk))):
        cells = []
        for priority in Priority:
            field = f"level_{department_id or 0}_{priority.value}"
            minutes = kept.get((department_id, priority.value))
            value = _hours(minutes) if typed is None else typed.get(field, "")
            usual = kept.get((None, priority.value), wish_kinds.USUAL_MINUTES[priority])
            label = f"{name}, {priority.label}: working hours"
            cells.append({"field": field, "value": value, "usual": _hours(usual), "label": label})
        rows.append({"name": name, "cells": cells})
    priorities = [str(each.label).capitalize() for each in Priority]
    context = {"kinds": wish_kinds.list_kinds(shop.pk), "rows": rows, "priorities": priorities}
    return frame.show(request, "wishes", "settings_wishes", context, status)


def _find(shop: "Shop", public_id: UUID) -> "WishKind":
    try:
        return wish_kinds.get(shop.pk, public_id)
    except NotThere:
        raise Http404 from None


def _initial(shop: "Shop", row: "WishKind | None") -> dict[str, object]:
    if row is None:
        return {}
    names = {team.pk: team.name for team in teams.list_teams(shop.pk)}
    steps = [f"{title} | {names[each]}" if each in names else str(title) for title, each in row.usual_steps]
    return {
        "name": row.name,
        "department": row.department_id,
        "capability": row.capability_id,
        "hours": _hours(row.minutes),
        "needs_approval": row.needs_approval,
        "steps": "\n".join(steps),
    }


def _hours(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes / 60:.1f}".rstrip("0").rstrip(".")
