"""Mail on its way out as rows: queued once, taken back, sent again, and what became of it for whoever shows it.

Callers hold the transaction. Nothing is composed or sent here; what the sender does with a row is in_hand.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from kizuna.conversations.mail_ids import domain_of
from kizuna.conversations.models import Outgoing, SendState, Team

__all__ = ["NewOutgoing", "Outcome", "Outgoing", "SendState", "View"]

_WORST = (
    SendState.QUEUED,
    SendState.BOUNCED,
    SendState.FAILED,
    SendState.UNCERTAIN,
    SendState.SENT,
    SendState.DELIVERED,
)
_MAY_RESEND = frozenset({SendState.BOUNCED, SendState.FAILED, SendState.UNCERTAIN, SendState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class NewOutgoing:
    """A mail to be sent; its public id and Message-ID are its own for ever.

    `content` is what a notice says, or which earlier entries a message's mail brings as well ("gathers").
    """

    public_id: UUID
    message_id: str
    sender: str
    to: Sequence[str]
    due_us: int
    message: int | None = None
    key: str = ""
    marketing: bool = False
    machine: bool = False
    sender_name: str = ""
    reply_to: str = ""
    cc: Sequence[str] = ()
    content: Mapping[str, Any] = field(default_factory=dict)
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt for one recipient; `state` queued means: again, not before `due_us`."""

    address: str
    state: SendState
    code: str = ""
    detail: str = ""
    due_us: int = 0
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """How the sending of a message stands, for pages."""

    state: SendState
    label: str
    code: str
    detail: str
    due_us: int
    sent_us: int | None
    attempts: int
    recipients: list[dict[str, Any]]
    may_withdraw: bool
    may_resend: bool


def prune_notices(shop_id: int, before_us: int, limit: int) -> int:
    """Empty notices (mails of no conversation) settled before an instant; returns how many, at most the limit.

    The row stays with its key and state, so that none is ever sent twice; what a conversation holds is not touched.
    """
    waiting = (SendState.QUEUED, SendState.SENDING)
    old = Outgoing.objects.filter(shop_id=shop_id, message=None, changed_us__lt=before_us).exclude(content={})
    some = list(old.exclude(state__in=waiting).order_by("pk").values_list("pk", flat=True)[:limit])
    return Outgoing.objects.filter(shop_id=shop_id, pk__in=some).update(content={})


def put(shop_id: int, new: NewOutgoing, now_us: int) -> Outgoing:
    """Queue a mail; where one is known for the same message, or a notice with the same key, that one is given."""
    recipients = [
        {"address": address, "kind": kind, "state": SendState.QUEUED.value, "code": "", "detail": ""}
        for kind, addresses in (("to", new.to), ("cc", new.cc))
        for address in dict.fromkeys(addresses)
    ]
    values: dict[str, Any] = {
        "shop_id": shop_id,
        "public_id": new.public_id,
        "mail_id": new.message_id,
        "key": new.key,
        "marketing": new.marketing,
        "machine": new.machine,
        "sender": new.sender,
        "sender_name": new.sender_name,
        "reply_to": new.reply_to,
        "recipients": recipients,
        "domain": domain_of(recipients[0]["address"]),
        "content": dict(new.content),
        "headers": [list(each) for each in new.headers],
        "due_us": new.due_us,
        "created_us": now_us,
        "changed_us": now_us,
    }
    if new.message is not None:
        return Outgoing.objects.get_or_create(message_id=new.message, defaults=values)[0]
    if new.key:
        return Outgoing.objects.get_or_create(shop_id=shop_id, key=new.key, defaults=values)[0]
    return Outgoing.objects.create(**values)


def withdraw(shop_id: int, message: int, now_us: int) -> bool:
    """Take a mail back that was not tried yet; False where it is too late."""
    waiting = Outgoing.objects.filter(shop_id=shop_id, message_id=message, state=SendState.QUEUED, attempts=0)
    return waiting.update(state=SendState.WITHDRAWN, changed_us=now_us) > 0


def requeue(shop_id: int, now_us: int, *, message: int | None = None, public_id: UUID | None = None) -> bool:
    """Send a mail again that failed, came back or is in doubt, to those it did not reach, under its own Message-ID."""
    named = Q(message_id=message) if message is not None else Q(public_id=public_id)
    row = Outgoing.objects.select_for_update().filter(named, shop_id=shop_id).first()
    if row is None or SendState(row.state) not in _MAY_RESEND:
        return False
    for each in row.recipients:
        if each["state"] not in (SendState.SENT, SendState.DELIVERED):
            each.update(state=SendState.QUEUED.value, code="", detail="")
    row.state, row.due_us, row.changed_us, row.attempts = SendState.QUEUED, now_us, now_us, 0
    row.code, row.detail = "", ""
    row.save()
    return True


