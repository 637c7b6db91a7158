"""How long people waited for a human word, read from what was said in one conversation and from its turns in a queue.

Here: pure readings of one conversation. Machines never count, an end takes what was unanswered with it, a word after
it begins anew, and a hand-over keeps the first wait. Not here: which rows these are, and what many of them say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise


class Act(IntEnum):
    """What an entry of a conversation is to the clock."""

    HEARD = 1
    ANSWERED = 2
    MACHINE = 3
    ENDED = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry in the order of the conversation; who answered, 0 where nobody did or is known."""

    act: Act
    at_us: int
    person: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """A human word that somebody waited for: since when, until when, whose, and whether it was the first response."""

    from_us: int
    at_us: int
    person: int
    is_first: bool


@dataclass(frozen=True, slots=True)
class Course:
    """What became of a conversation: its replies, from its first word to its end (None: open), how often reopened."""

    replies: tuple[Reply, ...]
    began_us: int | None
    ended_us: int | None
    reopened: int

    @property
    def first(self) -> Reply | None:
        """The first response, where there was one."""
        return next((each for each in self.replies if each.is_first), None)


def read_course(entries: Sequence[Entry]) -> Course:
    """Read the replies of a conversation from its entries in their order.

    A reply runs from the first unanswered human word of the customer to the next human word of the shop; more words
    of the customer do not move it, words of machines neither start nor stop it. An end lets what was unanswered go:
    a word of the shop after it, that nobody waited for, is no reply. Only what answers the conversation's first word
    is a first response. A clock that ran backwards counts as no wait.

    >>> told = [(1, 10), (3, 11), (1, 12), (2, 40), (4, 50), (2, 60), (1, 1000), (2, 1007)]
    >>> course = read_course([Entry(Act(act), at) for act, at in told])
    >>> [(each.from_us, each.at_us, each.is_first) for each in course.replies], course.ended_us, course.reopened
    ([(10, 40, True), (1000, 1007, False)], None, 1)
    """
    replies: list[Reply] = []
    waiting: int | None = None
    began: int | None = None
    ended: int | None = None
    reopened, is_first = 0, False
    for entry in entries:
        if entry.act == Act.HEARD:
            if began is None:
                began, is_first = entry.at_us, True
            reopened += ended is not None
            ended = None
            waiting = entry.at_us if waiting is None else waiting
        elif entry.act == Act.ANSWERED and waiting is not None:
            replies.append(Reply(waiting, max(waiting, entry.at_us), entry.person, is_first))
            waiting, is_first = None, False
        elif entry.act == Act.ENDED:
            ended = entry.at_us if ended is None and began is not None else ended
            waiting, is_first = None, False
    return Course(tuple(replies), began, ended, reopened)


@dataclass(frozen=True, slots=True)
class TurnSpan:
    """One turn of a chat in the queue; None where that did not happen (yet)."""

    waited_since_us: int
    entered_us: int
    served_us: int | None
    answered_us: int | None
    ended_us: int | None
    end: str
    person: int = 0


@dataclass(frozen=True, slots=True)
class Sitting:
    """One stay in the queue from entering to its end, over all hand-overs: its wait, who served when, how it ended.

    `served_us` None: nobody had it. `held` lists (person, from, to) of every service that has ended. `answered`:
    somebody who had it said a word.
    """

    from_us: int
    served_us: int | None
    ended_us: int | None
    end: str
    hand_overs: int
    taken_back: int
    held: tuple[tuple[int, int, int], ...]
    answered: bool = False


TAKEN_BACK = "taken_back"
_NOT_SERVED = (TAKEN_BACK, "given_back", "taken_over")
_GOES_ON = (*_NOT_SERVED, "transferred")


def read_sittings(turns: Sequence[TurnSpan]) -> list[Sitting]:
    """Read the stays in the queue from turns in the order of their entering.

    A turn whose wait is as old as that of the one before goes on with the same stay: the visitor waits since then. A
    turn that went from somebody who had said nothing back, or to a supervisor, served nobody: the wait goes on.

    >>> first = TurnSpan(0, 0, 20, None, 80, "taken_back", 1)
    >>> second = TurnSpan(0, 80, 90, 95, 200, "transferred", 2)
    >>> third = TurnSpan(0, 200, 230, 240, 400, "closed", 3)
    >>> sitting = read_sittings([first, second, third])[0]
    >>> sitting.served_us, sitting.ended_us, sitting.hand_overs, sitting.taken_back, sitting.held[0]
    (90, 400, 1, 1, (2, 90, 200))
    """
    grouped: list[list[TurnSpan]] = []
    for turn in turns:
        if grouped and _goes_on(grouped[-1][-1], turn):
            grouped[-1].append(turn)
        else:
            grouped.append([turn])
    return [_sitting(each) for each in grouped]


def _goes_on(before: TurnSpan, turn: TurnSpan) -> bool:
    return turn.waited_since_us == before.waited_since_us or before.end in _GOES_ON


def _sitting(turns: Sequence[TurnSpan]) -> Sitting:
    served = [each for each in turns if each.served_us is not None and not _was_silent(each)]
    last = turns[-1]
    from_us = min(each.waited_since_us for each in turns)
    return Sitting(
        from_us,
        max(from_us, served[0].served_us or 0) if served else None,
        last.ended_us,
        last.end if last.ended_us is not None else "",
        sum(one.person != other.person for one, other in pairwise(served)),
        sum(each.end == TAKEN_BACK for each in turns),
        tuple(
            (each.person, each.served_us, max(each.served_us, each.ended_us))
            for each in served
            if each.served_us is not None and each.ended_us is not None
        ),
        any(each.answered_us is not None for each in served),
    )


def _was_silent(turn: TurnSpan) -> bool:
    return turn.end in _NOT_SERVED and turn.answered_us is None
