"""Kept answers and macros: stored with an entry in the audit log, and a macro run in one transaction.

What an answer says is filled from what is known (flows.dialogue.gaps); a macro whose answer has a gap is not run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
TEAM_GONE = "the team of this macro is gone"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a macro: what is done, with what, and the client id of what it writes."""

    what: str
    told: str
    key: str


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
    for step in steps_of(macro, client_id):
        written = do(shop, conversation_id, step, person, now) or written
    return written


def steps_of(macro: "Macro", client_id: str) -> list[Step]:
    """Give the steps of a macro; what they write is written once per client id."""
    return [
        Step(str(step[0]), str(step[1]) if len(step) > 1 else "", f"{client_id}-{place}" if client_id else "")
        for place, step in enumerate(macro.steps)
    ]


def do(shop: "Shop", conversation_id: int, step: Step, person: "Person", now: datetime) -> int | None:
    """Do one step; returns the number of the answer it wrote. Raises Refused. In the caller's transaction."""
    match step.what:
        case "reply":
            told = Reply(words_of(shop, conversation_id, step.told, person), client_id=step.key)
            return writing.reply(shop, conversation_id, told, person, now).number
        case "note":
            writing.note(shop, conversation_id, Note(step.told, client_id=step.key), person, now)
        case "tag":
            handling.tag(shop, conversation_id, step.told, person, now)
        case "untag":
            handling.untag(shop, conversation_id, step.told, person, now)
        case "assign":
            handling.assign(shop, conversation_id, find_person(shop, step.told, person), person, now)
        case "team":
            _hand_to(shop, conversation_id, step.told, person, now)
        case "snooze":
            handling.snooze(shop, conversation_id, rests_until(shop, step.told, now), person, now)
        case "close":
            handling.close(shop, conversation_id, person, now)
        case _:
            raise Refused("this macro has a step that is not known")
    return None


def words_of(shop: "Shop", conversation_id: int, number: str, person: "Person") -> str:
    """Give the answer of a step with its gaps filled. Raises Refused where one cannot be, or the answer is gone."""
    try:
        filled = fill(shop, conversation_id, int(number), person)
    except canned.NotThere:
        raise Refused("the answer of this macro is gone") from None
    if filled.missing:
        raise Refused(f"not known here: {', '.join(filled.missing)}; write the answer yourself")
    return filled.text


def find_person(shop: "Shop", who: str, person: "Person") -> "Person | None":
    """Give whom a step names; None is nobody. Raises Refused where they do not work here any more."""
    if who in ("", "nobody"):
        return None
    if who == "me":
        return person
    found = next((each.person for each in members.list_members(shop) if str(each.person.public_id) == who), None)
    if found is None:
        raise Refused("the person of this macro does not work here any more")
    return found


def rests_until(shop: "Shop", hours: str, now: datetime) -> datetime:
    """Say until when a step lets it rest: so many hours on; anything else is tomorrow morning."""
    if hours.isdecimal() and 0 < int(hours) < 24 * 300:
        return now + timedelta(hours=int(hours))
    local = now.astimezone(ZoneInfo(shop.timezone)) + timedelta(days=1)
    return local.replace(hour=MORNING, minute=0, second=0, microsecond=0)


def _hand_to(shop: "Shop", conversation_id: int, key: str, person: "Person", now: datetime) -> None:
    try:
        handling.hand_to(shop, conversation_id, key, person, now)
    except (teams.NotThere, ValueError):
        raise Refused(TEAM_GONE) from None
