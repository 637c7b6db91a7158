"""What the provider reports of sent mail, over its webhook: checked, read by django-anymail, handed to one flow.

Open only where KIZUNA_MAIL_WEBHOOK is set, and only for the provider that mail goes through. No log-in: providers prove
themselves by basic authentication and, where they sign, by their signature.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from anymail.exceptions import AnymailWebhookValidationFailure
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kizuna.flows.mail_out import reports
from kizuna.flows.mail_out.reports import Report

if TYPE_CHECKING:
    from anymail.signals import AnymailTrackingEvent

MOST_EVENTS = 1000


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def events(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a report; 404 for anybody but the provider of this installation."""
    name = provider.replace("-", "_")
    if not settings.MAIL_WEBHOOK or name != settings.MAIL_PROVIDER:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()
    view = _view_of(name)
    try:
        view.run_validators(request)
        told = [_read(event) for event in view.parse_events(request)]
    except AnymailWebhookValidationFailure:
        return HttpResponse("Not allowed.", status=403, content_type="text/plain")
    except (KeyError, TypeError, ValueError):
        return HttpResponse("Not understood.", status=400, content_type="text/plain")
    reports.take(told[:MOST_EVENTS], timezone.now())
    return HttpResponse()


def _view_of(name: str) -> Any:
    """Make anymail's view of a provider, to check and read requests with; it is never called as a view."""
    module = import_module(f"anymail.webhooks.{name}")
    views = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == module.__name__ and each.__name__.endswith("WebhookView")
    ]
    chosen = next(each for each in views if "Tracking" in each.__name__ or "Combined" in each.__name__)
    mailer: dict[str, Any] = settings.MAILERS["default"]
    options: dict[str, Any] = mailer.get("OPTIONS", {})
    known = {key: value for key, value in options.items() if hasattr(chosen, key)}
    return chosen(webhook_secret=settings.MAIL_WEBHOOK, **known)


def _read(event: "AnymailTrackingEvent") -> Report:
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    return Report(
        kind=str(event.event_type or ""),
        public_id=str((event.metadata or {}).get("kizuna", "")),
        provider_id=str(event.message_id or ""),
        address=str(event.recipient or ""),
        at=event.timestamp,
        detail=str(event.mta_response or event.description or "")[:500],
        reason=str(event.reject_reason or ""),
        link=str(event.click_url or ""),
        user_agent=str(event.user_agent or ""),
        says_machine=bool(raw.get("sg_machine_open") or (raw.get("client-info") or {}).get("bot")),
    )
