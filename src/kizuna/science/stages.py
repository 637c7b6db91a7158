"""Stages of a relationship: the moves 0 to 5, with the fact that caused each, from one customer's dated events.

Here: moves, cycles, phases, and how often they came after a fulfilled wish. Not here: which facts are such events,
what is kept, dormancy (still, silence). Source: model, section 3; how its words are read: docs/decisions/0024.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

DAY_US = 86_400_000_000
ANSWER_DAYS = 30
EARLIER_DAYS = 365
HIGHEST = 5
STAGES = range(HIGHEST + 1)
_PHASES = (0, 1, 1, 2, 3, 3)


class Act(StrEnum):
    """What an event is; at one instant they happened in this order."""

    VISIT = "visit"
    PURCHASE = "purchase"
    CONTACT_OUT = "contact_out"
    CONTACT_IN = "contact_in"
    REACTION = "reaction"
    REFERRAL = "referral"
    WISH = "wish"
    LEARNED = "learned"
    AGREED = "agreed"
    FULFILLED = "fulfilled"
    CONFIRMED = "confirmed"


_PLACE = {act: place for place, act in enumerate(Act)}
ANSWERS = frozenset({Act.CONFIRMED, Act.VISIT, Act.CONTACT_IN, Act.PURCHASE})
"""What within 30 days of a fulfilled wish makes it a commitment."""
OWN_ACTS = frozenset({Act.VISIT, Act.PURCHASE, Act.CONTACT_IN})
"""What a contact rate counts."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dated fact of a customer; `ref` names it, `wish` the wish it is about, `thread` its conversation.

    LEARNED: a need or want was recorded; AGREED: they confirmed it. FULFILLED counts for stage 3 only if it lay
    `within` the shop's capability. `via_portal`: a wish that came through the premium site.
    """

    at_us: int
    act: Act
    ref: str = ""
    wish: str = ""
    channel: str = ""
    thread: str = ""
    within: bool = True
    via_portal: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """One step: from a stage to the next, or (`to_stage` 1 of a later cycle) back to where a new wish begins.

    `cause` is the fact that completed it; a referral made earlier causes stage 5 at the instant at which 4 was reached.
    """

    at_us: int
    from_stage: int
    to_stage: int
    cycle: int
    cause: Event
    wish: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """How a relationship went: its moves in order, the stage of the present cycle, the highest ever, cycles begun."""

    moves: tuple[Move, ...]
    stage: int
    highest: int
    cycles: int


@dataclass(frozen=True, slots=True)
class ContactRate:
    """How often a customer came (visits, purchases, messages) per 30 days, after a fulfilled wish and before it.

    before is None where they were not known for a day by then.
    """

    after: float
    before: float | None


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events by time, those of one instant in the order of Act; the same event twice is one."""
    return sorted(set(events), key=_sort_key)


def phase_of(stage: int) -> int:
    """Phase of a stage: 1 actualizing the trust relation, 2 building the partnership, 3 increasing profitable sales.

    Stage 0 has none (0); stage 2 leads from phase 1 to phase 2 and belongs to 1 until commitment.

    >>> [phase_of(stage) for stage in STAGES]
    [0, 1, 1, 2, 3, 3]
    """
    return _PHASES[stage]


def course(events: Iterable[Event]) -> Course:
    """Follow a customer's events and give every move. Source: model, section 3, the table of stages.

    One step up at a time; the highest stage never falls; a wish at stage 3 or later opens the next cycle at stage 1.
    In a later cycle stage 4 and 5, where never reached before, need only their own conditions.

    >>> days = lambda day, act, **more: Event(day * DAY_US, act, **more)
    >>> first = [days(0, Act.CONTACT_OUT), days(1, Act.CONTACT_IN), days(1, Act.WISH, wish="tea"),
    ...          days(2, Act.CONTACT_OUT), days(2, Act.LEARNED), days(3, Act.CONTACT_IN),
    ...          days(5, Act.FULFILLED, wish="tea"), days(9, Act.PURCHASE)]
    >>> [(move.at_us // DAY_US, move.to_stage, move.cause.act.value) for move in course(first).moves]
    [(1, 1, 'wish'), (3, 2, 'contact_in'), (9, 3, 'purchase')]
    >>> again = [*first, days(20, Act.WISH, wish="cup"), days(25, Act.FULFILLED, wish="cup"), days(30, Act.PURCHASE)]
    >>> found = course([*again, days(4, Act.REFERRAL)])
    >>> [(move.from_stage, move.to_stage, move.cycle) for move in found.moves[3:]], found.highest, found.cycles
    ([(3, 1, 2), (3, 4, 2), (4, 5, 2)], 5, 2)
    """
    walk = _Walk()
    for event in in_order(events):
        walk.take(event)
    return Course(tuple(walk.moves), walk.stage, walk.highest, walk.cycle)


def contact_rate(events: Iterable[Event], fulfilled_us: int, until_us: int) -> ContactRate:
    """How often they came in the 30 days after a fulfilment against their own rate before, both per 30 days.

    Before: since their first event, at most a year; after: cut at until_us, at least a day.

    >>> came = [Event(day * DAY_US, Act.VISIT) for day in (0, 30, 61, 62, 70)]
    >>> contact_rate(came, 60 * DAY_US, 90 * DAY_US)
    ContactRate(after=3.0, before=1.0)
    """
    ordered = in_order(events)
    own = [event.at_us for event in ordered if event.act in OWN_ACTS]
    window = ANSWER_DAYS * DAY_US
    end = min(fulfilled_us + window, max(until_us, fulfilled_us + DAY_US))
    after = sum(fulfilled_us < at <= end for at in own) * window / (end - fulfilled_us)
    since = max(ordered[0].at_us if ordered else fulfilled_us, fulfilled_us - EARLIER_DAYS * DAY_US)
    if fulfilled_us - since < DAY_US:
        return ContactRate(after, None)
    before = sum(since <= at <= fulfilled_us for at in own) * window / (fulfilled_us - since)
    return ContactRate(after, before)


