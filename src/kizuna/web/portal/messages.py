"""Writing to one's operator, and reading what was said: conversations as the customer may see them, on any channel."""

import secrets
from uuid import UUID

from django.http import Http404, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from kizuna.conversations import talks_of, threads
from kizuna.flows.premium import writing
from kizuna.flows.premium.writing import Words, Writer
from kizuna.science import periods
from kizuna.shops import people
from kizuna.shops.tenants import Refused
from kizuna.web.portal.access import Guest, SiteRequest, show, site_page


@site_page("write")
def page(request: SiteRequest) -> HttpResponseBase:
    """List the customer's conversations, with a form for a new message."""
    return _show(request)


@site_page("write")
def begin(request: SiteRequest) -> HttpResponseBase:
    """Write to the operator in a new conversation."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("premium_messages", args=[request.store.slug]))
    return _write(request, None)


@site_page("write")
def talk(request: SiteRequest, talk: UUID) -> HttpResponseBase:
    """Read a conversation, or write on in it."""
    try:
        found = talks_of.get(request.store.pk, request.guest.identity_ids, talk)
    except threads.NotThere as absent:
        raise Http404 from absent
    if request.method == "POST":
        return _write(request, found.public_id)
    said = talks_of.list_said(request.store.pk, found.pk, request.guest.identity_ids)
    return show(request, "talk", {"talk": found, "said": said, "token": fresh_token()})


def writer_of(guest: Guest) -> Writer:
    """Say who writes."""
    return Writer(guest.customer_id, guest.identity_id, guest.identity_ids, guest.name, guest.email)


def fresh_token() -> str:
    """Make a token that lets a form sent twice be one message."""
    return f"premium-{secrets.token_hex(12)}"


def find_operator(request: SiteRequest) -> str:
    """Find the name of the customer's operator; empty where nobody answered them yet."""
    person_id = talks_of.find_operator(request.store.pk, request.guest.identity_ids)
    return "" if person_id is None else people.name_of(person_id)


def _write(request: SiteRequest, talk: UUID | None) -> HttpResponseBase:
    posted = request.POST
    said = Words(posted.get("text", ""), posted.get("subject", ""), posted.get("token", ""), talk)
    try:
        message = writing.write(request.store, writer_of(request.guest), said, periods.instant_at(request.now_us))
    except Refused as refusal:
        if talk is None:
            return _show(request, refused=refusal.field, typed=said, status=422)
        return HttpResponseRedirect(reverse("premium_talk", args=[request.store.slug, talk]))
    url = reverse("premium_talk", args=[request.store.slug, message.conversation.public_id])
    return HttpResponseRedirect(f"{url}#last")


def _show(
    request: SiteRequest, *, refused: str = "", typed: Words | None = None, status: int = 200
) -> HttpResponseBase:
    context = {
        "talks": talks_of.list_talks(request.store.pk, request.guest.identity_ids),
        "operator": find_operator(request),
        "token": fresh_token(),
        "refused": refused,
        "typed": typed,
    }
    return show(request, "messages", context, status)
