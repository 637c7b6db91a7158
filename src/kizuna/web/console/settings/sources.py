"""The settings pages of sources and their write keys: make one, connect it, rotate its key, revoke it.

A key is shown on the one page after it was made (once.py); later pages know only how it begins.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import shops
from kizuna.shops import sources
from kizuna.shops.tenants import NotThere, Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.settings import frame, once, snippets

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


KINDS = {
    sources.BROWSER: "the shop's pages. Anybody can read the key there, so what it says is not taken as proof.",
    sources.SERVER: "the shop's own server. The key stays secret, so e-mail addresses it sends count as verified.",
    sources.FILES: "files that you import.",
    sources.CONSOLE: "what your people record here.",
}
KEYED = [(kind, f"{kind.capitalize()}: {KINDS[kind]}") for kind in sources.KEYED_KINDS]


class SourceForm(forms.Form):
    """A new source."""

    name = forms.CharField(max_length=80, label="Name", help_text="Such as: web shop, till, newsletter.")
    kind = forms.ChoiceField(choices=KEYED, label="What sends", widget=forms.RadioSelect, initial="browser")


@shop_page("edit_sources")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the sources of the shop."""
    return _show(request, shop, SourceForm())


@shop_page("edit_sources")
@require_POST
def create(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Make a source, then show its key and how to connect it."""
    form = SourceForm(request.POST)
    if form.is_valid():
        try:
            source, key = shops.create_source(shop, **form.cleaned_data, person=request.user, now=timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            return once.hand_over(shop, reverse("settings_source", args=[shop.slug, source.public_id]), {"key": key})
    return _show(request, shop, form, status=422)


@shop_page("edit_sources")
def connect(request: ShopRequest, shop: "Shop", source: UUID) -> HttpResponse:
    """Show how to connect a source; the key itself only right after it was made."""
    try:
        found = sources.get_source(shop, source)
    except NotThere:
        raise Http404 from None
    except Refused:
        messages.warning(request, "This source is not in use any more.")
        return redirect("settings_sources", shop.slug)
    key = (once.take(request, shop) or {}).get("key", "")
    honour = shop.honour_do_not_track
    texts = snippets.write(settings.PUBLIC_URL, key or snippets.PLACE, found.kind, honour_do_not_track=honour)
    context = {"source": found, "key": key, "kind": KINDS[found.kind], "snippets": texts}
    response = frame.show(request, "source", "settings_sources", context)
    return once.forget(response, shop) if key else response


@shop_page("edit_sources")
@require_POST
def rotate(request: ShopRequest, shop: "Shop", source: UUID) -> HttpResponse:
    """Give a source a new key and show it once."""
    try:
        _, key = shops.rotate_source(shop, source, request.user, timezone.now())
    except Refused as refusal:
        frame.tell(request, refusal)
        return redirect("settings_sources", shop.slug)
    return once.hand_over(shop, reverse("settings_source", args=[shop.slug, source]), {"key": key})


@shop_page("edit_sources")
@require_POST
def revoke(request: ShopRequest, shop: "Shop", source: UUID) -> HttpResponse:
    """End a source."""
    try:
        ended = shops.revoke_source(shop, source, request.user, timezone.now())
    except Refused as refusal:
        frame.tell(request, refusal)
    else:
        messages.success(request, f"{ended.name} is revoked: its key is refused from now on, what it sent stays.")
    return redirect("settings_sources", shop.slug)


def _show(request: ShopRequest, shop: "Shop", form: SourceForm, status: int = 200) -> HttpResponse:
    rows = [{"source": source, "kind": KINDS[source.kind]} for source in sources.list_sources(shop)]
    return frame.show(request, "sources", "settings_sources", {"rows": rows, "form": form}, status)
