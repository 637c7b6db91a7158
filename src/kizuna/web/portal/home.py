"""The first page of the premium site, the customer's privileges in words, and the way to everything else."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpResponseBase

from kizuna.conversations import talks_of
from kizuna.knowledge import learned, surveys
from kizuna.privileges import tiers
from kizuna.science import periods
from kizuna.web.portal import wishes
from kizuna.web.portal.access import Guest, SiteRequest, show, site_page
from kizuna.web.portal.messages import find_operator

FEW = 3
NOON, EVENING = 11, 17

PRIVILEGES = (
    (
        "wishes",
        "star",
        "Your wishes are taken up",
        "Write down what you wish for; a person takes care of it.",
    ),
    ("choices", "clock", "You see what we can do", "Choose from what we offer and see the day at once."),
    ("importance", "sort", "You say what comes first", "Put your wishes in your order; we follow it."),
    ("write", "mail", "You reach us directly", "Write to the person who knows you; the answer comes here and by mail."),
    ("surveys", "check", "We ask for your opinion", "Help to shape what we do and offer."),
    ("invite", "heart", "You may invite friends", "Pass us on with a link of your own."),
)


@site_page()
def home(request: SiteRequest) -> HttpResponseBase:
    """Greet the customer and show what is going on."""
    guest = request.guest
    known = learned.list_of(request.store.pk, guest.identity_ids)
    old = next((each for each in known if each.is_old(request.now_us)), None)
    rows = [row for row in wishes.list_rows(request) if row.is_open] if guest.tier.may("wishes") else []
    talks = talks_of.list_talks(request.store.pk, guest.identity_ids) if guest.tier.may("write") else []
    asks = surveys.list_asks(request.store.pk, guest.identity_ids) if guest.tier.may("surveys") else []
    going_on = {"wishes": rows[:FEW], "talk": talks[0] if talks else None, "asks": asks}
    context: dict[str, object] = {
        "greeting": _greeting(request),
        "known": known[:FEW],
        "old": old,
        "first": _first(guest),
    }
    return show(request, "home", {**context, **going_on, "operator": find_operator(request)})


@site_page()
def privileges(request: SiteRequest) -> HttpResponseBase:
    """Show what the customer enjoys, and in words what earns it."""
    mine = request.guest.tier
    every = tiers.list_tiers(request.store.pk)
    above = [each for each in reversed(every) if each.level > mine.level and each.segments]
    rows = [(drawn, title, text, mine.may(name)) for name, drawn, title, text in PRIVILEGES]
    context = {"mine": mine, "rows": [row for row in rows if row[3]], "above": above[:1]}
    return show(request, "privileges", context)


@site_page()
def more(request: SiteRequest) -> HttpResponseBase:
    """List the further pages."""
    return show(request, "more", {})


def _greeting(request: SiteRequest) -> str:
    local: datetime = periods.instant_at(request.now_us).astimezone(ZoneInfo(request.store.timezone))
    if local.hour < NOON:
        return "Good morning"
    return "Good day" if local.hour < EVENING else "Good evening"


def _first(guest: Guest) -> str:
    return guest.name.split()[0] if guest.name.strip() else ""
