"""What is the customer's own to settle: preferences, everything held about them, leaving for good, inviting friends."""

import json

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from kizuna.flows.premium import erasing, held, inviting, preferring
from kizuna.flows.premium.preferring import Preferences
from kizuna.html import words
from kizuna.science import periods
from kizuna.shops.tenants import Refused
from kizuna.web.portal.access import SiteRequest, let_out, remember_language, show, site_page

CHANNELS = (("email", "E-mail"), ("phone", "Phone"), ("post", "Letter"), ("chat", "Chat"), ("portal", "These pages"))
FREQUENCIES = (("gladly", "Whenever there is something"), ("monthly", "Once a month at most"), ("seldom", "Seldom"))
TOPICS = (
    ("news", "News from the shop"),
    ("offers", "Offers"),
    ("events", "Events"),
    ("advice", "Advice"),
    ("care", "Care of what I bought"),
)
PURPOSES = (
    ("email_marketing", "You may write to me by e-mail", "News and questions. Answers to what I write come anyway."),
    ("surveys", "You may ask me how it was", "Short questions after a wish or a conversation."),
    ("analytics", "You may measure how I use the shop", "So that the shop gets better."),
)


@site_page()
def preferences(request: SiteRequest) -> HttpResponseBase:
    """Show and keep what the customer prefers."""
    guest, store = request.guest, request.store
    status, refused = 200, False
    if request.method == "POST":
        try:
            now = periods.instant_at(request.now_us)
            preferring.settle(store, guest.customer_id, guest.identity_id, _read(request), now)
        except Refused:
            status, refused = 422, True
        else:
            language = words.choose([request.POST.get("language", "")], request.settled.languages)
            response = HttpResponseRedirect(reverse("premium_preferences", args=[store.slug]) + "?done=1")
            remember_language(response, store, language)
            return response
    settled = preferring.read(store, guest.customer_id)
    given = dict(settled.consents)
    context = {
        "languages": [(code, words.LANGUAGES[code], code == request.language) for code in request.settled.languages],
        "channels": [(key, label, key in settled.channels) for key, label in CHANNELS],
        "frequencies": [(key, label, key == settled.frequency) for key, label in FREQUENCIES],
        "topics": [(key, label, key in settled.topics) for key, label in TOPICS],
        "purposes": [(key, label, hint, given.get(key)) for key, label, hint in PURPOSES],
        "done": request.GET.get("done") == "1",
        "refused": refused,
    }
    return show(request, "preferences", context, status)


@site_page()
def particulars(request: SiteRequest) -> HttpResponseBase:
    """Show the ways to take everything away, or to be erased."""
    return show(request, "particulars", {"unsure": request.GET.get("unsure") == "1"})


@site_page()
def download(request: SiteRequest) -> HttpResponseBase:
    """Hand over everything the shop holds, as JSON."""
    gathered = held.gather(request.store, request.guest.customer_id, periods.instant_at(request.now_us))
    response = HttpResponse(
        json.dumps(gathered, ensure_ascii=False, indent=1, default=str), content_type="application/json"
    )
    response["Content-Disposition"] = f'attachment; filename="{request.store.slug}-about-me.json"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@site_page()
def erase(request: SiteRequest) -> HttpResponseBase:
    """Erase the customer for good, once they said so twice."""
    if request.method != "POST" or request.POST.get("sure") != "1":
        return HttpResponseRedirect(reverse("premium_particulars", args=[request.store.slug]) + "?unsure=1")
    erasing.erase(request.store, request.guest.customer_id, None, periods.instant_at(request.now_us))
    return let_out(show_stranger(request), request.store)


def show_stranger(request: SiteRequest) -> HttpResponse:
    """Say good-bye to somebody who is no longer known."""
    request.guest = None  # type: ignore[assignment]
    return show(request, "erased", {})


@site_page("invite")
def invite(request: SiteRequest) -> HttpResponseBase:
    """Show the customer's own link for friends, and how many came by it."""
    made = inviting.invitation_of(request.store, request.guest.customer_id, request.guest.identity_id, request.now_us)
    return show(request, "invite", {"made": made})


def _read(request: SiteRequest) -> Preferences:
    posted = request.POST
    return Preferences(
        posted.get("language", ""),
        tuple(posted.getlist("channel")),
        posted.get("frequency", ""),
        tuple(posted.getlist("topic")),
        tuple((key, posted.get(f"consent-{key}") == "yes") for key, _, _ in PURPOSES),
    )
