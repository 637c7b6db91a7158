"""What we have learned about a customer: needs, wants, preferences and facts, each with its source and its dates.

The customer may confirm, correct or delete each; a deleted one leaves no text. What is old is to be confirmed again.
Which message it came from is a number here, because messages live in another room.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from kizuna.knowledge.models import Lesson, LessonEnd, LessonKind, LessonSource
from kizuna.science.periods import DAY_US
from kizuna.shops.tenants import Refused
from kizuna.tables import public_ids

__all__ = ["Learned", "LearnedView", "LessonKind", "LessonSource", "NotThere"]

RECONFIRM_US = 180 * DAY_US
LONGEST = 500
LONGEST_LABEL = 40
KINDS = tuple(LessonKind.values)


class NotThere(LookupError):
    """Nothing of this kind is known of this customer under this number."""


@dataclass(frozen=True, slots=True)
class Learned:
    """Something to remember of a customer; `label` names it as a variable, such as size."""

    identity_id: int
    kind: str
    text: str
    source_message_id: int | None = None
    source: str = LessonSource.OPERATOR
    label: str = ""
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class LearnedView:
    """Something remembered of a customer."""

    public_id: UUID
    identity_id: int
    kind: str
    label: str
    text: str
    source: str
    source_message_id: int | None
    learned_us: int
    confirmed_us: int | None
    confirmed_by_customer: bool

    @property
    def last_us(self) -> int:
        """When it was last known to hold."""
        return max(self.learned_us, self.confirmed_us or 0)

    def is_old(self, now_us: int) -> bool:
        """Tell whether it should be confirmed again: preferences change."""
        return now_us - self.last_us > RECONFIRM_US


def learn(shop_id: int, told: Learned, now_us: int) -> tuple[LearnedView, bool]:
    """Remember something; (it, whether it is new). What is known in the same words already is confirmed instead.

    What the customer says themselves is confirmed by saying it. Raises Refused.
    """
    text = _checked(told.kind, told.text)
    by_customer = told.source in (LessonSource.CUSTOMER, LessonSource.SURVEY)
    for row in Lesson.objects.filter(
        shop_id=shop_id, identity_id=told.identity_id, kind=told.kind, ended_us=None
    ).select_for_update():
        if row.text.casefold() == text.casefold():
            if by_customer or told.source_message_id not in (None, row.source_message_id):
                _confirm(row, by_customer or row.confirmed_by_customer, now_us)
            return _view(row), False
    row = Lesson.objects.create(
        shop_id=shop_id,
        public_id=public_ids.make(now_us),
        identity_id=told.identity_id,
        kind=told.kind,
        label=" ".join(told.label.split())[:LONGEST_LABEL],
        text=text,
        source=told.source,
        source_message_id=told.source_message_id,
        person_id=told.person_id,
        learned_us=now_us,
        confirmed_us=now_us if by_customer else None,
        confirmed_by_customer=by_customer,
    )
    return _view(row), True


def confirm(
    shop_id: int, identity_ids: Collection[int], public_id: UUID, by_customer: bool, now_us: int
) -> LearnedView:
    """Note that something still holds. Raises NotThere."""
    row = _get(shop_id, identity_ids, public_id)
    _confirm(row, by_customer, now_us)
    return _view(row)


def correct(shop_id: int, identity_ids: Collection[int], public_id: UUID, told: Learned, now_us: int) -> LearnedView:
    """Replace something by how it really is; the source message stays named. Raises NotThere, Refused.

    Of `told` the kind, text, label, source and person count; it stays with the identity it was learned under.
    """
    old = _get(shop_id, identity_ids, public_id)
    text = _checked(told.kind, told.text)
    if text == old.text and told.kind == old.kind:
        _confirm(old, told.source == LessonSource.CUSTOMER, now_us)
        return _view(old)
    old.ended_us, old.ended_as = now_us, LessonEnd.CORRECTED
    old.save(update_fields=["ended_us", "ended_as"])
    by_customer = told.source == LessonSource.CUSTOMER
    row = Lesson.objects.create(
        shop_id=shop_id,
        public_id=public_ids.make(now_us),
        identity_id=old.identity_id,
        kind=told.kind,
        label=" ".join((told.label or old.label).split())[:LONGEST_LABEL],
        text=text,
        source=told.source,
        source_message_id=old.source_message_id,
        person_id=told.person_id,
        learned_us=now_us,
        confirmed_us=now_us if by_customer else None,
        confirmed_by_customer=by_customer,
        replaces=old,
    )
    return _view(row)


def forget(shop_id: int, identity_ids: Collection[int], public_id: UUID, now_us: int) -> None:
    """Delete something with every earlier wording of it; only that it was once learned stays. Raises NotThere."""
    row: Lesson | None = _get(shop_id, identity_ids, public_id)
    while row is not None:
        row.text = row.label = ""
        row.source_message_id = None
        row.ended_us, row.ended_as = now_us, LessonEnd.FORGOTTEN
        row.save(update_fields=["text", "label", "source_message_id", "ended_us", "ended_as"])
        row = None if row.replaces_id is None else Lesson.objects.filter(shop_id=shop_id, pk=row.replaces_id).first()


def list_of(shop_id: int, identity_ids: Collection[int]) -> list[LearnedView]:
    """List what is held of a customer's identities, what was last known to hold first."""
    rows = Lesson.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids), ended_us=None)
    return sorted(map(_view, rows), key=lambda each: (-each.last_us, str(each.public_id)))


