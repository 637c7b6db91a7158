"""The form for contacts off the wire: a call, a fax, a letter, a meeting, recorded as a fact of the customer."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from kizuna.flows import contacts
from kizuna.flows.contacts import KINDS, ContactDraft
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.customer import find_or_404

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


class ContactForm(forms.Form):
    """What happened, when, and what was said."""

    kind = forms.ChoiceField(label="What happened")
    happened_at = forms.DateTimeField(
        label="When",
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    subject = forms.CharField(label="Subject", required=False, max_length=200)
    note = forms.CharField(
        label="What was said",
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 5}),
        help_text="Write down wishes and complaints in the customer's own words.",
    )
    minutes = forms.IntegerField(label="Minutes it took", required=False, min_value=0, max_value=1440)
    order_ref = forms.CharField(label="Order it was about", required=False, max_length=100)
    stays_open = forms.BooleanField(label="Somebody must come back to them: keep it open in the inbox", required=False)
    token = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, shape.description.rstrip(".") or name) for name, shape in KINDS.items()]


@shop_page("record_contact")
def page(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show the form, or record what it says."""
    customer = find_or_404(shop, public_id)
    zone = ZoneInfo(shop.timezone)
    now = timezone.now()
    if request.method == "POST":
        with timezone.override(zone):
            form = ContactForm(request.POST)
            valid = form.is_valid()
        if valid and _record(shop, customer.pk, form, request, now):
            return HttpResponseRedirect(f"/s/{shop.slug}/customers/{customer.public_id}/#history")
    else:
        local = now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
        form = ContactForm(initial={"happened_at": local, "token": str(uuid.uuid4())})
    return render(request, "console/customer/contact.html", {"customer": customer, "form": form})


def _record(shop: "Shop", customer_id: int, form: ContactForm, request: ShopRequest, now: datetime) -> bool:
    said = form.cleaned_data
    draft = ContactDraft(
        kind=said["kind"],
        happened_at=said["happened_at"],
        subject=said["subject"],
        note=said["note"],
        minutes=said["minutes"],
        order_ref=said["order_ref"],
        token=said["token"][:60],
        stays_open=said["stays_open"],
    )
    try:
        taken = contacts.record_contact(shop, customer_id, draft, request.user, now)
    except contacts.Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return False
    messages.success(request, "Contact recorded." if taken else "This form was sent before; it counts once.")
    return True
