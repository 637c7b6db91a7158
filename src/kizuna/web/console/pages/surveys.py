"""Surveys: what customers answered, with intervals and honest words where few did; asking; surveys of one's own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import talks_of
from kizuna.customers import links
from kizuna.flows import surveys as flow
from kizuna.flows.surveys import NewSurvey
from kizuna.html import figures
from kizuna.knowledge import answers, questions, surveys
from kizuna.knowledge.questions import CHOICE, SCALE, WORDS, Question
from kizuna.knowledge.surveys import NotThere, SurveyKind, SurveyView
from kizuna.relationships import lists
from kizuna.relationships.lists import Filters, Order
from kizuna.science import periods
from kizuna.science.ratings import Interval
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

HONEST = {
    "none": "Nobody has answered yet.",
    "few": "Too few to say anything about others: read the answers, not the figures.",
    "some": "A first impression; the range shows how far off it may be.",
    "many": "",
}
MOST_ASKED = 500
YEAR_US = 365 * periods.DAY_US
LINES = 4


@dataclass(frozen=True)
class ChannelRow:
    """One way to tell wishes: how many prefer it, and how many take it."""

    label: str
    preferred: Interval | None
    taken: float
    count: int


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the surveys and which way customers prefer beside the way they take."""
    return _show(request, shop)


@shop_page("view")
def one(request: ShopRequest, shop: "Shop", survey: UUID) -> HttpResponse:
    """Show what was answered to a survey."""
    found = _get(shop, survey)
    results = answers.results(shop.pk, found)
    identity_ids = {identity for each in results for identity, _, _ in each.words}
    customers = links.customers_of(shop.pk, identity_ids)
    names = lists.names_of(shop.pk, list(customers.values()))
    said = {
        each.question.key: [(text, at_us, names.get(customers.get(who, 0))) for who, text, at_us in each.words]
        for each in results
    }
    rows = [(each, HONEST[each.firmness], said[each.question.key], _bars(each.counts)) for each in results]
    context = {"survey": found, "rows": rows, "channel_words": questions.CHANNEL_WORDS, "is_own": _is_own(found)}
    return render(request, "console/surveys/one.html", context)


@shop_page("reach_out")
@require_POST
def make(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Make a survey of the shop's own."""
    posted = request.POST
    new = NewSurvey(posted.get("title", ""), posted.get("intro", ""), _questions(request))
    try:
        made = flow.create(shop, new, request.user, timezone.now())
    except Refused as refusal:
        return _show(request, shop, refusal=refusal, status=422)
    messages.success(request, "The survey is made. Ask somebody now.")
    return redirect("survey", shop.slug, made.public_id)


@shop_page("reach_out")
@require_POST
def ask(request: ShopRequest, shop: "Shop", survey: UUID) -> HttpResponse:
    """Ask the customers of some segments, the most valuable first, each once."""
    found = _get(shop, survey)
    chosen = tuple(letter for letter in request.POST.getlist("segment") if letter in "ABCD" and letter)
    if not chosen:
        messages.error(request, "Choose at least one segment.")
        return redirect("survey", shop.slug, survey)
    listed = lists.list_page(shop.pk, Filters(segments=chosen, known=True), Order("profit"), size=MOST_ASKED)
    identities = links.strongest_of(shop.pk, [row.customer_id for row in listed.rows])
    asked = flow.ask(shop, found, list(identities.values()), timezone.now())
    messages.success(request, f"{asked} customers are asked now; who was asked before is not asked again.")
    return redirect("survey", shop.slug, survey)


@shop_page("reach_out")
@require_POST
def close(request: ShopRequest, shop: "Shop", survey: UUID) -> HttpResponse:
    """Take no more answers."""
    _get(shop, survey)
    flow.close(shop, survey, request.user, timezone.now())
    messages.success(request, "The survey is closed.")
    return redirect("survey", shop.slug, survey)


@shop_page("reach_out")
@require_POST
def ask_channel(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Open the survey which way customers prefer."""
    found = flow.ensure_channel_survey(shop, timezone.now())
    return redirect("survey", shop.slug, found.public_id)


def _show(request: ShopRequest, shop: "Shop", *, refusal: Refused | None = None, status: int = 200) -> HttpResponse:
    listed = surveys.list_surveys(shop.pk)
    context = {
        "surveys": listed,
        "channels": _channels(shop),
        "refusal": refusal,
        "typed": request.POST if refusal else {},
        "lines": range(1, LINES + 1),
    }
    return render(request, "console/surveys/page.html", context, status=status)


def _channels(shop: "Shop") -> list[ChannelRow]:
    preferred = answers.preferred_channels(shop.pk)
    taken = talks_of.count_by_channel(shop.pk, periods.epoch_us(timezone.now()) - YEAR_US)
    total = sum(taken.get(each, 0) for each in questions.CHANNELS)
    return [
        ChannelRow(
            questions.CHANNEL_WORDS[each] if each != "portal" else "Premium site",
            preferred.get(each),
            taken.get(each, 0) / total if total else 0.0,
            taken.get(each, 0),
        )
        for each in questions.CHANNELS
    ]


def _questions(request: ShopRequest) -> list[Question]:
    """Read the questions of the form: a text, a form, and choices one a line."""
    read = []
    for number in range(1, LINES + 1):
        text = request.POST.get(f"text{number}", "").strip()
        form = request.POST.get(f"form{number}", SCALE)
        if text:
            given = request.POST.get(f"choices{number}", "").split("\n")
            choices = tuple(dict.fromkeys(line.strip() for line in given if line.strip()))
            form = form if form in (SCALE, CHOICE, WORDS) else SCALE
            read.append(Question(f"q{number}", text, form, choices if form == CHOICE else ()))
    return read


def _get(shop: "Shop", public_id: UUID) -> SurveyView:
    try:
        return surveys.get(shop.pk, public_id)
    except NotThere as absent:
        raise Http404 from absent


def _is_own(found: SurveyView) -> bool:
    return found.kind in (SurveyKind.PRODUCT, SurveyKind.CHANNEL)


def _bars(counts: tuple[int, ...]) -> list[tuple[int, int, str]]:
    total = sum(counts)
    return [(score, count, figures.share(count / total) if total else "") for score, count in enumerate(counts, 1)]
