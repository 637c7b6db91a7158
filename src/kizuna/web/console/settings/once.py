"""Secrets that a page shows exactly once after a redirect: carried by the browser itself, never by the database.

A session lives in the database, so a key handed over in one would be stored in clear. A short-lived signed cookie
that only the settings pages of this shop receive is read and removed by the next page.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


COOKIE = "kizuna_shown_once"
SECONDS = 120


def hand_over(shop: "Shop", target: str, shown: dict[str, str]) -> HttpResponse:
    """Redirect to a settings page that will show these texts once."""
    response = redirect(target)
    response.set_cookie(
        COOKIE,
        signing.dumps(shown, salt=_salt(shop)),
        max_age=SECONDS,
        path=_path(shop),
        httponly=True,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        samesite="Strict",
    )
    return response


def take(request: HttpRequest, shop: "Shop") -> dict[str, str] | None:
    """Read what the page shall show once; None when there is nothing, or not from us."""
    try:
        return dict(signing.loads(request.COOKIES.get(COOKIE, ""), salt=_salt(shop), max_age=SECONDS))
    except (signing.BadSignature, ValueError):
        return None


def forget(response: HttpResponse, shop: "Shop") -> HttpResponse:
    """Remove what was shown, and let no cache keep the page that showed it."""
    response.delete_cookie(COOKIE, path=_path(shop), samesite="Strict")
    response["Cache-Control"] = "no-store"
    return response


def _salt(shop: "Shop") -> str:
    return f"kizuna.shown-once.{shop.pk}"


def _path(shop: "Shop") -> str:
    return reverse("settings", args=[shop.slug])