def _sort_key(event: Event) -> tuple[int, int, str, str, str]:
    return event.at_us, _PLACE[event.act], event.ref, event.wish, event.thread


@dataclass(slots=True)
class _Cycle:
    """What has happened since the wish that opened the cycle."""

    wish: Event
    answered: bool = False
    recorded: bool = False
    agreed: bool = False
    fulfilled: list[Event] = field(default_factory=list)

    def learn(self, event: Event) -> None:
        """Take in what stage 2 asks for: both sides have written, it is recorded, confirmed or spoken of again."""
        if event.act == Act.CONTACT_OUT and event.at_us >= self.wish.at_us:
            self.answered = True
        elif event.act == Act.CONTACT_IN:
            self.agreed = self.agreed or self.answered
        elif event.act == Act.LEARNED:
            self.recorded = True
        elif event.act == Act.AGREED:
            self.recorded = self.agreed = True
        elif event.act == Act.FULFILLED and event.within:
            self.fulfilled.append(event)

    @property
    def learned(self) -> bool:
        """Whether stage 2 has all it asks for."""
        return self.answered and self.recorded and self.agreed

    def answer_to(self, event: Event) -> Event | None:
        """The fulfilled wish that an event answers within 30 days, the latest; None where there is none."""
        if event.act not in ANSWERS:
            return None
        window = ANSWER_DAYS * DAY_US
        for done in reversed(self.fulfilled):
            late = event.act == Act.CONFIRMED and event.at_us == done.at_us
            if (late or event.at_us > done.at_us) and event.at_us - done.at_us <= window:
                return done
        return None


@dataclass(slots=True)
class _Walk:
    """The relationship so far. `since` is from when on a further wish and purchase count for stage 4."""

    moves: list[Move] = field(default_factory=list)
    stage: int = 0
    highest: int = 0
    cycle: int = 0
    wrote: bool = False
    heard: bool = False
    waiting: Event | None = None
    present: _Cycle | None = None
    commitment: tuple[Event, str] | None = None
    since_us: int | None = None
    since_wish: str = ""
    further_wish: Event | None = None
    further_purchase: Event | None = None
    referrals: list[Event] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """Take the next event in and go as far as it leads."""
        if event.act == Act.WISH:
            self._wish(event)
        elif event.act == Act.CONTACT_IN and self.waiting is not None and self.wrote and self.heard:
            self._begin(self.waiting, event.at_us)
        if event.act == Act.REFERRAL:
            self.referrals.append(event)
        self.wrote = self.wrote or event.act == Act.CONTACT_OUT
        self.heard = self.heard or event.act == Act.CONTACT_IN
        self._note(event)
        while self._climb(event):
            pass

    def _wish(self, event: Event) -> None:
        if self.stage >= 3 or (self.stage == 0 and self.wrote and self.heard):
            self._begin(event, event.at_us)
        elif self.stage == 0 and self.waiting is None:
            self.waiting = event
            self.present = _Cycle(event)

    def _begin(self, wish: Event, at_us: int) -> None:
        """Enter stage 1: for the first time, or of the next cycle."""
        if self.present is None or self.stage > 0:
            self.present = _Cycle(wish)
        self.cycle += 1
        self.commitment = None
        self._move(at_us, self.stage, 1, wish, wish.wish)
        self.waiting = None

    def _note(self, event: Event) -> None:
        if self.present is not None:
            self.present.learn(event)
            done = self.present.answer_to(event)
            if done is not None and self.commitment is None:
                self.commitment = event, done.wish
        if self.since_us is not None and event.at_us > self.since_us:
            if event.act == Act.FULFILLED and event.wish != self.since_wish:
                self.further_wish = self.further_wish or event
            elif event.act == Act.PURCHASE:
                self.further_purchase = self.further_purchase or event

    def _climb(self, event: Event) -> bool:
        """One step up where its condition is met."""
        if self.stage == 1 and self.present is not None and self.present.learned:
            return self._move(event.at_us, 1, 2, event, self.present.wish.wish)
        if self.stage == 2 and self.commitment is not None:
            return self._commit(event.at_us, *self.commitment)
        if self.further_wish is not None and self.further_purchase is not None and self._may_reach(4):
            return self._retain(event)
        if self.referrals and self._may_reach(5):
            return self._move(event.at_us, 4, 5, self.referrals.pop(0), "")
        return False

    def _may_reach(self, stage: int) -> bool:
        """Whether a stage is the next of this cycle, or of all cycles together."""
        return stage - 1 in (self.stage, self.highest) and self.stage < stage

    def _commit(self, at_us: int, cause: Event, wish: str) -> bool:
        self._move(at_us, 2, 3, cause, wish)
        if self.since_us is None:
            self.since_us, self.since_wish = at_us, wish
        return True

    def _retain(self, event: Event) -> bool:
        done = self.further_wish.wish if self.further_wish is not None else ""
        self._move(event.at_us, 3, 4, event, done)
        self.since_us, self.since_wish = event.at_us, done
        self.further_wish = self.further_purchase = None
        return True

    def _move(self, at_us: int, from_stage: int, to_stage: int, cause: Event, wish: str) -> bool:
        self.moves.append(Move(at_us, from_stage, to_stage, self.cycle, cause, wish))
        self.stage = to_stage
        self.highest = max(self.highest, to_stage)
        return True
