"""Kept answers and macros: stored with an entry in the audit log, and a macro run in one transaction.

What an answer says is filled from what is known (flows.dialogue.gaps); a macro whose answer has a gap is not run.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from kizuna.conversations import canned, teams, threads
from kizuna.conversations.canned import Filled
from kizuna.conversations.desk import Refused
from kizuna.flows.dialogue import gaps, handling, writing
from kizuna.flows.dialogue.writing import Note, Reply
from kizuna.shops import audit, members

if TYPE_CHECKING:
    from kizuna.conversations.models import CannedReply, Macro
    from kizuna.shops.models import Person, Shop

MORNING = 9


def fill(shop: "Shop", conversation_id: int, number: int, person: "Person") -> Filled:
    """Fill a kept answer for a conversation. Raises canned.NotThere, threads.NotThere."""
    conversation = threads.find(shop.pk, conversation_id)
    if conversation is None:
        raise threads.NotThere(str(conversation_id))
    return canned.fill(canned.get_reply(shop.pk, number).text, gaps.values_for(shop, conversation, person))


@transaction.atomic
def save_reply(
    shop: "Shop", number: int | None, told: tuple[str, str, int | None], person: "Person", now: datetime
) -> "CannedReply":
    """Store a kept answer: (title, text, team or None for all). Raises canned.Refused, canned.NotThere."""
    title, text, team_id = told
    row = canned.save_reply(shop.pk, number, title, text, team_id)
    audit.record(shop, person, "canned_reply_saved", f"canned reply {row.title}", None, {"text": row.text[:500]}, now)
    return row


@transaction.atomic
def remove_reply(shop: "Shop", number: int, person: "Person", now: datetime) -> None:
    """Remove a kept answer. Raises canned.Refused, canned.NotThere."""
    title = canned.get_reply(shop.pk, number).title
    canned.remove_reply(shop.pk, number)
    audit.record(shop, person, "canned_reply_removed", f"canned reply {title}", None, None, now)


@transaction.atomic
def save_macro(
    shop: "Shop", number: int | None, name: str, steps: Sequence[Sequence[object]], person: "Person", now: datetime
) -> "Macro":
    """Store a macro. Raises canned.Refused, canned.NotThere."""
    row = canned.save_macro(shop.pk, number, name, steps)
    audit.record(shop, person, "macro_saved", f"macro {row.name}", None, {"steps": row.steps}, now)
    return row


@transaction.atomic
def remove_macro(shop: "Shop", number: int, person: "Person", now: datetime) -> None:
    """Remove a macro. Raises canned.NotThere."""
    name = canned.get_macro(shop.pk, number).name
    canned.remove_macro(shop.pk, number)
    audit.record(shop, person, "macro_removed", f"macro {name}", None, None, now)


@transaction.atomic
def run(
    shop: "Shop", number: int, conversation_id: int, person: "Person", now: datetime, client_id: str = ""
) -> int | None:
    """Do all steps of a macro or none; returns the number of the answer it wrote. Raises Refused, canned.NotThere."""
    macro = canned.get_macro(shop.pk, number)
    written = None
    for place, step in enumerate(macro.steps):
        key = f"{client_id}-{place}" if client_id else ""
        told = str(step[1]) if len(step) > 1 else ""
        if step[0] == "reply":
            written = _reply(shop, conversation_id, told, person, now, key)
        else:
            _do(shop, conversation_id, (str(step[0]), told), person, now)
    return written


def _reply(shop: "Shop", conversation_id: int, number: str, person: "Person", now: datetime, key: str) -> int:
    try:
        filled = fill(shop, conversation_id, int(number), person)
    except canned.NotThere:
        raise Refused("the answer of this macro is gone") from None
    if filled.missing:
        raise Refused(f"not known here: {', '.join(filled.missing)}; write the answer yourself")
    return writing.reply(shop, conversation_id, Reply(filled.text, client_id=key), person, now).number


def _do(shop: "Shop", conversation_id: int, step: tuple[str, str], person: "Person", now: datetime) -> None:
    match step:
        case ("note", text):
            writing.note(shop, conversation_id, Note(text), person, now)
        case ("tag", name):
            handling.tag(shop, conversation_id, name, person, now)
        case ("untag", name):
            handling.untag(shop, conversation_id, name, person, now)
        case ("assign", who):
            handling.assign(shop, conversation_id, _find_person(shop, who, person), person, now)
        case ("team", key):
            _hand_to(shop, conversation_id, key, person, now)
        case ("snooze", hours):
            handling.snooze(shop, conversation_id, _until(shop, hours, now), person, now)
        case ("close", _):
            handling.close(shop, conversation_id, person, now)
        case _:
            raise Refused("this macro has a step that is not known")


def _find_person(shop: "Shop", who: str, person: "Person") -> "Person | None":
    if who in ("", "nobody"):
        return None
    if who == "me":
        return person
    found = next((each.person for each in members.list_members(shop) if str(each.person.public_id) == who), None)
    if found is None:
        raise Refused("the person of this macro does not work here any more")
    return found


def _hand_to(shop: "Shop", conversation_id: int, key: str, person: "Person", now: datetime) -> None:
    try:
        handling.hand_to(shop, conversation_id, key, person, now)
    except (teams.NotThere, ValueError):
        raise Refused("the team of this macro is gone") from None


def _until(shop: "Shop", hours: str, now: datetime) -> datetime:
    """So many hours on; anything else is tomorrow morning."""
    if hours.isdecimal() and 0 < int(hours) < 24 * 300:
        return now + timedelta(hours=int(hours))
    local = now.astimezone(ZoneInfo(shop.timezone)) + timedelta(days=1)
    return local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
