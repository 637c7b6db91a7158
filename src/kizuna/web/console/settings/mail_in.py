"""The settings page of incoming mail: mailboxes to fetch, doors for providers, whose word counts, faxes and letters."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import mail_terms, mailboxes, teams
from kizuna.conversations.mailboxes import Access
from kizuna.flows.mail_in import arranging
from kizuna.flows.mail_in.arranging import Refused, Terms
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

PROVIDERS = (
    ("mailgun", "Mailgun"),
    ("postmark", "Postmark"),
    ("sendgrid", "SendGrid"),
    ("mailjet", "Mailjet"),
    ("brevo", "Brevo"),
    ("sparkpost", "SparkPost"),
)
SECURITY = (("tls", "TLS, port 993"), ("starttls", "STARTTLS, port 143"), ("none", "none: inside one machine only"))
_LINES = {"rows": 3, "class": "mono", "spellcheck": "false"}


class TermsForm(forms.Form):
    """Whose word about senders counts, and which addresses bring faxes and letters."""

    trusted_receiver = forms.CharField(
        label="Trusted mail server",
        max_length=254,
        required=False,
        help_text="The name that your own mail server writes first into Authentication-Results. A sender it refutes"
        " never joins a customer's conversation. Empty: nobody's word counts.",
    )
    fax_addresses = forms.CharField(
        label="Fax gateways",
        max_length=5000,
        required=False,
        widget=forms.Textarea(_LINES),
        help_text="Mail from or to these addresses is a fax. One a line.",
    )
    scan_addresses = forms.CharField(
        label="Scanners of letters",
        max_length=5000,
        required=False,
        widget=forms.Textarea(_LINES),
        help_text="Mail from or to these addresses is a letter. One a line.",
    )
    raw_days = forms.IntegerField(
        label="Keep raw mail, days",
        min_value=0,
        help_text="The mail as it came, byte for byte, and the words of notices sent (log-in links, surveys)."
        " Conversations stay. 0 keeps them for ever.",
    )


class _TeamForm(forms.Form):
    """A form that chooses a team."""

    team = forms.ChoiceField(label="Team")

    def __init__(self, shop: "Shop", *args: Any, **words: Any) -> None:
        super().__init__(*args, **words)
        teams.ensure_default(shop.pk)
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(team.pk), team.name) for team in teams.list_teams(shop.pk, departments=False)]


class MailboxForm(_TeamForm):
    """How to reach a mailbox."""

    host = forms.CharField(label="Server", max_length=253, widget=forms.TextInput({"placeholder": "imap.example.com"}))
    port = forms.IntegerField(label="Port", min_value=1, max_value=65_535, initial=993)
    security = forms.ChoiceField(label="Encryption", choices=SECURITY, initial="tls")
    username = forms.CharField(label="User", max_length=254, widget=forms.TextInput({"autocomplete": "off"}))
    password = forms.CharField(
        label="Password",
        max_length=500,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="Kept encrypted.",
    )
    folder = forms.CharField(label="Folder", max_length=200, initial="INBOX")


class HookForm(_TeamForm):
    """A provider's door."""

    provider = forms.ChoiceField(label="Provider", choices=PROVIDERS)
    secret = forms.CharField(
        label="Secret",
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        help_text="Mailgun: the HTTP webhook signing key. The others: user:password, which you also put into the"
        " address you give them. Kept encrypted.",
    )


@shop_page("edit_mail")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show how mail comes in."""
    return _show(request, shop)


@shop_page("edit_mail")
@require_POST
def change_terms(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Change whose word counts, and which addresses bring faxes and letters."""
    form = TermsForm(request.POST)
    if form.is_valid():
        try:
            arranging.change_terms(shop, Terms(**form.cleaned_data), request.user, timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "Saved. It holds for mail from now on.")
            return redirect("settings_mail_in", shop.slug)
    return _show(request, shop, terms=form)


@shop_page("edit_mail")
@require_POST
def add_mailbox(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Fetch a mailbox from now on."""
    form = MailboxForm(shop, request.POST)
    if form.is_valid():
        told = dict(form.cleaned_data)
        try:
            access = Access(team_id=int(told.pop("team")), **told)
            arranging.add_mailbox(shop, access, request.user, timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "The mailbox is fetched from now on. How it goes is shown here in some seconds.")
            return redirect("settings_mail_in", shop.slug)
    return _show(request, shop, mailbox=form)


@shop_page("edit_mail")
@require_POST
def remove_mailbox(request: ShopRequest, shop: "Shop", mailbox: UUID) -> HttpResponse:
    """Fetch a mailbox no longer."""
    try:
        arranging.remove_mailbox(shop, mailbox, request.user, timezone.now())
    except mailboxes.NotThere:
        raise Http404 from None
    messages.success(request, "It is fetched no longer. What was fetched stays.")
    return redirect("settings_mail_in", shop.slug)


@shop_page("edit_mail")
@require_POST
def add_hook(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Open a door for a provider."""
    form = HookForm(shop, request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            arranging.add_hook(shop, told["provider"], told["secret"], int(told["team"]), request.user, timezone.now())
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "The door is open. Give its address to the provider.")
            return redirect("settings_mail_in", shop.slug)
    return _show(request, shop, hook=form)


@shop_page("edit_mail")
@require_POST
def remove_hook(request: ShopRequest, shop: "Shop", door: UUID) -> HttpResponse:
    """Close a provider's door."""
    try:
        arranging.remove_hook(shop, door, request.user, timezone.now())
    except mailboxes.NotThere:
        raise Http404 from None
    messages.success(request, "The door is closed.")
    return redirect("settings_mail_in", shop.slug)


def _show(
    request: ShopRequest,
    shop: "Shop",
    *,
    terms: TermsForm | None = None,
    mailbox: MailboxForm | None = None,
    hook: HookForm | None = None,
) -> HttpResponse:
    kept = mail_terms.read(shop.pk)
    initial = {
        "raw_days": kept.raw_days,
        "trusted_receiver": kept.trusted_receiver,
        "fax_addresses": "\n".join(kept.fax_addresses),
        "scan_addresses": "\n".join(kept.scan_addresses),
    }
    context = {
        "terms_form": terms or TermsForm(initial=initial),
        "mailbox_form": mailbox or MailboxForm(shop),
        "hook_form": hook or HookForm(shop),
        "mailboxes": mailboxes.list_of(shop.pk),
        "hooks": [_door(each) for each in mailboxes.list_hooks(shop.pk)],
        "lmtp": settings.LMTP,
        "now_us": int(timezone.now().timestamp() * 1_000_000),
    }
    status = 422 if terms or mailbox or hook else 200
    return frame.show(request, "mail_in", "settings_mail_in", context, status=status)


def _door(hook: mailboxes.MailHook) -> dict[str, object]:
    address = settings.PUBLIC_URL + reverse("mail_hook", args=[hook.provider, hook.token])
    return {"hook": hook, "name": dict(PROVIDERS).get(hook.provider, hook.provider), "address": address}
