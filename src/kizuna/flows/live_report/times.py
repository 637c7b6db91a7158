"""How quickly people were answered and what became of their chats: median and nine of ten, by the wall and by work.

Pure readings of gathered chats; each duration is in seconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from kizuna.flows.live_report.gathering import ABANDONED, ANSWERED, DEFERRED, OPEN, UNANSWERED, Chat
from kizuna.science import spreads
from kizuna.science.working_time import WorkingTime

type Stretch = tuple[int, int]

SECOND_US = 1_000_000
MEASURES = ("wait", "first", "reply", "handling", "resolution")


def waits(chats: Iterable[Chat]) -> list[Stretch]:
    """From entering the queue until a person had it; who nobody had is told as lost, not as a wait."""
    return [(each.from_us, each.served_us) for chat in chats for each in chat.sittings if each.served_us is not None]


def firsts(chats: Iterable[Chat]) -> list[Stretch]:
    """From the first word of the customer to the first human answer."""
    return [(each.from_us, each.at_us) for chat in chats if (each := chat.course.first) is not None]


def replies(chats: Iterable[Chat]) -> list[Stretch]:
    """From a word that waits to its answer, without the first of each chat."""
    return [(each.from_us, each.at_us) for chat in chats for each in chat.course.replies if not each.is_first]


def resolutions(chats: Iterable[Chat]) -> list[Stretch]:
    """From the first word to the end, of answered chats that have stayed ended."""
    return [
        (chat.course.began_us, ended)
        for chat in chats
        if chat.became == ANSWERED
        and chat.course.began_us is not None
        and (ended := chat.course.ended_us or chat.talk.closed_us) is not None
    ]


def measure(stretches: Sequence[Stretch], clock: WorkingTime) -> dict[str, Any]:
    """The spread of durations by the wall and by working time."""
    table = np.array(stretches, dtype=np.int64).reshape(-1, 2)
    return _both((table[:, 1] - table[:, 0]).clip(min=0), clock.between(table[:, 0], table[:, 1]))


def handling(chats: Iterable[Chat], clock: WorkingTime, person: int = 0) -> dict[str, Any]:
    """How long chats were in somebody's hands, all services of one chat together; of one person where asked."""
    wall, worked = [], []
    for chat in chats:
        held = [each for sitting in chat.sittings for each in sitting.held if person in (0, each[0])]
        if held:
            table = np.array([each[1:] for each in held], dtype=np.int64)
            wall.append(int((table[:, 1] - table[:, 0]).sum()))
            worked.append(int(clock.between(table[:, 0], table[:, 1]).sum()))
    return _both(np.array(wall, dtype=np.int64), np.array(worked, dtype=np.int64))


def all_times(chats: Sequence[Chat], clock: WorkingTime) -> dict[str, Any]:
    """Every measure of the report over chats."""
    return {
        "wait": measure(waits(chats), clock),
        "first": measure(firsts(chats), clock),
        "reply": measure(replies(chats), clock),
        "handling": handling(chats, clock),
        "resolution": measure(resolutions(chats), clock),
    }


def counts(chats: Sequence[Chat]) -> dict[str, int]:
    """What became of chats, and how many were handed over, reopened, taken back, or opened a wish."""
    became = [each.became for each in chats]
    answered = [each for each in chats if each.became == ANSWERED]
    ended = [each for each in answered if each.talk.closed_us is not None]
    return {
        "asked": len(chats),
        **{name: became.count(name) for name in (ANSWERED, ABANDONED, DEFERRED, OPEN, UNANSWERED)},
        "ended": len(ended),
        "ended_by_one": sum(each.hand_overs == 0 for each in ended),
        "handed_over": sum(each.hand_overs > 0 for each in chats),
        "taken_back": sum(sitting.taken_back > 0 for each in chats for sitting in each.sittings),
        "reopened": sum(each.course.reopened > 0 for each in chats),
        "wishes": sum(each.talk.wishes for each in chats),
    }


def _both(wall_us: Iterable[int], worked_us: Iterable[int]) -> dict[str, Any]:
    made = (spreads.spread(np.asarray(each, dtype=np.float64) / SECOND_US) for each in (wall_us, worked_us))
    return {name: None if each is None else asdict(each) for name, each in zip(("wall", "work"), made, strict=True)}
