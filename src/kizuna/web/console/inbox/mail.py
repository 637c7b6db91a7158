"""A mail as it looked: its cleaned HTML as a page of its own inside a frame that may run nothing and load nothing.

Remote images come only when somebody asks, for that one message: loading them tells the sender that it was read.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from kizuna.conversations import threads
from kizuna.html import sanitise
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.inbox.thread import find_or_404

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@require_safe
@xframe_options_sameorigin
@shop_page("work_wishes")
def show(request: ShopRequest, shop: "Shop", public_id: UUID, number: int) -> HttpResponse:
    """Show the HTML of one message."""
    conversation = find_or_404(shop, public_id)
    found = next(iter(threads.list_messages(shop.pk, conversation.pk, number - 1)[:1]), None)
    if found is None or found.number != number or not found.html:
        raise Http404
    with_images = request.GET.get("images") == "1"
    html = sanitise.show_images(found.html) if with_images else found.html
    response = render(request, "console/inbox/mail.html", {"html": html})
    images = "http: https: data:" if with_images else f"{request.build_absolute_uri('/files/')} data:"
    response["Content-Security-Policy"] = (
        f"default-src 'none'; img-src {images}; style-src 'self'; frame-ancestors 'self'; form-action 'none';"
        " base-uri 'none'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    )
    response["Referrer-Policy"] = "no-referrer"
    return response
