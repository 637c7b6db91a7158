"""The door for providers that post incoming mail: django-anymail checks their signatures and reads their forms.

What is posted is stored as a raw mail like any other before the provider hears yes. A form that cannot be turned into a
mail goes to quarantine as it came; of a mail larger than what is kept the beginning goes there, and the provider hears
that it was too large.
"""

import hashlib
import importlib
import logging
import time
from typing import Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from kizuna.conversations import mailboxes
from kizuna.flows.mail_in import posting
from kizuna.flows.mail_in.posting import Posted
from kizuna.web.mail import forms
from kizuna.web.mail.forms import Form

PROVIDERS = {
    "mailgun": ("mailgun", "MailgunInboundWebhookView", "webhook_signing_key"),
    "postmark": ("postmark", "PostmarkInboundWebhookView", "webhook_secret"),
    "sendgrid": ("sendgrid", "SendGridInboundWebhookView", "webhook_secret"),
    "mailjet": ("mailjet", "MailjetInboundWebhookView", "webhook_secret"),
    "brevo": ("brevo", "BrevoInboundWebhookView", "webhook_secret"),
    "sparkpost": ("sparkpost", "SparkPostInboundWebhookView", "webhook_secret"),
}
_TOO_LARGE = {"mailgun": 406}
"""What tells a provider not to post a mail again; 413 for the others."""
_log = logging.getLogger(__name__)


@csrf_exempt
def take(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """Take what a provider posts; 404 for an unknown door, 400 where the signature is wrong, 200 once it is durable."""
    hook = mailboxes.find_hook(provider, token) if provider in PROVIDERS else None
    if hook is None:
        return HttpResponse("there is no such door", status=404)
    if request.method == "HEAD":
        return HttpResponse()
    if request.method != "POST":
        return HttpResponse("post mail here", status=405)
    try:
        with forms.reading(int(request.META.get("CONTENT_LENGTH") or 0)):
            return _take(hook, request)
    except forms.Busy:
        return HttpResponse("too much at once, come back", status=503, headers={"Retry-After": "60"})


def _take(hook: mailboxes.MailHook, request: HttpRequest) -> HttpResponse:
    provider, body = hook.provider, request.read()
    try:
        form = Form(request, body)
        view = _view(provider, mailboxes.reveal(hook.secret))
        view.run_validators(form)
    except AnymailWebhookValidationFailure:
        return HttpResponse("the signature is wrong", status=400)
    except (ValueError, LookupError):
        return HttpResponse("this is no form", status=400)
    now_us = time.time_ns() // 1000
    if len(body) > forms.MOST_READ:
        posting.leave_behind(hook, body, len(body), now_us)
        return _refuse(provider)
    try:
        digest = hashlib.sha256(body).hexdigest()
        posted = [_read(event, digest) for event in view.parse_events(form)]
    except (AnymailError, ValueError, LookupError, TypeError, AttributeError) as problem:
        _log.exception("%s posted what cannot be read", provider)
        posting.keep_unread(hook, body, f"{type(problem).__name__}: {problem}", now_us)
        return HttpResponse("kept")
    left = posting.take_posted(hook, posted, now_us)
    return _refuse(provider) if left else HttpResponse("stored")


def _refuse(provider: str) -> HttpResponse:
    return HttpResponse("too large: only its beginning is kept", status=_TOO_LARGE.get(provider, 413))


def _view(provider: str, secret: str) -> Any:
    module, name, setting = PROVIDERS[provider]
    view = getattr(importlib.import_module(f"anymail.webhooks.{module}"), name)
    return view(**{setting: secret})


def _read(event: Any, digest: str) -> Posted:
    """The mail of an event as bytes, the same ones where it is posted again; with the envelope where that is told."""
    message = event.message
    if not message.get("From") and not message.envelope_sender:
        raise ValueError("the form names no sender")
    for number, piece in enumerate(message.walk()):
        if piece.is_multipart() and piece.get_content_maintype() == "multipart":
            piece.set_boundary(f"{digest[:24]}-{number}")
    written = [each.addr_spec for each in (*(message.to or ()), *(message.cc or ())) if each.addr_spec]
    recipients = [message.envelope_recipient] if message.envelope_recipient else written
    return Posted(message.as_bytes(), message.envelope_sender, tuple(dict.fromkeys(recipients)))
