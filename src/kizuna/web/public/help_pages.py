"""The public help pages of a shop: categories, articles, search, and whether an article helped.

Only what was published for everybody is shown, in the language of the address. Nothing is kept of a reader but a
random number in a cookie once they say whether something helped.
"""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from kizuna.conversations.live import panel
from kizuna.flows import answers
from kizuna.flows.answers import AskedOn, NotThere
from kizuna.html import colours, words
from kizuna.knowledge import articles, shelf
from kizuna.shops import tenants
from kizuna.web.public.paces import Pace

if TYPE_CHECKING:
    from kizuna.knowledge.articles import ArticleView
    from kizuna.shops.models import Shop

COOKIE = "kizuna_help"
LONGEST = 200
MOST_BESIDE = 6
_YEAR_S = 365 * 86_400
_searches = Pace(per_minute=30)
_votes = Pace(per_minute=20)
"""Of one address on one article: where a proxy hides the readers behind one address, they do not share one bucket."""
_votes_in_all = Pace(per_minute=120)

type View = Callable[..., HttpResponseBase]


class HelpRequest(HttpRequest):
    """A request to the help pages: the shop and the language of the address."""

    store: "Shop"
    language: str


def help_page(view: View) -> View:
    """Let a page exist for a shop there is, in a language it speaks."""

    @wraps(view)
    def page(request: HelpRequest, slug: str, language: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        store = tenants.find_shop(slug)
        if store is None or language not in _languages(store):
            raise Http404
        request.store, request.language = store, language
        with translation.override(language):
            return view(request, *args, **kwargs)

    return page


@require_safe
def enter(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead to the help pages in the reader's language."""
    store = tenants.find_shop(slug)
    if store is None:
        raise Http404
    wanted = [each.split(";")[0] for each in request.headers.get("Accept-Language", "").split(",")]
    language = words.choose(wanted, _languages(store))
    response = HttpResponseRedirect(reverse("help_front", args=[slug, language]))
    patch_vary_headers(response, ["Accept-Language"])
    return response


@require_safe
def colour_sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve the shop's colour as a style sheet: the content policy allows no style in pages."""
    store = tenants.find_shop(slug)
    if store is None:
        raise Http404
    made = colours.palette(panel.read(store.pk).colour)
    pairs = {
        "--accent": (made.fill, made.fill_dark),
        "--on-accent": (made.on_fill, made.on_fill_dark),
        "--accent-text": (made.text, made.text_dark),
    }
    lines = "".join(f"{name}: light-dark({light}, {dark});" for name, (light, dark) in pairs.items())
    return HttpResponse(f":root {{ {lines} }}\n", content_type="text/css; charset=utf-8")


@require_safe
@help_page
def front(request: HelpRequest) -> HttpResponse:
    """The first page: search, and everything by category."""
    return _show(request, "front", {"groups": _groups(articles.list_public(request.store.pk, request.language))})


@require_safe
@help_page
def category(request: HelpRequest, name: str) -> HttpResponse:
    """The articles of one category."""
    found = articles.list_public(request.store.pk, request.language, name)
    if not found:
        raise Http404
    return _show(request, "category", {"found": found, "title": found[0].category_name, "place": f"category/{name}/"})


@require_safe
@help_page
def search(request: HelpRequest) -> HttpResponse:
    """What was found for some words."""
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    store, now = request.store, timezone.now()
    if not asked:
        found = []
    elif _searches.allows(_whence(request)):
        found = answers.search(store, asked, request.language, now, AskedOn.HELP)
    else:
        found = articles.search(store.pk, asked, request.language)
    return _show(request, "search", {"found": found, "asked": asked})


@require_safe
@help_page
def article(request: HelpRequest, article: str) -> HttpResponse:
    """One article."""
    found = _get_or_404(request, article)
    beside = [
        each
        for each in articles.list_public(request.store.pk, request.language, found.category or None)
        if each.id != found.id
    ]
    said = request.GET.get("said", "")
    context = {
        "article": found,
        "beside": beside[:MOST_BESIDE],
        "said": said if said in ("yes", "no", "later") else "",
        "languages": found.languages,
        "place": f"{found.slug}/",
    }
    return _show(request, "article", context)


@require_POST
@help_page
def helpful(request: HelpRequest, article: str) -> HttpResponse:
    """Note whether an article helped."""
    found = _get_or_404(request, article)
    said = "yes" if request.POST.get("helpful") == "yes" else "no"
    known = request.COOKIES.get(COOKIE, "")
    reader = known if len(known) == 22 and known.isascii() else secrets.token_urlsafe(16)
    if _may_vote(request, found):
        answers.note_helpful(request.store, found.id, reader, said == "yes", timezone.now(), request.language)
    else:
        said = "later"
    response = HttpResponseRedirect(f"{found.url}?said={said}#helped")
    response.set_cookie(
        COOKIE,
        reader,
        max_age=_YEAR_S,
        path=reverse("help", args=[request.store.slug]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _show(request: HelpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    store, settled = request.store, panel.read(request.store.pk)
    shown = {
        "store": store,
        "language": request.language,
        "languages": _languages(store),
        "place": "",
        "write_key": shelf.panel_key(store.pk) if settled.is_on else "",
        "colour": settled.colour,
        "public_url": settings.PUBLIC_URL,
        **context,
    }
    return render(request, f"help/{name}.html", shown)


def _get_or_404(request: HelpRequest, slug: str) -> "ArticleView":
    """Get an article in exactly the language of the address, so that each text has one address."""
    try:
        found = articles.get_public(request.store.pk, slug, request.language)
    except NotThere:
        raise Http404 from None
    if found.language != request.language or found.slug != slug:
        raise Http404
    return found


def _groups(found: "list[ArticleView]") -> "list[tuple[str, str, list[ArticleView]]]":
    """Articles by category: (address, name, articles); those without one at the end."""
    grouped: dict[str, tuple[str, str, list[ArticleView]]] = {}
    for each in sorted(found, key=lambda one: (not one.category, one.category_name, one.title)):
        grouped.setdefault(each.category, (each.category, each.category_name, []))[2].append(each)
    return list(grouped.values())


def _languages(store: "Shop") -> list[str]:
    return [each for each in articles.list_languages(store.pk) if each in words.LANGUAGES] or [words.ENGLISH]


def _may_vote(request: HttpRequest, found: "ArticleView") -> bool:
    whence = _whence(request)
    return _votes.allows(f"{whence} {found.id}") and _votes_in_all.allows(whence)


def _whence(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
