"""The settings pages of outgoing mail: how it leaves and fares, keys that sign, the check, the suppression list."""

from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import outgoing
from kizuna.conversations.composing import BadAddress
from kizuna.conversations.deliverability import Finding
from kizuna.flows.mail_out import checking, keys, sending, unsubscribing
from kizuna.flows.mail_out.checking import Domain
from kizuna.outreach import suppression
from kizuna.outreach.suppression import Reason, Scope
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

TROUBLES = 20
COUNTS = (
    ("queued", "Waiting", ""),
    ("sent", "Sent", ""),
    ("delivered", "Arrived", "good"),
    ("bounced", "Came back", "bad"),
    ("failed", "Not sent", "bad"),
    ("uncertain", "Maybe sent", "warn"),
)


class SuppressForm(forms.Form):
    """An address that wants no mail."""

    address = forms.CharField(label="Address", max_length=254, widget=forms.EmailInput({"autocomplete": "off"}))
    scope = forms.ChoiceField(label="What is not sent", choices=Scope.choices, initial=Scope.MARKETING)


@shop_page("edit_mail")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show how mail leaves, what became of it in the last day, and the keys of each domain."""
    counted = checking.count_states(shop, timezone.now())
    counted["queued"] = counted.get("queued", 0) + counted.get("sending", 0)
    troubles = [_trouble(row) for row in outgoing.list_troubled(shop.pk, TROUBLES)]
    context = {
        "way": checking.way_out(),
        "counts": [(label, counted.get(state, 0), tone) for state, label, tone in COUNTS],
        "domains": checking.list_domains(shop),
        "troubles": troubles,
    }
    return frame.show(request, "mail", "settings_mail", context)


@shop_page("edit_mail")
@require_POST
def make_key(request: ShopRequest, shop: "Shop", domain: str) -> HttpResponse:
    """Make a domain a new key; nothing is signed with it until it stands in the DNS."""
    keys.make(shop, _domain(shop, domain).name, request.user, timezone.now())
    messages.success(request, "The key is made. Put its record into the DNS, then let Kizuna sign.")
    return redirect("settings_mail", shop.slug)


@shop_page("edit_mail")
@require_POST
def sign(request: ShopRequest, shop: "Shop", domain: str) -> HttpResponse:
    """Let the key sign once the DNS shows it, or leave signing to the relay."""
    known = _domain(shop, domain)
    if request.POST.get("sign") == "0":
        keys.use(shop, known.name, False, request.user, timezone.now())
        messages.success(request, "Signing is left to your mail server or provider.")
    elif any(each.name == "DKIM" and each.tone in ("good", "warn") and each.found for each in _check(shop, known.name)):
        keys.use(shop, known.name, True, request.user, timezone.now())
        messages.success(request, f"Mail from {known.name} is signed from now on.")
    else:
        messages.error(request, "The DNS does not show the record yet; it can take some hours. Nothing was changed.")
    return redirect("settings_mail", shop.slug)


@shop_page("edit_mail")
def check(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Look at everything that lets others believe the mail of a domain."""
    domains = [each.name for each in checking.list_domains(shop)]
    asked = request.GET.get("domain", "")
    chosen = asked if asked in domains else next(iter(domains), "")
    findings = _check(shop, chosen) if asked and chosen else []
    context = {"domains": domains, "chosen": chosen, "findings": findings}
    return frame.show(request, "mail_check", "settings_mail", context)


@shop_page("edit_mail")
@require_POST
def send_test(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Send a test mail to whoever asks."""
    address = checking.send_test(shop, request.user, timezone.now())
    messages.success(request, f"A test mail goes to {address}.")
    return redirect("settings_mail_check", shop.slug)


@shop_page("edit_mail")
@require_POST
def resend(request: ShopRequest, shop: "Shop", mail: UUID) -> HttpResponse:
    """Send a mail again that did not arrive."""
    if not sending.resend_mail(shop, mail, request.user, timezone.now()):
        raise Http404
    messages.success(request, "It is sent again, under the same Message-ID.")
    return redirect("settings_mail", shop.slug)


@shop_page("edit_mail")
def suppressed(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List who is not written to; on POST, add somebody."""
    form = SuppressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            scope = Scope(form.cleaned_data["scope"])
            unsubscribing.add_by_hand(shop, form.cleaned_data["address"], scope, request.user, timezone.now())
        except BadAddress:
            form.add_error("address", "This is no e-mail address.")
        else:
            messages.success(request, "The address is on the list.")
            return redirect("settings_suppressed", shop.slug)
    query, page = request.GET.get("q", "")[:254], request.GET.get("page", "1")
    listed = suppression.list_entries(shop.pk, query, int(page) if page.isdecimal() and len(page) < 9 else 1)
    rows = [{"row": row, "scope": Scope(row.scope).label, "reason": Reason(row.reason).label} for row in listed]
    context = {"form": form, "rows": rows, "listed": listed, "query": query}
    return frame.show(request, "suppressed", "settings_mail", context, 422 if form.errors else 200)


@shop_page("edit_mail")
@require_POST
def lift(request: ShopRequest, shop: "Shop", entry: int) -> HttpResponse:
    """Take an address off the list."""
    if not unsubscribing.lift(shop, entry, request.user, timezone.now()):
        raise Http404
    messages.success(request, "The address may be written to again.")
    return redirect("settings_suppressed", shop.slug)


def _check(shop: "Shop", domain: str) -> list[Finding]:
    return checking.check(shop, domain)


def _domain(shop: "Shop", name: str) -> Domain:
    known = next((each for each in checking.list_domains(shop) if each.name == name), None)
    if known is None:
        raise Http404
    return known


def _trouble(row: outgoing.Outgoing) -> dict[str, object]:
    subject = row.message.subject or row.message.conversation.subject if row.message else row.content.get("subject", "")
    return {
        "row": row,
        "to": ", ".join(str(each["address"]) for each in row.recipients),
        "subject": subject,
        "label": outgoing.SendState(row.state).label,
    }
