"""The wishes of a shop over the API: list, show, take up, move between the stages of handling.

Bodies are JSON objects; what is wrong with one is told with the field. A token acts as the person who made it.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone

from kizuna.conversations import teams, wish_kinds, wish_lists, wishes
from kizuna.conversations.wish_lists import WishFilters
from kizuna.conversations.wishes import NotThere, Priority, Stage
from kizuna.customers import links, profiles
from kizuna.flows.wishes import handling, opening
from kizuna.flows.wishes.handling import Acceptance, Outcome, Refusal, Understanding
from kizuna.flows.wishes.opening import NewWish
from kizuna.privileges import catalogue
from kizuna.privileges.capabilities import Beyond
from kizuna.science import periods
from kizuna.shops.tenants import Refused
from kizuna.web.api.access import BadRequest, acting_person, check_parameters, endpoint, refuse

if TYPE_CHECKING:
    from kizuna.conversations.models import ServiceRequest
    from kizuna.shops.models import Person, Shop

type Body = Mapping[str, Any]

PARAMETERS = frozenset({"stage", "department", "kind", "customer", "cursor", "limit"})
NEW = frozenset({"customer", "text", "title", "kind", "department", "capability", "priority", "own_priority", "token"})
MOVE = frozenset({"to", "learned", "confirmed", "day", "capability", "units", "reason", "nearest", "outcome", "tell"})
MOVES = (
    Stage.FORWARDED,
    Stage.UNDERSTOOD,
    Stage.ACCEPTED,
    Stage.IN_WORK,
    Stage.FULFILLED,
    Stage.CONFIRMED,
    Stage.DECLINED,
    Stage.WITHDRAWN,
)
MOST = 200
LARGEST_BODY = 64 * 1024
LARGEST_NUMBER = 10**9


def collection(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
    """List wishes, or take one up."""
    return (_open if request.method == "POST" else _list)(request, **kwargs)


@endpoint("view")
def show(request: HttpRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show one wish."""
    check_parameters(request, frozenset())
    try:
        return JsonResponse({"shop": shop.slug, "wish": describe(wishes.get(shop.pk, public_id))})
    except NotThere:
        return _unknown()


