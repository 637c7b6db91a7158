"""Who may see which page of the premium site: the shop in the address, the customer's own session, their tier.

The session is the portal's own: its cookie reaches nothing but this shop's pages, and no console log-in counts here.
Forms carry the session's token and must come from these pages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt

from kizuna.customers import links, profiles
from kizuna.html import words
from kizuna.privileges import entrance, site, tiers
from kizuna.privileges.entrance import SESSION_US
from kizuna.privileges.site import Site
from kizuna.privileges.tiers import TierView
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

COOKIE, LANGUAGE_COOKIE = "kizuna_premium", "kizuna_premium_language"
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Guest:
    """The customer whose pages these are."""

    customer_id: int
    identity_id: int
    identity_ids: tuple[int, ...]
    public_id: UUID
    name: str
    email: str
    language: str
    session_id: int
    csrf: str
    tier: TierView


class SiteRequest(HttpRequest):
    """The request that a guarded page receives; `guest` is None only where strangers are let in."""

    store: "Shop"
    settled: Site
    guest: Guest
    language: str
    now_us: int


class SitePage(Protocol):
    """A view of the premium site."""

    def __call__(self, request: SiteRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer the request."""
        ...


def site_page(feature: str = "", *, stranger: bool = False) -> Callable[[SitePage], Callable[..., HttpResponseBase]]:
    """Guard a page: a closed site does not exist, strangers come in first, what a tier does not see is told kindly."""
    if feature and feature not in tiers.FEATURES:
        raise KeyError(feature)

    def guard(page: SitePage) -> Callable[..., HttpResponseBase]:
        @wraps(page)
        @csrf_exempt
        def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            known = _prepare(request, slug)
            with translation.override(known.language):
                response = _answer(known, page, feature, stranger, args, kwargs)
            response["Cache-Control"] = "private, no-store"
            response["Referrer-Policy"] = "same-origin"
            if request.GET.get("language") in known.settled.languages:
                remember_language(response, known.store, known.language)
            return response

        return guarded

    return guard


def show(request: SiteRequest, template: str, context: Mapping[str, object], status: int = 200) -> HttpResponse:
    """Render a page of the premium site."""
    full = {"store": request.store, "site": request.settled, "guest": request.guest, "language": request.language}
    return render(request, f"portal/{template}.html", {**full, "now_us": request.now_us, **context}, status=status)


def let_in(response: HttpResponseBase, shop: "Shop", key: str) -> HttpResponseBase:
    """Give the browser the key of its session."""
    _set_cookie(response, shop, COOKIE, key, SESSION_US // 1_000_000)
    return response


def let_out(response: HttpResponseBase, shop: "Shop") -> HttpResponseBase:
    """Take the key of the session from the browser."""
    response.delete_cookie(COOKIE, path=_path(shop), samesite="Lax")
    return response


def remember_language(response: HttpResponseBase, shop: "Shop", language: str) -> None:
    """Keep the language that somebody chose in their browser."""
    _set_cookie(response, shop, LANGUAGE_COOKIE, language, 365 * 86_400)


def _prepare(request: HttpRequest, slug: str) -> SiteRequest:
    shop = tenants.find_shop(slug)
    if shop is None:
        raise Http404
    settled = site.site_of(shop.pk)
    if not settled.is_open:
        raise Http404
    known = cast("SiteRequest", request)
    known.store, known.settled, known.now_us = shop, settled, periods.epoch_us(timezone.now())
    known.guest = cast("Guest", _find_guest(known))
    known.language = words.choose(_wanted_languages(known), settled.languages)
    return known


def _answer(
    request: SiteRequest,
    page: SitePage,
    feature: str,
    stranger: bool,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> HttpResponseBase:
    if request.method not in SAFE and not _is_ours(request):
        return show(request, "refused", {}, status=403)
    if request.guest is None and not stranger:
        back = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
        return HttpResponseRedirect(reverse("premium_enter", args=[request.store.slug]) + (f"?{back}" if back else ""))
    if feature and not request.guest.tier.may(feature):
        return show(request, "not_yet", {}, status=403)
    try:
        return page(request, *args, **kwargs)
    except Http404:
        return show(request, "missing", {}, status=404)


def _find_guest(request: SiteRequest) -> Guest | None:
    shop = request.store
    session = entrance.find_session(shop.pk, request.COOKIES.get(COOKIE, ""), request.now_us)
    if session is None:
        return None
    customer_id = links.customers_of(shop.pk, [session.identity_id]).get(session.identity_id)
    customer = None if customer_id is None else profiles.find_by_id(shop.pk, customer_id)
    if customer is None:
        return None
    return Guest(
        customer.pk,
        session.identity_id,
        tuple(links.identities_of(shop.pk, [customer.pk])[customer.pk]),
        customer.public_id,
        customer.name,
        customer.email,
        customer.language,
        session.id,
        session.csrf,
        tiers.tier_of(shop.pk, customer.pk),
    )


def _wanted_languages(request: SiteRequest) -> list[str]:
    own = [] if request.guest is None or not request.guest.language else [request.guest.language]
    chosen = [request.GET.get("language", ""), request.COOKIES.get(LANGUAGE_COOKIE, "")]
    return [*chosen, *own, *request.headers.get("Accept-Language", "").split(",")]


def _is_ours(request: SiteRequest) -> bool:
    """Whether a form comes from these pages: the browser's word, and the token of the session where there is one."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin", "")
    if origin and origin != "null" and urlsplit(origin).netloc != request.get_host():
        return False
    return request.guest is None or constant_time_compare(request.POST.get("csrf", ""), request.guest.csrf)


def _set_cookie(response: HttpResponseBase, shop: "Shop", name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=_path(shop),
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )


def _path(shop: "Shop") -> str:
    return f"/p/{shop.slug}/"
