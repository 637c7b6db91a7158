"""Contacts that happened off the wire, recorded with a form: a call, a fax, a letter, a meeting.

They take the path of every other event (flows.facts), through the shop's console source, so that facts from forms and
from the wire are one and the same.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations.threads import Channel
from kizuna.customers import links
from kizuna.customers.identity import Resolved
from kizuna.flows import facts, hearing
from kizuna.flows.dialogue import noting
from kizuna.flows.dialogue.noting import NotedContact
from kizuna.flows.facts import Incoming
from kizuna.science import periods
from kizuna.shops import sources, tenants
from kizuna.tracking import plan, wire
from kizuna.tracking.cleaning import LONGEST_TEXT

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

_ALSO = (plan.EMAIL_RECEIVED, "Email Sent", "Wish Expressed", "Complaint Made", "Praise Given", "Suggestion Made")
KINDS = {name: shape for name, shape in plan.EVENTS.items() if shape.channel in plan.DIRECT_CHANNELS or name in _ALSO}
"""What the form offers, by the name of the event."""

_CHANNELS = {
    "phone": Channel.PHONE,
    "fax": Channel.FAX,
    "post": Channel.POST,
    "in person": Channel.IN_PERSON,
}

LONGEST_CONTACT_MINUTES = 24 * 60


class Refused(tenants.Refused):
    """A contact cannot be recorded as told; `field` names the input to blame."""


@dataclass(frozen=True, slots=True)
class ContactDraft:
    """What a person notes of a contact; `token` makes a form sent twice one contact."""

    kind: str
    happened_at: datetime
    subject: str = ""
    note: str = ""
    minutes: int | None = None
    order_ref: str = ""
    token: str = ""
    stays_open: bool = False


@transaction.atomic
def record_contact(shop: "Shop", customer_id: int, draft: ContactDraft, person: "Person | None", now: datetime) -> bool:
    """Record a contact of a customer; False where this form was taken before. Raises Refused with the field."""
    _check(draft)
    owner = links.find_strongest(shop.pk, customer_id)
    if owner is None:
        raise Refused("customer", "this customer has been merged away")
    identity_id, _, value = owner
    source = sources.get_own_source(shop, "console")
    raw = wire.RawEvent("track", _event_of(draft, value, person), periods.epoch_us(now))
    each = facts.read(source.pk, source.kind, raw, shop.currency)
    if each.drop is not None:
        raise Refused("happened_at" if each.drop.reason == "bad_time" else each.drop.field, each.drop.detail)
    known = Incoming(each.source_id, each.raw, each.event, belongs_to=Resolved(identity_id, None, customer_id))
    if facts.take(shop, [known], periods.epoch_us(now)).accepted != 1:
        return False
    channel = _CHANNELS.get(str(KINDS[draft.kind].channel.label))
    if channel is not None:
        _keep_as_conversation(shop, identity_id, channel, draft, person, now)
    return True


def _keep_as_conversation(
    shop: "Shop", identity_id: int, channel: str, draft: ContactDraft, person: "Person | None", now: datetime
) -> None:
    """Calls, faxes, letters and meetings stand in the inbox like mail; what customers say has its consequences."""
    inbound = KINDS[draft.kind].direction == plan.IN
    told = NotedContact(
        identity_id,
        channel,
        inbound,
        draft.happened_at,
        draft.subject.strip(),
        draft.note.strip() or draft.subject.strip() or draft.kind,
        draft.minutes or 0,
        draft.token or str(uuid.uuid4()),
        draft.stays_open,
    )
    message = noting.note_contact(shop, told, person, now)
    if inbound:
        hearing.hear(shop, message, now)


def _check(draft: ContactDraft) -> None:
    if draft.kind not in KINDS:
        raise Refused("kind", f"{draft.kind!r} is none of {', '.join(KINDS)}")
    if draft.happened_at.tzinfo is None:
        raise Refused("happened_at", "needs a time zone")
    if draft.minutes is not None and not 0 <= draft.minutes <= LONGEST_CONTACT_MINUTES:
        raise Refused("minutes", f"must lie between 0 and {LONGEST_CONTACT_MINUTES}")
    for name in ("subject", "note"):
        if len(getattr(draft, name)) > LONGEST_TEXT:
            raise Refused(name, f"has more than {LONGEST_TEXT} characters")


def _event_of(draft: ContactDraft, who: str, person: "Person | None") -> bytes:
    said = {
        "subject": draft.subject.strip(),
        "note": draft.note.strip(),
        "minutes": draft.minutes,
        "order_id": draft.order_ref.strip(),
        "recorded_by": "" if person is None else person.name or person.email,
    }
    token = draft.token or str(uuid.uuid4())
    event = {
        "event": draft.kind,
        "userId": who,
        "messageId": f"contact-{token}"[:99],
        "timestamp": draft.happened_at.isoformat(),
        "properties": {name: value for name, value in said.items() if value not in ("", None)},
    }
    return json.dumps(event).encode()
