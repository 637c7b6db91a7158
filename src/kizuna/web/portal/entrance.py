"""The doors of the premium site: asking for a link, opening it, the shop's signed token, leaving.

A link is opened by a button on its page, because mail programs look at links before people do.
"""

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from kizuna.flows.premium import entering
from kizuna.flows.premium.entering import Asked, Refused
from kizuna.html import colours
from kizuna.privileges import entrance
from kizuna.web.portal.access import SiteRequest, let_in, let_out, show, site_page

ONE_HOUR = "public, max-age=3600"


@site_page(stranger=True)
def ask(request: SiteRequest) -> HttpResponseBase:
    """Ask for a log-in link; every address gets the same answer."""
    if request.guest is not None:
        return HttpResponseRedirect(_home(request))
    if request.method != "POST":
        return show(request, "enter", {"next": request.GET.get("next", "")})
    address = request.POST.get("email", "").strip()
    if "@" not in address:
        return show(request, "enter", {"missing": True, "typed": address}, status=422)
    origin = request.META.get("REMOTE_ADDR", "")
    if not entering.ask_link(request.store, Asked(address, origin, request.language), request.now_us):
        return show(request, "enter", {"too_often": True}, status=429)
    return show(request, "sent", {"address": address})


@site_page(stranger=True)
def open_link(request: SiteRequest, key: str) -> HttpResponseBase:
    """Show the button that opens a mailed link; pressing it uses the link up."""
    if request.method != "POST":
        good = entrance.is_link_good(request.store.pk, key, request.now_us)
        return show(request, "open", {"good": good}, status=200 if good else 410)
    try:
        session = entering.enter_by_link(request.store, key, request.now_us)
    except Refused:
        return show(request, "open", {"good": False}, status=410)
    return let_in(HttpResponseRedirect(_home(request)), request.store, session)


@site_page(stranger=True)
def open_token(request: SiteRequest) -> HttpResponseBase:
    """Let in whom the shop vouches for with a signed token."""
    given = {name: request.GET.get(name, "") for name in ("user_id", "exp", "hmac", "jwt")}
    try:
        session = entering.enter_by_token(request.store, given, request.now_us)
    except Refused:
        if request.guest is not None:
            return HttpResponseRedirect(_home(request))
        return show(request, "open", {"good": False}, status=403)
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, None) and wanted.startswith(_home(request))
    return let_in(HttpResponseRedirect(wanted if safe else _home(request)), request.store, session)


@site_page(stranger=True)
def leave(request: SiteRequest) -> HttpResponseBase:
    """Leave, in this browser or everywhere."""
    enter = HttpResponseRedirect(reverse("premium_enter", args=[request.store.slug]))
    if request.method == "POST" and request.guest is not None:
        guest = request.guest
        everywhere = request.POST.get("everywhere") == "1"
        entering.leave(request.store, guest.customer_id, None if everywhere else guest.session_id, request.now_us)
        return let_out(enter, request.store)
    return enter


@site_page(stranger=True)
def colour_sheet(request: SiteRequest) -> HttpResponse:
    """Serve the shop's colours as a style sheet: the content policy allows no style in pages."""
    made = colours.palette(request.settled.accent)
    pairs = {
        "--accent": (made.fill, made.fill_dark),
        "--on-accent": (made.on_fill, made.on_fill_dark),
        "--accent-text": (made.text, made.text_dark),
    }
    lines = "".join(f"{name}: light-dark({light}, {dark});" for name, (light, dark) in pairs.items())
    return HttpResponse(f":root {{ {lines} }}\n", content_type="text/css; charset=utf-8")


def _home(request: SiteRequest) -> str:
    return reverse("premium_home", args=[request.store.slug])
