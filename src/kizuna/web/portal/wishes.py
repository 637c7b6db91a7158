"""Wishes on the premium site: what we can do with its day at once, a wish in words, their state, and their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from kizuna.conversations import talks_of
from kizuna.conversations.wishes import WrongStage
from kizuna.flows.premium import wishing
from kizuna.flows.premium.wishing import Beyond, NotThere, Refused, Wish
from kizuna.science import periods
from kizuna.web.portal.access import SiteRequest, show, site_page
from kizuna.web.portal.messages import fresh_token, writer_of

if TYPE_CHECKING:
    from kizuna.conversations.models import ServiceRequest

STATES = {
    "forwarded": ("We have it", "accent"),
    "understood": ("We have understood it", "accent"),
    "accepted": ("Promised", "accent"),
    "in_work": ("We are on it", "accent"),
    "fulfilled": ("Done", "good"),
    "confirmed": ("Done", "good"),
    "declined": ("Not possible", "warn"),
    "withdrawn": ("Taken back", ""),
}
OPEN = ("forwarded", "understood", "accepted", "in_work", "fulfilled")
DONE = {"filed": "Thank you, we have your wish.", "promised": "It is promised.", "ordered": "We follow your order."}
DONE |= {"back": "It is taken back.", "good": "Thank you for telling us.", "again": "We take it up again."}


@dataclass(frozen=True, slots=True)
class Row:
    """A wish as the customer sees it."""

    wish: "ServiceRequest"
    state: str
    tone: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a wish: what, when, and whether it is done or next."""

    words: str
    at_us: int | None
    look: str


@site_page("wishes")
def page(request: SiteRequest) -> HttpResponseBase:
    """Show what we can do, and the customer's wishes."""
    return _show(request)


@site_page("wishes")
def choose(request: SiteRequest) -> HttpResponseBase:
    """Wish for something: a choice of the catalogue, or something in words."""
    if request.method != "POST":
        return _back(request)
    guest, posted = request.guest, request.POST
    offer = _uuid(posted.get("offer", ""))
    if offer is not None and not guest.tier.may("choices"):
        raise Http404
    wanted = Wish(posted.get("text", ""), posted.get("token", ""), offer, _day(posted.get("day", "")), guest.tier.name)
    try:
        wish = wishing.wish_for(request.store, writer_of(guest), wanted, periods.instant_at(request.now_us))
    except Beyond as beyond:
        context = {"beyond": beyond.capability, "next_day": beyond.next_day, "typed": wanted.text}
        return _show(request, context, status=409)
    except Refused as refusal:
        return _show(request, {"refused": refusal.field, "typed": wanted.text}, status=422)
    url = reverse("premium_wish", args=[request.store.slug, wish.public_id])
    return HttpResponseRedirect(f"{url}?done={'promised' if wish.promised_us else 'filed'}")


@site_page("wishes")
def one(request: SiteRequest, wish: UUID) -> HttpResponseBase:
    """Show one wish: where it stands, by when, and what the customer may do."""
    found = _get(request, wish)
    state, tone = STATES[found.stage]
    context = {
        "wish": found,
        "state": state,
        "tone": tone,
        "steps": _steps(found),
        "is_open": found.stage in OPEN and found.stage != "fulfilled",
        "asks": found.stage == "forwarded" and bool(found.learned),
        "done": DONE.get(request.GET.get("done", ""), ""),
    }
    return show(request, "wish", context)


@site_page("wishes")
def act(request: SiteRequest, wish: UUID) -> HttpResponseBase:
    """Do what a customer may do with a wish of theirs."""
    found = _get(request, wish)
    done = ""
    if request.method == "POST":
        done = _act(request, found, request.POST.get("what", ""))
    url = reverse("premium_wish", args=[request.store.slug, wish])
    return HttpResponseRedirect(f"{url}?done={done}" if done else url)


@site_page("importance")
def put_in_order(request: SiteRequest) -> HttpResponseBase:
    """Keep the customer's own order: all wishes as named, or one of them moved up or down."""
    if request.method != "POST":
        return _back(request)
    order = [row.wish.public_id for row in _rows(request) if row.is_open]
    moved, step = _uuid(request.POST.get("wish", "")), {"up": -1, "down": 1}.get(request.POST.get("move", ""), 0)
    if moved not in order:
        raise Http404
    place = order.index(moved)
    there = min(max(place + step, 0), len(order) - 1)
    order.insert(there, order.pop(place))
    wishing.put_in_order(request.store, request.guest.identity_ids, order, periods.instant_at(request.now_us))
    return _back(request, "ordered", "#mine")


def list_rows(request: SiteRequest) -> list[Row]:
    """List the customer's wishes, for other pages."""
    return _rows(request)


def _act(request: SiteRequest, wish: "ServiceRequest", what: str) -> str:
    store, mine, now = request.store, request.guest.identity_ids, periods.instant_at(request.now_us)
    try:
        if what == "understood":
            wishing.say_understood(store, mine, wish.public_id, now)
            return "good"
        if what in ("good", "again"):
            wishing.say_done(store, mine, wish.public_id, what == "good", now)
            return what
        if what == "back":
            wishing.take_back(store, mine, wish.public_id, now)
            return "back"
    except WrongStage:
        return ""  # somebody of the shop was faster: the page shows how it stands now
    return ""


def _show(request: SiteRequest, more: Mapping[str, object] | None = None, status: int = 200) -> HttpResponseBase:
    guest = request.guest
    offers = wishing.list_offers(request.store, guest.tier.name, request.now_us) if guest.tier.may("choices") else []
    rows = _rows(request)
    context: dict[str, object] = {
        "offers": offers,
        "open": [row for row in rows if row.is_open],
        "ended": [row for row in rows if not row.is_open],
        "token": fresh_token(),
        "may_order": guest.tier.may("importance"),
        "done": DONE.get(request.GET.get("done", ""), ""),
    }
    return show(request, "wishes", {**context, **(more or {})}, status)


def _rows(request: SiteRequest) -> list[Row]:
    found = talks_of.list_wishes(request.store.pk, request.guest.identity_ids)
    return [Row(each, *STATES[each.stage], each.stage in OPEN) for each in found]


def _get(request: SiteRequest, public_id: UUID) -> "ServiceRequest":
    try:
        return wishing.get(request.store, request.guest.identity_ids, public_id)
    except NotThere as absent:
        raise Http404 from absent


def _steps(wish: "ServiceRequest") -> Sequence[Step]:
    """What has happened and what comes, honestly: a day is said only where it is promised or due."""
    said = [Step("You told us", wish.forwarded_us, "done")]
    if wish.declined_us or wish.withdrawn_us:
        words = "Not possible" if wish.declined_us else "You took it back"
        return [*said, Step(words, wish.declined_us or wish.withdrawn_us, "done")]
    later = (
        ("We have understood it", wish.understood_us),
        ("We promised a day", wish.accepted_us),
        ("We began", wish.started_us),
        ("Done", wish.fulfilled_us),
        ("You confirmed it", wish.confirmed_us),
    )
    last = max((number for number, (_, at_us) in enumerate(later) if at_us), default=-1)
    for number, (words, at_us) in enumerate(later):
        look = "done" if number <= last else "now" if number == last + 1 else ""
        said.append(Step(words, at_us, look))
    return said


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _back(request: SiteRequest, done: str = "", part: str = "") -> HttpResponseRedirect:
    url = reverse("premium_wishes", args=[request.store.slug])
    return HttpResponseRedirect((f"{url}?done={done}" if done else url) + part)
