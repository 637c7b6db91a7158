"""The settings page of the criterion: half-lives, reference, further indicators, and earlier versions to return to.

Setting weights is in settings.weights. What a change brings about is decided in flows.criterion.
"""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import criterion, snapshots
from kizuna.relationships import criterion as criteria
from kizuna.relationships import indicators, reference
from kizuna.relationships.criterion import CriterionError, NoVersionError
from kizuna.relationships.indicators import IndicatorDraft, IndicatorError
from kizuna.science.stocks import HALF_LIVES
from kizuna.tracking.plan import EVENTS
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.settings import comparison, frame
from kizuna.web.console.settings.comparison import ComparisonForm, WeightsForm

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

DAYS = [(days, f"{days} days") for days in HALF_LIVES]
DIRECTIONS = [("", "either way"), ("1", "from the customer"), ("2", "from the shop")]
SHOWN_VERSIONS = 20


class HalfLivesForm(forms.Form):
    """How fast each factor fades; one field per factor."""

    def __init__(self, shop_id: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = criteria.get_current(shop_id)
        names = comparison.name_factors(shop_id)
        for factor, days in current.half_lives.items():
            self.fields[factor] = forms.TypedChoiceField(choices=DAYS, coerce=int, label=names[factor], initial=days)


class IndicatorForm(forms.Form):
    """A further indicator."""

    label = forms.CharField(max_length=80, label="Name", help_text="Such as: contacts by live operator.")
    name = forms.CharField(
        max_length=40, label="Short name", help_text="Lower-case letters, digits, hyphens: used in exports."
    )
    event_names = forms.MultipleChoiceField(
        label="What counts",
        choices=[(name, name) for name in sorted(EVENTS)],
        widget=forms.SelectMultiple({"size": 8}),
        help_text="Each fact of these kinds counts once.",
    )
    direction = forms.TypedChoiceField(
        label="Direction", choices=DIRECTIONS, coerce=int, empty_value=None, required=False
    )
    half_life = forms.TypedChoiceField(label="Half-life", choices=DAYS, coerce=int, initial=90)
    weight = forms.FloatField(
        label="Weight, in %", min_value=0, max_value=99, initial=10, help_text="The other weights make room for it."
    )


@shop_page("edit_criterion")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the criterion that holds, and everything that can be changed about it."""
    return render_page(request, shop, {})


@shop_page("edit_criterion")
@require_POST
def change_half_lives(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Set how fast each factor fades."""
    form = HalfLivesForm(shop.pk, request.POST)
    if form.is_valid():
        criterion.change_half_lives(shop, form.cleaned_data, request.user, timezone.now())
        return say_saved(request, shop)
    return render_page(request, shop, {"half_lives": form})


@shop_page("edit_criterion")
@require_POST
def register(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Register a further indicator with a weight."""
    form = IndicatorForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        draft = IndicatorDraft(**{**given, "event_names": tuple(given["event_names"]), "weight": given["weight"] / 100})
        try:
            criterion.register_indicator(shop, draft, request.user, timezone.now())
        except (IndicatorError, CriterionError) as error:
            field, _, words = str(error).partition(": ")
            form.add_error(field if field in form.fields else None, words or field)
        else:
            messages.success(request, f"{draft.label} is registered; its history is being added now.")
            return redirect("settings_factors", shop.slug)
    return render_page(request, shop, {"indicator": form})


@shop_page("edit_criterion")
@require_POST
def freeze(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Freeze today's customers as the reference."""
    frozen = snapshots.freeze_reference(shop, request.user, timezone.now())
    messages.success(request, f"Reference {frozen.version}: {frozen.customers} customers. Everybody is placed anew.")
    return redirect("settings_factors", shop.slug)


@shop_page("edit_criterion")
@require_POST
def restore(request: ShopRequest, shop: "Shop", version: int) -> HttpResponse:
    """Apply an earlier version again."""
    try:
        criterion.restore_version(shop, version, request.user, timezone.now())
    except NoVersionError:
        raise Http404 from None
    except CriterionError as error:
        messages.error(request, f"{error}.")
        return redirect("settings_factors", shop.slug)
    return say_saved(request, shop)


def say_saved(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Say that a new version holds, and lead back to the page."""
    version = criteria.get_current(shop.pk).version
    messages.success(request, f"Saved as version {version}. Everybody is being placed anew.")
    return redirect("settings_factors", shop.slug)


def render_page(request: ShopRequest, shop: "Shop", typed: dict[str, Any]) -> HttpResponse:
    """Render the page; `typed` holds the form that came in, so that nothing is lost."""
    current = criteria.get_current(shop.pk)
    names = comparison.name_factors(shop.pk)
    context = {
        "current": current,
        "factors": [
            {"name": names[key], "key": key, "weight": current.weights[key], "days": current.half_lives[key]}
            for key in current.factors
        ],
        "judged": comparison.judge_stored(current),
        "half_lives": HalfLivesForm(shop.pk),
        "weights": WeightsForm(shop.pk),
        "pairs": ComparisonForm(initial=comparison.list_stored(current)),
        "indicator": IndicatorForm(),
        "registered": indicators.list_indicators(shop.pk),
        "reference": reference.find_current(shop.pk),
        "versions": criteria.list_versions(shop.pk)[:SHOWN_VERSIONS],
        **typed,
    }
    wrong = any(isinstance(form, forms.Form) and form.errors for form in typed.values())
    return frame.show(request, "factors", "settings_factors", context, status=422 if wrong else 200)