def list_of_message(shop_id: int, message_ids: Collection[int]) -> dict[int, list[LearnedView]]:
    """List what was learned from each message, for marks beside it."""
    found: dict[int, list[LearnedView]] = {}
    for row in Lesson.objects.filter(shop_id=shop_id, source_message_id__in=list(message_ids), ended_us=None):
        found.setdefault(row.source_message_id or 0, []).append(_view(row))
    return found


def list_moments(shop_id: int, identity_ids: Collection[int]) -> list[tuple[int, int, int | None]]:
    """List of whom and when things were learned and last confirmed by them, forgotten ones too, as stages count."""
    rows = Lesson.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids)).order_by("learned_us", "id")
    return [(row.identity_id, row.learned_us, row.confirmed_us if row.confirmed_by_customer else None) for row in rows]


def as_variables(shop_id: int, identity_ids: Collection[int]) -> dict[str, str]:
    """Give what was learned as variables of replies: needs, wants, preferences, need, want, and each label."""
    held = list_of(shop_id, identity_ids)
    given: dict[str, str] = {}
    for kind, plural in (("need", "needs"), ("want", "wants"), ("preference", "preferences")):
        texts = [each.text for each in held if each.kind == kind]
        given[kind], given[plural] = (texts[0] if texts else ""), ", ".join(texts)
    for each in reversed(held):
        name = re.sub(r"[^a-z0-9]+", "_", each.label.lower()).strip("_")
        if name:
            given[name] = each.text
    return given


def erase(shop_id: int, identity_ids: Collection[int]) -> int:
    """Delete everything learned under identities, rows and all; returns how many rows went."""
    rows = Lesson.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids))
    rows.update(replaces=None)
    return rows.delete()[0]


def _get(shop_id: int, identity_ids: Collection[int], public_id: UUID) -> Lesson:
    row = (
        Lesson.objects.select_for_update()
        .filter(shop_id=shop_id, identity_id__in=list(identity_ids), public_id=public_id, ended_us=None)
        .first()
    )
    if row is None:
        raise NotThere(str(public_id))
    return row


def _confirm(row: Lesson, by_customer: bool, now_us: int) -> None:
    row.confirmed_us = max(now_us, row.confirmed_us or 0)
    row.confirmed_by_customer = row.confirmed_by_customer or by_customer
    row.save(update_fields=["confirmed_us", "confirmed_by_customer"])


def _checked(kind: str, text: str) -> str:
    kept = " ".join(text.replace("\x00", "").split())
    if kind not in KINDS:
        raise Refused("kind", "choose need, want, preference or fact")
    if not kept:
        raise Refused("text", "write down what there is to remember")
    if len(kept) > LONGEST:
        raise Refused("text", f"use at most {LONGEST} characters")
    return kept


def _view(row: Lesson) -> LearnedView:
    return LearnedView(
        row.public_id,
        row.identity_id,
        row.kind,
        row.label,
        row.text,
        row.source,
        row.source_message_id,
        row.learned_us,
        row.confirmed_us,
        row.confirmed_by_customer,
    )
