"""Who may ask the API: bearer tokens of one shop with one role, a rate limit, and errors that name what is wrong.

A token sees its own shop only; the shop is never in the address. Keys are checked in shops.keys.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from kizuna.shops import keys, roles

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop


PER_MINUTE = 240
KEPT = 10_000


class BadRequest(ValueError):
    """The request asks for something in a way that cannot be answered; `field` is the parameter to blame."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class NobodyActs(PermissionError):
    """The token has no person behind it any more, so that nobody would have done what it asks for."""


class Endpoint(Protocol):
    """A view of the API for one shop."""

    def __call__(self, request: HttpRequest, shop: "Shop", *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer the request."""
        ...


class Allowance:
    """So many requests a minute per token in this process, refilled evenly."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._left: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, token_id: int, seconds: float) -> float:
        """Take one request; returns 0, or for how many seconds to wait."""
        with self._lock:
            left, since = self._left.pop(token_id, (float(self.per_minute), seconds))
            left = min(float(self.per_minute), left + (seconds - since) * self.per_minute / 60)
            allowed = left >= 1
            self._left[token_id] = (left - 1 if allowed else left, seconds)
            if len(self._left) > KEPT:
                self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / self.per_minute


allowance = Allowance(PER_MINUTE)


def endpoint(
    action: str, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[Endpoint], Callable[..., HttpResponseBase]]:
    """Guard an endpoint: its methods (405), a valid token (401), a role that may (403), within the allowance (429)."""
    if action not in roles.ACTIONS:
        raise KeyError(action)

    def guard(answer: Endpoint) -> Callable[..., HttpResponseBase]:
        @csrf_exempt
        @wraps(answer)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                headers = {"Allow": ", ".join(methods)}
                return refuse(405, "method_not_allowed", f"use {methods[0]}", headers=headers)
            bearer = keys.find_bearer(_read_key(request))
            if bearer is None:
                message = "send a valid token as 'Authorization: Bearer kz_t_...'"
                return refuse(401, "not_authenticated", message, headers={"WWW-Authenticate": "Bearer"})
            if not roles.may(bearer.role, action):
                return refuse(403, "not_allowed", f"a token with the role {bearer.role} may not do this")
            wait = allowance.take(bearer.token.pk, time.monotonic())
            if wait:
                headers = {"Retry-After": str(int(wait) + 1)}
                return refuse(429, "too_many_requests", f"at most {PER_MINUTE} requests a minute", headers=headers)
            keys.note_use([], [bearer.token.pk], timezone.now())
            request.bearer = bearer  # type: ignore[attr-defined]
            try:
                response = answer(request, bearer.shop, **kwargs)
            except NobodyActs:
                return refuse(403, "not_allowed", "whoever made this token is gone: make a new one to act with")
            except BadRequest as bad:
                return refuse(400, "bad_request", bad.message, field=bad.field)
            response["Cache-Control"] = "private, no-store"
            return response

        guarded.api_action = action  # type: ignore[attr-defined]
        return guarded

    return guard


def acting_person(request: HttpRequest) -> "Person":
    """Give the person who made the request's token: what it does, it does in their name. Raises NobodyActs."""
    bearer: keys.Bearer = request.bearer  # type: ignore[attr-defined]
    if bearer.token.created_by is None:
        raise NobodyActs
    return bearer.token.created_by


def refuse(
    status: int, code: str, message: str, *, field: str | None = None, headers: dict[str, str] | None = None
) -> JsonResponse:
    """Answer with an error: a code for programs, a sentence for people, the parameter to blame where there is one."""
    error = {"code": code, "message": message}
    if field is not None:
        error["field"] = field
    return JsonResponse({"error": error}, status=status, headers=headers)


@csrf_exempt
def refuse_unknown(request: HttpRequest, rest: str = "") -> JsonResponse:
    """Answer 404 as JSON for addresses that the API does not have, ids that are none included."""
    return refuse(404, "not_found", f"there is nothing at {request.path[:200]}; see /api/v1/openapi.json")


def check_parameters(request: HttpRequest, known: frozenset[str]) -> None:
    """Refuse parameters that are misspelt or given twice: silence would look like an answer."""
    for name in request.GET:
        if name not in known:
            raise BadRequest(name, f"unknown parameter; known are {', '.join(sorted(known))}")
        if len(request.GET.getlist(name)) > 1:
            raise BadRequest(name, "given more than once")


def _read_key(request: HttpRequest) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
