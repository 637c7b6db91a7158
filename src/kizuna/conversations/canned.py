"""Kept answers and macros: what operators say and do often. {{ gaps }} are filled when an answer is used.

Pure where gaps are filled; which values there are is composed above (flows.dialogue.gaps).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from kizuna.conversations.models import CannedReply, Macro

MOST = 500
LONGEST_TEXT = 10_000
STEPS = ("reply", "note", "tag", "untag", "assign", "team", "snooze", "close")
_GAP = re.compile(r"\{\{\s*([a-z][a-z0-9_.]{0,60})\s*\}\}")


class Refused(ValueError):
    """A kept answer or macro cannot be stored so; `field` names what is to blame."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


class NotThere(LookupError):
    """The shop has no such kept answer or macro."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A kept answer with its gaps filled, and the gaps for which nothing is known."""

    text: str
    missing: tuple[str, ...]


def list_replies(shop_id: int, team_id: int | None = None) -> list[CannedReply]:
    """List the kept answers of every team, or those that a team may use."""
    wanted = CannedReply.objects.filter(shop_id=shop_id).select_related("team")
    if team_id is not None:
        wanted = wanted.filter(Q(team=None) | Q(team_id=team_id))
    return list(wanted.order_by("title")[:MOST])


def get_reply(shop_id: int, number: int) -> CannedReply:
    """Get a kept answer. Raises NotThere."""
    found = CannedReply.objects.filter(shop_id=shop_id, pk=number).first()
    if found is None:
        raise NotThere(str(number))
    return found


def save_reply(shop_id: int, number: int | None, title: str, text: str, team_id: int | None) -> CannedReply:
    """Store a kept answer, a new one without a number. Raises Refused, NotThere."""
    title = " ".join(title.split())[:80]
    if not title or not text.strip():
        raise Refused("title" if not title else "text", "write something here")
    if len(text) > LONGEST_TEXT:
        raise Refused("text", f"at most {LONGEST_TEXT} characters")
    if CannedReply.objects.filter(shop_id=shop_id, title=title).exclude(pk=number or 0).exists():
        raise Refused("title", "there is one of this name already")
    row = CannedReply(shop_id=shop_id) if number is None else get_reply(shop_id, number)
    row.title, row.text, row.team_id = title, text.strip(), team_id
    row.save()
    return row


def remove_reply(shop_id: int, number: int) -> None:
    """Remove a kept answer that no macro uses. Raises Refused, NotThere."""
    row = get_reply(shop_id, number)
    if any(["reply", number] in macro.steps for macro in list_macros(shop_id)):
        raise Refused("title", "a macro uses it")
    row.delete()


def list_macros(shop_id: int) -> list[Macro]:
    """List a shop's macros."""
    return list(Macro.objects.filter(shop_id=shop_id).order_by("name")[:MOST])


def get_macro(shop_id: int, number: int) -> Macro:
    """Get a macro. Raises NotThere."""
    found = Macro.objects.filter(shop_id=shop_id, pk=number).first()
    if found is None:
        raise NotThere(str(number))
    return found


def save_macro(shop_id: int, number: int | None, name: str, steps: Sequence[Sequence[object]]) -> Macro:
    """Store a macro, a new one without a number. Raises Refused, NotThere."""
    name = " ".join(name.split())[:80]
    if not name:
        raise Refused("name", "give it a name")
    if not steps or any(not step or step[0] not in STEPS for step in steps):
        raise Refused("steps", "choose at least one step")
    if Macro.objects.filter(shop_id=shop_id, name=name).exclude(pk=number or 0).exists():
        raise Refused("name", "there is one of this name already")
    row = Macro(shop_id=shop_id) if number is None else get_macro(shop_id, number)
    row.name, row.steps = name, [list(step) for step in steps]
    row.save()
    return row


def remove_macro(shop_id: int, number: int) -> None:
    """Remove a macro. Raises NotThere."""
    get_macro(shop_id, number).delete()


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """Fill the gaps of a kept answer; a gap for which nothing is known stays visible.

    >>> fill("Dear {{ customer.name }}, {{ order.number }}", {"customer.name": "Ann"})
    Filled(text='Dear Ann, {{ order.number }}', missing=('order.number',))
    """
    missing: dict[str, None] = {}

    def put(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        if not value:
            missing[found[1]] = None
        return value or found[0]

    return Filled(_GAP.sub(put, text), tuple(missing))
