"""Setting the weights of the factors: the five equal, by hand, or by comparing the five in pairs (AHP)."""

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import criterion
from kizuna.relationships.criterion import CriterionError
from kizuna.science.ahp import InconsistentJudgementsError
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.settings import comparison, factors
from kizuna.web.console.settings.comparison import ComparisonForm, WeightsForm

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@shop_page("edit_criterion")
@require_POST
def by_hand(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Set the share of each factor."""
    form = WeightsForm(shop.pk, request.POST)
    if form.is_valid():
        try:
            criterion.change_weights(shop, form.cleaned_data, request.user, timezone.now())
        except CriterionError as error:
            form.add_error(None, str(error))
        else:
            return factors.say_saved(request, shop)
    return factors.render_page(request, shop, {"weights": form})


@shop_page("edit_criterion")
@require_POST
def all_equal(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Give the five factors the same share of what the further indicators leave."""
    try:
        criterion.make_equal(shop, request.user, timezone.now())
    except CriterionError as error:
        form = WeightsForm(shop.pk, request.POST)
        form.add_error(None, str(error))
        return factors.render_page(request, shop, {"weights": form})
    return factors.say_saved(request, shop)


@shop_page("edit_criterion")
@require_POST
def by_comparison(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Set the weights of the five factors from comparisons, or only show what they amount to."""
    form = ComparisonForm(request.POST)
    if not form.is_valid():
        return factors.render_page(request, shop, {"pairs": form})
    judgements = form.judgements()
    judged = comparison.judge(judgements)
    if "save" in request.POST:
        try:
            criterion.change_weights_by_comparison(shop, judgements, request.user, timezone.now())
        except (InconsistentJudgementsError, CriterionError) as error:
            form.add_error(None, f"Not saved: {error}. The comparison that fits least is {judged.worst}.")
        else:
            return factors.say_saved(request, shop)
    return factors.render_page(request, shop, {"pairs": form, "tried": judged})
