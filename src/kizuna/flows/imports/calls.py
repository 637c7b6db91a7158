"""`import_calls`: the log of a telephone system; each call becomes a conversation by phone and a fact of the customer.

A call is known by its id, or by its time and number, so that taking a log again changes nothing. A missed call waits
in the inbox for somebody to call back.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from kizuna.conversations import desk, teams, threads
from kizuna.conversations.mail import matching
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage, State
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.flows import happenings, hearing
from kizuna.flows.happenings import Happening
from kizuna.flows.imports import cells
from kizuna.flows.imports.cells import BadCell, Reader
from kizuna.flows.imports.report import Progress, Report
from kizuna.flows.imports.sheets import Sheet, SheetFile, open_sheet, read_sheet
from kizuna.science.periods import epoch_us

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

CALL_FIELDS = ("time", "phone", "email", "direction", "minutes", "seconds", "outcome", "subject", "note", "call_id")
MISSED = {"missed", "no answer", "noanswer", "no-answer", "busy", "abandoned", "voicemail", "verpasst", "entgangen"}
_IN = {"", "in", "inbound", "incoming", "received", "eingehend", "missed"}
_OUT = {"out", "outbound", "outgoing", "made", "dialled", "dialed", "ausgehend"}
_TOGETHER = 50
_LONGEST_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class _Call:
    at_us: int
    phone: str
    email: str
    inbound: bool
    minutes: float | None
    outcome: str
    subject: str
    note: str
    key: str

    @property
    def is_missed(self) -> bool:
        """Whether nobody took a call of the customer's."""
        return self.inbound and self.outcome.strip().lower() in MISSED


def import_calls(shop: "Shop", file: SheetFile, now: datetime, progress: Progress | None = None) -> Report:
    """Import a log of calls."""
    sheet = open_sheet(file, CALL_FIELDS, [("time",), ("phone", "email")])
    reader = Reader(ZoneInfo(shop.timezone), epoch_us(now))
    report = Report(f"{file.path.name}: {sheet.table.form.describe()}", dry_run=file.dry_run)
    report.counts = {"rows read": 0, "rows taken": 0, "calls new": 0, "calls as before": 0}
    rows = read_sheet(sheet, partial(_read, sheet, reader), report, progress)
    for some in batched(rows, _TOGETHER):
        with transaction.atomic():
            new = sum(_take(shop, call, now) for _, call in some)
            report.add("rows taken", len(some))
            report.add("calls new", new)
            report.add("calls as before", len(some) - new)
            if file.dry_run:
                transaction.set_rollback(True)
    return report


def _read(sheet: Sheet, reader: Reader, values: list[str]) -> _Call:
    def cell(name: str) -> str:
        return sheet.cell(values, name)

    at_us = reader.instant(sheet.called("time"), cell("time"))
    phone = cells.phone(sheet.called("phone"), cell("phone"))
    email = cells.email(sheet.called("email"), cell("email"))
    if not phone and not email:
        raise BadCell(sheet.called("phone"), "is empty: nobody knows who called")
    direction = cell("direction").strip().lower()
    if direction not in _IN | _OUT:
        raise BadCell(sheet.called("direction"), f"{direction[:30]!r} is neither in nor out")
    texts = {
        name: cells.words(sheet.called(name), cell(name), longest)
        for name, longest in (("outcome", 60), ("subject", 200), ("note", 5000))
    }
    outcome = texts["outcome"] or ("missed" if direction == "missed" else "")
    told = cells.identifier(sheet.called("call_id"), cell("call_id"), 100)
    told = told or f"{at_us} {phone or email} {direction in _OUT}"
    key = hashlib.sha256(told.encode()).hexdigest()[:40]
    minutes = _minutes(sheet, reader, values)
    return _Call(at_us, phone, email, direction in _IN, minutes, outcome, texts["subject"], texts["note"], key)


def _minutes(sheet: Sheet, reader: Reader, values: list[str]) -> float | None:
    for name, per_minute in (("minutes", 1.0), ("seconds", 60.0)):
        text = sheet.cell(values, name).strip()
        if text:
            amount = float(reader.number(sheet.called(name), text)) / per_minute
            if not 0 <= amount <= _LONGEST_MINUTES:
                raise BadCell(sheet.called(name), f"{text[:20]} is no length of a call")
            return round(amount, 2)
    return None


def _take(shop: "Shop", call: _Call, now: datetime) -> bool:
    """Store one call; False where it was stored before."""
    name = f"call-{call.key}"
    if matching.find_own_message(shop.pk, name) is not None:
        return False
    kind, value = (IdentityKind.PHONE, call.phone) if call.phone else (IdentityKind.EMAIL, call.email)
    identity_id = identity.ensure(shop.pk, kind, [value], [call.at_us])[value]
    customer_id = links.customers_of(shop.pk, [identity_id]).get(identity_id)
    subject = call.subject or ("Call from " if call.inbound else "Call to ") + value
    team = teams.ensure_default(shop.pk)
    new = NewConversation(team.pk, Channel.PHONE, subject, identity_id, customer_id)
    conversation = threads.open_conversation(shop.pk, new, epoch_us(now))
    message, _ = threads.append(shop.pk, conversation.pk, _entry(call, name, identity_id, value), epoch_us(now))
    if not call.is_missed:
        desk.set_state(threads.lock(shop.pk, conversation.pk), State.CLOSED, epoch_us(now))
    _tell(shop, call, identity_id, now)
    if call.inbound:
        hearing.hear(shop, message, now)
    return True


def _entry(call: _Call, name: str, identity_id: int, who: str) -> NewMessage:
    length = "" if call.minutes is None else f"{call.minutes:g} min"
    facts = [word for word in (length, call.outcome) if word]
    words: Sequence[str] = [call.note or call.subject or "A call.", *([f"({', '.join(facts)})"] if facts else [])]
    return NewMessage(
        direction=Direction.IN if call.inbound else Direction.OUT,
        author=Author.CUSTOMER if call.inbound else Author.PERSON,
        text="\n".join(words),
        at_us=call.at_us,
        subject=call.subject,
        identity_id=identity_id if call.inbound else None,
        from_address=who if call.inbound else "",
        to=() if call.inbound else (who,),
        client_id=name,
        message_id=name,
        remarks={"call": True, "minutes": call.minutes} if call.minutes is not None else {"call": True},
    )


def _tell(shop: "Shop", call: _Call, identity_id: int, now: datetime) -> None:
    event = "Phone Call Received" if call.inbound else "Phone Call Made"
    told = {"subject": call.subject, "note": call.note, "minutes": call.minutes, "outcome": call.outcome}
    happenings.record(shop, Happening(event, identity_id, call.at_us, f"call-{call.key}", told), epoch_us(now))
