"""The list of answers: how each stands in each language, whether it helped; and the categories they are sorted into."""

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import answers as flow
from kizuna.flows.answers import NotThere, Refused
from kizuna.html.words import LANGUAGES
from kizuna.knowledge import article_desk
from kizuna.science import periods
from kizuna.web.console.access import ShopRequest, shop_page

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

STATES = {
    "published": ("Published", "good", "Everybody may read it on the help pages and in the panel."),
    "internal": ("For us", "brand", "Only people who work here find it."),
    "draft": ("Draft", "warn", "Nobody reads it yet."),
    "archived": ("Archived", "", "Taken away; it can be published again."),
}
FEW_VOTES = 5


class CategoryForm(forms.Form):
    """A category: its name in each language."""

    slug = forms.SlugField(required=False, widget=forms.HiddenInput)
    en = forms.CharField(max_length=80, label="Name in English")
    de = forms.CharField(max_length=80, label="Name in German", required=False)


@shop_page("answer")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the answers, the last changed first."""
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    words = request.GET.get("q", "")[:100]
    everything = article_desk.list_all(shop.pk)
    listed = article_desk.list_all(shop.pk, state, words) if state or words.strip() else everything
    counts = {key: sum(each.state == key for each in everything) for key in STATES}
    context = {
        "rows": [(each, STATES[each.state], _helped(each.helpful, each.unhelpful)) for each in listed],
        "states": [(key, STATES[key][0], counts[key]) for key in STATES],
        "state": state,
        "words": words,
        "is_empty": not everything and state != "archived" and not words,
        "tab": "articles",
        "now_us": periods.epoch_us(timezone.now()),
    }
    return render(request, "console/answers/page.html", context)


@shop_page("reach_out")
def categories(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the categories; make one or name one anew."""
    form = CategoryForm(request.POST) if request.method == "POST" else CategoryForm(initial=_initial(request, shop))
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            names = {language: told[language] for language in LANGUAGES}
            flow.save_category(shop, told["slug"], names, request.user, timezone.now())
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, "Kept.")
            return redirect("answer_categories", shop.slug)
    rows = article_desk.list_categories(shop.pk)
    context = {"rows": rows, "form": form, "tab": "categories", "chosen": form["slug"].value()}
    return render(request, "console/answers/categories.html", context, status=422 if form.errors else 200)


@shop_page("reach_out")
@require_POST
def remove_category(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Remove a category; its answers stay."""
    try:
        flow.remove_category(shop, request.POST.get("category", ""), request.user, timezone.now())
    except NotThere:
        raise Http404 from None
    messages.success(request, "The category is gone; its answers stay without one.")
    return redirect("answer_categories", shop.slug)


def _initial(request: ShopRequest, shop: "Shop") -> dict[str, str]:
    wanted = request.GET.get("category", "")
    row = next((each for each in article_desk.list_categories(shop.pk) if each.slug == wanted), None)
    return {} if row is None else {"slug": row.slug, **row.names}


def _helped(yes: int, no: int) -> dict[str, object]:
    """What voters said: a share only where enough spoke."""
    total = yes + no
    return {"yes": yes, "total": total, "share": yes / total if total >= FEW_VOTES else None}
