"""Surveys as customers answer them: by a signed link without log-in, or on their pages; each once."""

from collections.abc import Mapping
from uuid import UUID

from django.http import Http404, HttpResponseBase

from kizuna.flows import surveys as flow
from kizuna.flows.surveys import Answered, Refused
from kizuna.knowledge import questions, surveys
from kizuna.knowledge.surveys import AskView
from kizuna.science import periods
from kizuna.web.portal.access import SiteRequest, show, site_page

SCORES = ("1", "2", "3", "4", "5")


@site_page("surveys")
def page(request: SiteRequest) -> HttpResponseBase:
    """List what the customer is asked."""
    return show(request, "surveys", {"asks": surveys.list_asks(request.store.pk, request.guest.identity_ids)})


@site_page("surveys")
def one(request: SiteRequest, ask: UUID) -> HttpResponseBase:
    """Answer a survey on one's pages."""
    mine = surveys.list_asks(request.store.pk, request.guest.identity_ids, open_only=False)
    found = next((each for each in mine if each.public_id == ask), None)
    if found is None:
        raise Http404
    return _answer(request, found, "portal")


@site_page(stranger=True)
def by_link(request: SiteRequest, token: str) -> HttpResponseBase:
    """Answer a survey by its signed link."""
    found = surveys.find_by_token(request.store.pk, token)
    if found is None:
        raise Http404
    return _answer(request, found, "link")


def _answer(request: SiteRequest, found: AskView, channel: str) -> HttpResponseBase:
    if found.answered_us is not None or found.survey.closed_us is not None:
        return show(request, "survey_over", {"ask": found}, status=200 if request.method == "GET" else 409)
    if request.method != "POST":
        return _show(request, found, {})
    given = {each.key: request.POST.get(each.key, "") for each in found.survey.questions}
    try:
        flow.answer_ask(request.store, found, given, channel, periods.instant_at(request.now_us))
    except Answered:
        return show(request, "survey_over", {"ask": found}, status=409)
    except Refused:
        return _show(request, found, given, status=422)
    return show(request, "survey_thanks", {"ask": found})


def _show(request: SiteRequest, found: AskView, given: Mapping[str, str], status: int = 200) -> HttpResponseBase:
    rows = []
    for each in found.survey.questions:
        choices = [(choice, questions.CHANNEL_WORDS.get(choice, choice)) for choice in each.choices]
        rows.append((each, choices, given.get(each.key, "")))
    context = {"ask": found, "rows": rows, "scores": SCORES, "refused": status == 422}
    return show(request, "survey", context, status)
