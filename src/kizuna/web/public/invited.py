"""The door of invitations: a customer's link leads a friend into the shop, with the code that the tracker keeps.

It leads only where the shop decided (or into the demo's storefront); a code nobody was given does not exist.
"""

from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kizuna.demo import kept
from kizuna.flows import referrals

CODE = "kz_ref"


@never_cache
@require_safe
def enter(request: HttpRequest, code: str) -> HttpResponse:
    """Lead a friend into the shop; nothing is kept before the shop's own page tells it."""
    landing = referrals.find_landing(code)
    if landing is None:
        raise Http404
    url = landing.url or _storefront(landing.shop_slug)
    if not url:
        raise Http404
    return HttpResponseRedirect(with_code(url, code))


def with_code(url: str, code: str) -> str:
    """Write the code into an address, whatever else its query says."""
    parts = urlsplit(url)
    asked = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != CODE]
    return urlunsplit(parts._replace(query=urlencode([*asked, (CODE, code)])))


def _storefront(slug: str) -> str:
    note = kept.read_note(Path(settings.HOME))
    return reverse("store", args=[slug]) if note is not None and note.filled and note.slug == slug else ""