def note(row: Outgoing, outcome: Outcome, now_us: int) -> bool:
    """Store what was heard of a sent mail later (it arrived, it came back); False where it tells nothing new."""
    changed = False
    for each in row.recipients:
        mine = not outcome.address or each["address"].lower() == outcome.address.lower()
        if mine and each["state"] != outcome.state.value and _may_become(each["state"], outcome.state):
            each.update(state=outcome.state.value, code=outcome.code, detail=outcome.detail[:500])
            changed = True
    if changed:
        sum_up(row)
        row.changed_us = now_us
        row.save(update_fields=["recipients", "state", "code", "detail", "changed_us"])
    return changed


def find(shop_id: int, *, outgoing_id: int | None = None, mail_id: str = "", provider_id: str = "") -> Outgoing | None:
    """Find and lock a mail of a shop by its number, its Message-ID, or the id its provider gave it."""
    mine = Outgoing.objects.select_for_update().filter(shop_id=shop_id)
    if outgoing_id is not None:
        return mine.filter(pk=outgoing_id).first()
    if mail_id:
        return mine.filter(mail_id=mail_id.strip().strip("<>")).first()
    return mine.filter(provider_id=provider_id).first() if provider_id else None


def find_anywhere(public_id: UUID | None, provider_id: str) -> Outgoing | None:
    """Find a mail of whichever shop by its public id, else by what its provider calls it."""
    if public_id is not None:
        return Outgoing.objects.filter(public_id=public_id).first()
    return Outgoing.objects.filter(provider_id=provider_id).first() if provider_id else None


def find_sender(shop_id: int, team_id: int | None) -> tuple[Team | None, Team | None]:
    """Find the team that a mail comes from, and the default team whose address serves where it has none."""
    found = list(Team.objects.filter(Q(pk=team_id) | Q(is_default=True), shop_id=shop_id))
    default = next((team for team in found if team.is_default), None)
    return next((team for team in found if team.pk == team_id), default), default


def states(shop_id: int, message_ids: Collection[int]) -> dict[int, View]:
    """Show how the mails of messages stand; messages that are no mail are left out."""
    rows = Outgoing.objects.filter(shop_id=shop_id, message_id__in=message_ids)
    return {row.message_id: _view(row) for row in rows if row.message_id is not None}


def count_since(shop_id: int, since_us: int) -> dict[str, int]:
    """Count mails by state: all that wait, and those that changed since an instant."""
    waits = Q(state__in=(SendState.QUEUED, SendState.SENDING))
    mine = Outgoing.objects.filter(waits | Q(changed_us__gte=since_us), shop_id=shop_id)
    return dict(mine.order_by().values_list("state").annotate(count=Count("id")))


def list_troubled(shop_id: int, count: int) -> list[Outgoing]:
    """List the newest mails that failed, came back or are in doubt."""
    states_of_trouble = (SendState.FAILED, SendState.BOUNCED, SendState.UNCERTAIN)
    mine = Outgoing.objects.filter(shop_id=shop_id, state__in=states_of_trouble)
    return list(mine.select_related("message__conversation").order_by("-changed_us")[:count])


def sum_up(row: Outgoing) -> None:
    """Let the whole mail be as its worst recipient, and say why."""
    worst = min(row.recipients, key=lambda each: _WORST.index(SendState(each["state"])))
    row.state, row.code, row.detail = SendState(worst["state"]), worst["code"][:12], worst["detail"][:500]


def _may_become(before: str, after: SendState) -> bool:
    """Arrived follows sent or in doubt; coming back follows anything that was sent, even what had seemed to arrive."""
    was_out = before in (SendState.SENT, SendState.UNCERTAIN)
    return was_out if after == SendState.DELIVERED else was_out or before == SendState.DELIVERED


def _view(row: Outgoing) -> View:
    state = SendState(row.state)
    return View(
        state=state,
        label=str(state.label),
        code=row.code,
        detail=row.detail,
        due_us=row.due_us,
        sent_us=row.sent_us,
        attempts=row.attempts,
        recipients=row.recipients,
        may_withdraw=state == SendState.QUEUED and row.attempts == 0,
        may_resend=state in _MAY_RESEND,
    )
