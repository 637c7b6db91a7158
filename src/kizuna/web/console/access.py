"""Who may see which page of the console: the shop in the address, the person's membership, their role.

`shop_page` guards every page under /s/<slug>/. What a role may do is written in shops.roles.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.functional import SimpleLazyObject
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from kizuna.shops import members, roles

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop


class ShopRequest(HttpRequest):
    """The request that a guarded page receives: a person who belongs to `shop` and is there as `role`."""

    user: "Person"
    shop: "Shop"
    role: str
    htmx: HtmxDetails


class Page(Protocol):
    """A view of one shop."""

    def __call__(self, request: ShopRequest, shop: "Shop", *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer the request."""
        ...


def shop_page(action: str = "view") -> Callable[[Page], Callable[..., HttpResponseBase]]:
    """Guard a page: strangers log in first, other shops do not exist (404), a wrong role is told so (403)."""
    if action not in roles.ACTIONS:
        raise KeyError(action)

    def guard(page: Page) -> Callable[..., HttpResponseBase]:
        @wraps(page)
        def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            person = find_person(request)
            if person is None:
                return _ask_to_log_in(request)
            entry = members.find_entry(slug, person)
            if entry is None:
                raise Http404
            known = cast("ShopRequest", request)
            known.shop, known.role = entry.shop, entry.role
            if not roles.may(entry.role, action):
                raise PermissionDenied
            response = page(known, entry.shop, *args, **kwargs)
            patch_cache_control(response, private=True, no_cache=True)
            return response

        guarded.action = action  # type: ignore[attr-defined]
        return guarded

    return guard


def person_page(page: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Guard a page that belongs to a person and no shop: strangers log in first."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if find_person(request) is None:
            return _ask_to_log_in(request)
        response = page(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return guarded


def find_person(request: HttpRequest) -> "Person | None":
    """Find who is logged in."""
    known = getattr(request, "user", None)
    return cast("Person", known) if known is not None and known.is_authenticated else None


def navigation(request: HttpRequest) -> dict[str, object]:
    """Give templates the shop and role of the page, what the role may do, and the shops to switch between."""
    role = getattr(request, "role", None)
    return {
        "shop": getattr(request, "shop", None),
        "role": role,
        "allowed": roles.list_allowed(role) if role else frozenset(),
        "my_shops": SimpleLazyObject(lambda: _list_shops(request)),
    }


def _list_shops(request: HttpRequest) -> "list[Shop]":
    person = find_person(request)
    return [] if person is None else [entry.shop for entry in members.list_entries(person)]


def _ask_to_log_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(reverse("account_login"))
    return redirect_to_login(request.get_full_path(), reverse("account_login"))
