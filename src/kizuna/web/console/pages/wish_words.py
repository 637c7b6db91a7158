"""The words of wishes: stages of handling, how long and until when, lines of the history. Words only, no queries."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kizuna.conversations.wish_lists import BOARD
from kizuna.conversations.wishes import Priority, Stage
from kizuna.html import figures

if TYPE_CHECKING:
    from kizuna.conversations.models import ServiceRequest, WishMove

HOUR = 60
WORKDAY = 8 * HOUR
MINUTE_US = 60_000_000
DAY_US = 86_400_000_000

STAGES = {
    Stage.FORWARDED: ("Forwarded", "What do they really want? Learn it and let them confirm it."),
    Stage.UNDERSTOOD: ("Understood", "Promise a day within what we can do, or decline kindly."),
    Stage.ACCEPTED: ("Accepted", "A day is promised. Begin in time."),
    Stage.IN_WORK: ("In work", "The departments work on it."),
    Stage.FULFILLED: ("Fulfilled", "Done, as we see it. Do they see it too?"),
    Stage.CONFIRMED: ("Confirmed", "They say that it is what they wished for."),
    Stage.DECLINED: ("Declined", "It could not be; they know why and what could be instead."),
    Stage.WITHDRAWN: ("Withdrawn", "They took it back."),
}
TRACK = (*BOARD, Stage.CONFIRMED)
PRIORITIES = {
    Priority.LOW: ("Low", ""),
    Priority.NORMAL: ("Normal", ""),
    Priority.HIGH: ("High", "warn"),
    Priority.URGENT: ("Urgent", "bad"),
}
SOURCES = {
    "message": "from a message",
    "form": "noted by hand",
    "portal": "on the premium site",
    "api": "through the API",
    "machine": "recognised in a message",
}


@dataclass(frozen=True)
class Due:
    """Until when something is due, in words, and how urgent that looks."""

    words: str
    tone: str


@dataclass(frozen=True)
class Line:
    """One line of the history of a wish."""

    at_us: int
    icon: str
    title: str
    words: str
    who: str
    kind: str = "move"


def due_words(wish: "ServiceRequest", now_us: int, zone: str) -> Due:
    """Say until when a wish is due, whom it waits for, or how its promise was kept."""
    if wish.stage in (Stage.FULFILLED, Stage.CONFIRMED):
        return _kept(wish)
    if wish.stage not in BOARD:
        return Due("", "")
    if wish.waits_since_us is not None:
        return Due("waits for them", "brand")
    if wish.due_us is None:
        return Due("", "")
    day = figures.moment(wish.due_us, zone, with_time=False)
    if wish.due_us < now_us:
        return Due(f"{_span(now_us - wish.due_us)} late", "bad")
    if wish.due_us - now_us < DAY_US:
        return Due(f"due in {_span(wish.due_us - now_us)}", "warn")
    return Due(f"{'promised' if wish.promised_us else 'due'} {day}", "")


def minutes_words(minutes: int) -> str:
    """Write working time: minutes, hours or working days of eight hours."""
    if minutes < 2 * HOUR:
        return f"{minutes} min"
    if minutes < 2 * WORKDAY:
        return f"{minutes / HOUR:.1f}".rstrip("0").rstrip(".") + " h"
    return f"{minutes / WORKDAY:.1f}".rstrip("0").rstrip(".") + " working days"


def line_of(move: "WishMove") -> Line:
    """Write one entry of the history."""
    who = {"customer": "the customer", "machine": "recognised by itself"}.get(move.by, "")
    who = who or ((move.person.name or move.person.email) if move.person else "")
    title, words, icon = _told(move)
    return Line(move.at_us, icon, title, words, who)


def _told(move: "WishMove") -> tuple[str, str, str]:
    if move.what == "stage":
        name = STAGES[Stage(move.after)][0]
        lasted = "" if not move.before else f"after {minutes_words(move.working_minutes)} of working time"
        if move.waiting_minutes:
            lasted += f", {minutes_words(move.waiting_minutes)} of it waiting for them"
        return name, "; ".join(part for part in (move.words, lasted) if part), _ICONS.get(move.after, "check")
    if move.what == "step":
        return f"Step {move.after}", move.words, "check" if move.after == "done" else "clock"
    if move.what == "approval":
        return f"Approval {move.after}", move.words, "check" if move.after == "granted" else "info"
    if move.what == "waits":
        return "Waits for the customer", move.words, "clock"
    if move.what == "goes_on":
        waited = f"after {minutes_words(move.waiting_minutes)} of working time" if move.waiting_minutes else ""
        return "The clock runs again", waited, "clock"
    label = _CHANGES.get(move.what, move.what.replace("_", " ").capitalize())
    change = f"{move.before or 'none'} → {move.after or 'none'}"
    return label, "; ".join(part for part in (change, move.words) if part), "settings"


def _kept(wish: "ServiceRequest") -> Due:
    if wish.promised_us is None or wish.fulfilled_us is None:
        return Due("", "")
    late = wish.fulfilled_us - wish.promised_us
    return Due(f"kept {_span(late)} late", "warn") if late > 0 else Due("promise kept", "good")


def _span(us: int) -> str:
    minutes = us // MINUTE_US
    if minutes < HOUR:
        return f"{max(1, minutes)} min"
    if minutes < 48 * HOUR:
        return f"{minutes // HOUR} h"
    return f"{minutes // (24 * HOUR)} days"


_ICONS = {"forwarded": "heart", "declined": "close", "withdrawn": "close", "fulfilled": "handshake"}
_CHANGES = {
    "title": "Title changed",
    "kind": "Kind changed",
    "department": "Department changed",
    "priority": "Priority changed",
    "person": "Person changed",
    "own_priority": "Their own order",
}
