"""What we have learned about you: the customer sees everything, confirms, corrects, deletes, and tells more."""

from uuid import UUID

from django.http import Http404, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from kizuna.flows import learning
from kizuna.flows.learning import Learned, LessonSource
from kizuna.knowledge import learned
from kizuna.knowledge.learned import NotThere
from kizuna.shops.tenants import Refused
from kizuna.web.portal.access import SiteRequest, show, site_page

KINDS = (("need", "I need"), ("want", "I would like"), ("preference", "I prefer"), ("fact", "Good to know"))
DONE = {"added": "Thank you, we will remember.", "confirmed": "Thank you. Good to know that it still holds."}
DONE |= {"corrected": "Thank you, it is corrected.", "forgotten": "It is deleted."}


@site_page()
def page(request: SiteRequest) -> HttpResponseBase:
    """Show what was learned."""
    return _show(request)


@site_page()
def add(request: SiteRequest) -> HttpResponseBase:
    """Tell more about oneself."""
    if request.method != "POST":
        return _back(request)
    told = Learned(
        request.guest.identity_id,
        request.POST.get("kind", ""),
        request.POST.get("text", ""),
        source=LessonSource.CUSTOMER,
    )
    try:
        learning.learn(request.store, told, None, request.now_us)
    except Refused as refusal:
        return _show(request, refused=refusal.field, typed=told.text, status=422)
    return _back(request, "added")


@site_page()
def confirm(request: SiteRequest, lesson: UUID) -> HttpResponseBase:
    """Say that something still holds."""
    _must_be_ours(request, lesson)
    if request.method != "POST":
        return _back(request)
    learning.confirm(request.store, request.guest.customer_id, lesson, None, request.now_us)
    return _back(request, "confirmed")


@site_page()
def correct(request: SiteRequest, lesson: UUID) -> HttpResponseBase:
    """Say how something really is."""
    known = _must_be_ours(request, lesson)
    if request.method != "POST":
        return _back(request)
    told = Learned(known.identity_id, request.POST.get("kind", known.kind), request.POST.get("text", ""))
    try:
        learning.correct(request.store, request.guest.customer_id, lesson, told, None, request.now_us)
    except Refused as refusal:
        return _show(request, refused=refusal.field, status=422)
    return _back(request, "corrected")


@site_page()
def forget(request: SiteRequest, lesson: UUID) -> HttpResponseBase:
    """Delete something for good."""
    _must_be_ours(request, lesson)
    if request.method != "POST":
        return _back(request)
    learning.forget(request.store, request.guest.customer_id, lesson, request.now_us)
    return _back(request, "forgotten")


def _must_be_ours(request: SiteRequest, lesson: UUID) -> learned.LearnedView:
    for each in learned.list_of(request.store.pk, request.guest.identity_ids):
        if each.public_id == lesson:
            return each
    raise Http404(str(NotThere(lesson)))


def _show(request: SiteRequest, *, refused: str = "", typed: str = "", status: int = 200) -> HttpResponseBase:
    known = learned.list_of(request.store.pk, request.guest.identity_ids)
    words = dict(KINDS)
    rows = [(each, words[each.kind], each.is_old(request.now_us)) for each in known]
    rows.sort(key=lambda row: not row[2])
    context: dict[str, object] = {"rows": rows, "kinds": KINDS, "refused": refused, "typed": typed}
    context["done"] = DONE.get(request.GET.get("done", ""), "")
    return show(request, "learned", context, status)


def _back(request: SiteRequest, done: str = "") -> HttpResponseRedirect:
    url = reverse("premium_learned", args=[request.store.slug])
    return HttpResponseRedirect(f"{url}?done={done}" if done else url)