@endpoint("work_wishes", methods=("POST",))
def move(request: HttpRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Move a wish to another stage of handling."""
    body = _read_body(request, MOVE)
    to = _one_of(body, "to", [str(each) for each in MOVES])
    try:
        wishes.get(shop.pk, public_id)
    except NotThere:
        return _unknown()
    try:
        _move(shop, public_id, Stage(to), body, acting_person(request))
    except wishes.WrongStage as wrong:
        return refuse(409, "wrong_stage", wrong.message, field="to")
    except Beyond as beyond:
        return _beyond(beyond)
    except Refused as refusal:
        raise BadRequest(refusal.field, refusal.message) from None
    return JsonResponse({"shop": shop.slug, "wish": describe(wishes.get(shop.pk, public_id))})


def describe(wish: "ServiceRequest") -> dict[str, object]:
    """Tell of a wish what programs may know."""
    return {
        "id": str(wish.public_id),
        "title": wish.title,
        "text": wish.text,
        "learned": wish.learned,
        "stage": wish.stage,
        "source": wish.source,
        "customer": None if wish.customer is None else str(wish.customer.public_id),
        "kind": None if wish.kind is None else {"id": str(wish.kind.public_id), "name": wish.kind.name},
        "department": None
        if wish.department is None
        else {"id": str(wish.department.public_id), "name": wish.department.name},
        "priority": wish.priority,
        "own_priority": wish.own_priority,
        "units": wish.units,
        "confirmed_by_customer": wish.confirmed_by_customer,
        "within_capability": wish.within_capability,
        "waits_for_customer": wish.waits_since_us is not None,
        "reason": wish.reason,
        "nearest": wish.nearest,
        "outcome": wish.outcome,
        "forwarded_at": _instant(wish.forwarded_us),
        "understood_at": _instant(wish.understood_us),
        "accepted_at": _instant(wish.accepted_us),
        "promised_until": _instant(wish.promised_us),
        "due_at": _instant(wish.due_us),
        "fulfilled_at": _instant(wish.fulfilled_us),
        "confirmed_at": _instant(wish.confirmed_us),
        "declined_at": _instant(wish.declined_us),
        "withdrawn_at": _instant(wish.withdrawn_us),
    }


@endpoint("view")
def _list(request: HttpRequest, shop: "Shop") -> HttpResponse:
    check_parameters(request, PARAMETERS)
    given = {name: request.GET.get(name, "") for name in PARAMETERS}
    stages = tuple(filter(None, given["stage"].split(",")))
    if not set(stages) <= set(Stage.values):
        raise BadRequest("stage", f"must be among {', '.join(Stage.values)}, with commas between")
    limit = given["limit"] or "50"
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MOST):
        raise BadRequest("limit", f"must be a whole number from 1 to {MOST}")
    if given["cursor"] and wish_lists.read_cursor(given["cursor"]) is None:
        raise BadRequest("cursor", "is not the `next` of a page; leave it out for the first page")
    department = _named(given, "department", lambda text: teams.get(shop.pk, text).pk)
    filters = WishFilters(
        stages=stages,
        department_ids=() if department is None else (department,),
        kind_id=_named(given, "kind", lambda text: wish_kinds.get(shop.pk, text).pk),
        customer_ids=(_customer(shop, given),) if given["customer"] else None,
    )
    now_us = periods.epoch_us(timezone.now())
    page = wish_lists.list_page(shop.pk, filters, now_us, given["cursor"], int(limit))
    rows = [describe(wish) for wish in page.rows]
    return JsonResponse({"shop": shop.slug, "wishes": rows, "next": page.next_cursor or None})


@endpoint("work_wishes", methods=("POST",))
def _open(request: HttpRequest, shop: "Shop") -> HttpResponse:
    body = _read_body(request, NEW)
    customer_id = _customer(shop, body)
    strongest = links.find_strongest(shop.pk, customer_id)
    token = _text(body, "token", 64)
    new = NewWish(
        None if strongest is None else strongest[0],
        _text(body, "text", opening.LONGEST_TEXT),
        "api",
        kind_id=_named(body, "kind", lambda text: wish_kinds.get(shop.pk, text).pk),
        department_id=_named(body, "department", lambda text: teams.get(shop.pk, text).pk),
        capability_id=_named(body, "capability", lambda text: catalogue.get(shop.pk, text).pk),
        priority=_number(body, "priority") or Priority.NORMAL,
        own_priority=_number(body, "own_priority"),
        title=_text(body, "title", wishes.LONGEST_TITLE),
        token=f"api-{token}" if token else "",
    )
    try:
        wish = opening.open_wish(shop, new, acting_person(request), timezone.now())
    except Refused as refusal:
        raise BadRequest(refusal.field, refusal.message) from None
    described = describe(wishes.get(shop.pk, wish.public_id))
    return JsonResponse({"shop": shop.slug, "wish": described}, status=201)


def _move(shop: "Shop", public_id: UUID, to: Stage, body: Body, person: "Person") -> None:
    now = timezone.now()
    tell = _text(body, "tell", 20_000)
    match to:
        case Stage.FORWARDED:
            handling.forward(shop, public_id, wishes.get(shop.pk, public_id).department_id, person, now)
        case Stage.UNDERSTOOD:
            what = Understanding(_text(body, "learned", 5_000), _truth(body, "confirmed"), tell)
            handling.understand(shop, public_id, what, person, now)
        case Stage.ACCEPTED:
            entry = _named(body, "capability", lambda text: catalogue.get(shop.pk, text).pk)
            units = _number(body, "units")
            promised = Acceptance(_day(body), entry, 1 if units is None else units, tell)
            handling.accept(shop, public_id, promised, person, now)
        case Stage.IN_WORK:
            handling.start(shop, public_id, person, now)
        case Stage.FULFILLED:
            handling.fulfil(shop, public_id, Outcome(_text(body, "outcome", 5_000), tell=tell), person, now)
        case Stage.CONFIRMED:
            handling.confirm(shop, public_id, person, now)
        case Stage.DECLINED:
            why = Refusal(_text(body, "reason", 2_000), _text(body, "nearest", 2_000), tell)
            handling.decline(shop, public_id, why, person, now)
        case Stage.WITHDRAWN:
            handling.withdraw(shop, public_id, _text(body, "reason", 2_000), person, now)


def _read_body(request: HttpRequest, known: frozenset[str]) -> Body:
    check_parameters(request, frozenset())
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BODY:
        raise BadRequest("body", f"has more than {LARGEST_BODY} bytes")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadRequest("body", "is not JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("body", "must be a JSON object")
    for name in body:
        if name not in known:
            raise BadRequest(str(name)[:80], f"unknown field; known are {', '.join(sorted(known))}")
    return body


def _text(body: Body, name: str, longest: int) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise BadRequest(name, f"must be text of at most {longest} characters, without NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRequest(name, "holds half a character (a lone surrogate)") from None
    return value


def _number(body: Body, name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_NUMBER:
        raise BadRequest(name, "must be a whole number, not negative")
    return value


def _truth(body: Body, name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise BadRequest(name, "must be true or false")
    return value


def _day(body: Body) -> date | None:
    text = _text(body, "day", 10)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadRequest("day", "must be a day such as 2026-12-24") from None


def _one_of(body: Body, name: str, known: list[str]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or value not in known:
        raise BadRequest(name, f"must be one of {', '.join(known)}")
    return value


def _named(given: Body, name: str, find: Callable[[str], int]) -> int | None:
    """The number behind an id; refused where the shop has no such thing."""
    text = _text(given, name, 64)
    try:
        return find(str(UUID(text))) if text else None
    except (ValueError, LookupError):
        raise BadRequest(name, "this shop has none with this id") from None


def _customer(shop: "Shop", given: Body) -> int:
    text = _text(given, "customer", 64)
    try:
        found = profiles.find_customer(shop.pk, UUID(text))
    except ValueError:
        found = None
    if found is None:
        raise BadRequest("customer", "this shop has no customer with this id")
    return found.pk


def _beyond(beyond: Beyond) -> HttpResponse:
    """A full week is no mistake of the request: the honest next day and what lies nearest come with it."""
    error = {
        "code": "beyond_capacity",
        "message": beyond.message,
        "field": "day",
        "next_day": None if beyond.next_day is None else beyond.next_day.isoformat(),
        "nearest": [
            {"id": str(each.capability.public_id), "name": each.capability.name, "day": each.day.isoformat()}
            for each in beyond.nearest
        ],
    }
    return JsonResponse({"error": error}, status=409)


def _unknown() -> JsonResponse:
    return refuse(404, "not_found", "this shop has no such wish", field="public_id")


def _instant(us: int | None) -> str | None:
    return None if us is None else datetime.fromtimestamp(us / 1_000_000, UTC).isoformat().replace("+00:00", "Z")
