"""The page behind the unsubscribe link of a mail: looking changes nothing, its button or one click elsewhere does.

Without log-in and without a session: the signed link is the proof (RFC 8058).
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kizuna.flows.mail_out import unsubscribing


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link does, or do it."""
    if request.method == "POST":
        unsubscribing.follow_link(token, timezone.now())
    link = unsubscribing.find_link(token)
    response = render(request, "public/unsubscribe.html", {"link": link}, status=404 if link is None else 200)
    response["Referrer-Policy"] = "no-referrer"
    return response
