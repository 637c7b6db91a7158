"""Taking a person's facts and visits out of the database, what the debugger still shows, and what waits to be taken.

Events wait in the inbox and among those set aside. Whatever names an erased person there would make them known again.
"""

import json
import re
from collections.abc import Collection, Sequence

from kizuna.tracking import cursors, inbox, wire
from kizuna.tracking.cursors import Position
from kizuna.tracking.inbox import Inbox
from kizuna.tracking.models import Arrival, Fact, SetAside, Visit
from kizuna.tracking.normalise import Drop, Normalised, normalise
from kizuna.tracking.wire import RawEvent

_ROWS_AT_ONCE = 500
_BYTES_AT_ONCE = 4 * 1024 * 1024
_LIKE_A_PHONE = re.compile(r"\+?\d{6,16}")


def erase(shop_id: int, identity_ids: Sequence[int], known_as: Collection[str]) -> int:
    """Delete the facts and visits of identities, and the debugger's lines of their keys; returns how many facts."""
    wanted = list(identity_ids)
    Visit.objects.filter(shop_id=shop_id, identity_id__in=wanted).delete()
    Arrival.objects.filter(shop_id=shop_id, who__in=list(known_as)).delete()
    return Fact.objects.filter(shop_id=shop_id, identity_id__in=wanted).delete()[0]


def hold_waiting() -> None:
    """Let nothing be taken from the inbox until the caller's transaction ends; what was read of it is read anew."""
    cursors.lock(inbox.CURSOR)
    cursors.move(inbox.STRUCK, Position(cursors.lock(inbox.STRUCK).request_id + 1))


def erase_waiting(box: Inbox, source_ids: Collection[int], known_as: Collection[str]) -> int:
    """Strike events of some sources that name somebody, wherever they wait; returns how many.

    Call `hold_waiting` first. Rows of a file go at once, whatever becomes of the caller's transaction: call it last.
    """
    aside = SetAside.objects.filter(source_id__in=list(source_ids))
    named = [row.pk for row in aside.iterator() if _names(_raw(row), known_as)]
    SetAside.objects.filter(pk__in=named).delete()
    return len(named) + _strike(box, frozenset(source_ids), known_as)


def _strike(box: Inbox, source_ids: frozenset[int], known_as: Collection[str]) -> int:
    """Strike in the inbox, also what was taken and waits to be pruned."""
    position = struck = 0
    while rows := box.read_after(position, _ROWS_AT_ONCE, _BYTES_AT_ONCE):
        bodies = {}
        for row in rows:
            if row.source_id not in source_ids or not _may_name(row.body, known_as):
                continue
            events = list(wire.split(row.call, row.body, row.received_us))
            parts = {number for number, raw in enumerate(events) if _names(raw, known_as)}
            if parts:
                context_too = not _strings(events[0].context).isdisjoint(known_as)
                bodies[row.id] = wire.strike(row.call, row.body, parts, context_too=context_too)
                struck += len(parts)
        if bodies:
            box.rewrite(bodies)
        position = rows[-1].id
    return struck


def _may_name(body: bytes, known_as: Collection[str]) -> bool:
    """Whether a closer look is worth it: a long inbox is read while nobody else may write.

    Escapes hide any text, and phone numbers are written in many ways.
    """
    if b"\\" in body or any(_LIKE_A_PHONE.fullmatch(each) for each in known_as):
        return True
    text = body.decode(errors="replace").casefold()
    return any(each.casefold() in text for each in known_as)


def _names(raw: RawEvent, known_as: Collection[str]) -> bool:
    """Whether an event would make somebody known: by its identifiers, believed like a server's, or by an address.

    Numbers and words are everywhere, so an id counts where ids stand; an address is nobody else's wherever it stands.
    """
    read = _read(raw)
    if read is None or isinstance(read, Drop):
        ids = _words(raw)  # nobody is made known by it, but the debugger would show it
    else:
        claims, profile = read.claims, read.profile
        told = [claims.user, claims.email, claims.phone, claims.visitor]
        told += [] if profile is None else [profile.email, profile.phone]
        ids = {each for each in told if each}
    if not ids.isdisjoint(known_as):
        return True
    addresses = {each.casefold() for each in known_as if "@" in each}
    return bool(addresses) and not addresses.isdisjoint(each.casefold() for each in _words(raw))


def _read(raw: RawEvent) -> Normalised | Drop | None:
    try:
        return normalise(raw, "server")
    except Exception:  # what was set aside may be exactly what cannot be read
        return None


def _words(raw: RawEvent) -> set[str]:
    """Every word of an event as a whole string; what is no JSON says nothing."""
    try:
        return _strings([json.loads(raw.body), raw.context])
    except (ValueError, RecursionError):
        return set()


def _strings(value: object) -> set[str]:
    waiting, found = [value], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            found.add(each)
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found


def _raw(row: SetAside) -> RawEvent:
    return RawEvent(row.call, bytes(row.body), row.received_us, row.envelope["sent_at"], row.envelope["context"])
