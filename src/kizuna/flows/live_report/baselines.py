"""What "faster" is measured against: the same kinds of question by mail, and the time before the panel.

Mail is weighed so that its kinds of question come as often as they do by chat: quick questions by chat against hard
ones by mail would prove nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kizuna.flows.live_report.gathering import Chat
from kizuna.flows.live_report.times import SECOND_US
from kizuna.science import spreads
from kizuna.science.spreads import Waits
from kizuna.science.working_time import WorkingTime

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a first word waited: until its answer (over), else until it was let go or until now."""

    from_us: int
    to_us: int
    over: bool


def by_mail(chats: Sequence[Chat], written: Sequence[Chat], clock: WorkingTime, now_us: int) -> dict[str, Any]:
    """First responses by chat and by mail, kind by kind and over the kinds that both have."""
    mine, theirs = _by_kind(chats, now_us), _by_kind(written, now_us)
    rows = [
        {
            "kind": kind,
            "chat": _spread(mine.get(kind, [])),
            "mail": _spread(theirs.get(kind, [])),
            "chat_work": _spread(mine.get(kind, []), clock),
            "mail_work": _spread(theirs.get(kind, []), clock),
        }
        for kind in sorted({*mine, *theirs}, key=lambda kind: (kind is None, -len(mine.get(kind, [])), kind or 0))
    ]
    both = [kind for kind in mine if kind in theirs]
    weights = _weights(Counter({kind: len(mine[kind]) for kind in both}), [(kind, len(theirs[kind])) for kind in both])
    first = [wait for kind in both for wait in mine[kind]]
    second = [wait for kind in both for wait in theirs[kind]]
    return {
        "kinds": [row for row in rows if row["chat"] or row["mail"]],
        "wall": _difference(first, second, weights),
        "work": _difference(first, second, weights, clock),
    }


def before_and_now(before: Sequence[Chat], now: Sequence[Chat], clock: WorkingTime, now_us: int) -> dict[str, Any]:
    """First responses of everything customers wrote before there was a panel, and of everything they write now."""
    earlier, later = ([each for chat in chats if (each := _wait(chat, now_us)) is not None] for chats in (before, now))
    equal = np.ones(len(earlier))
    return {
        "before": _spread(earlier),
        "now": _spread(later),
        "unanswered_before": _unanswered(before),
        "unanswered_now": _unanswered(now),
        "wall": _difference(later, earlier, equal),
        "work": _difference(later, earlier, equal, clock),
    }


def _wait(chat: Chat, now_us: int) -> Wait | None:
    """The wait for the first response; None where nobody asked, or it was let go before a later word was answered."""
    course = chat.course
    if course.first is not None:
        return Wait(course.first.from_us, course.first.at_us, over=True)
    if course.began_us is None or course.replies:
        return None
    until_us = course.ended_us or chat.talk.closed_us or now_us
    return Wait(course.began_us, max(course.began_us, until_us), over=False)


def _unanswered(chats: Sequence[Chat]) -> dict[str, int]:
    asked = [each for each in chats if each.course.began_us is not None]
    return {"asked": len(asked), "without": sum(not each.course.replies for each in asked)}


def _by_kind(chats: Sequence[Chat], now_us: int) -> dict[int | None, list[Wait]]:
    found: dict[int | None, list[Wait]] = {}
    for chat in chats:
        wait = _wait(chat, now_us)
        if wait is not None:
            found.setdefault(chat.talk.kind_id, []).append(wait)
    return found


def _weights(chats: Counter[int | None], mails: Sequence[tuple[int | None, int]]) -> Floats:
    """How much each mail counts: as often as its kind comes by chat, shared among the mails of the kind."""
    return np.array([chats[kind] / number for kind, number in mails for _ in range(number)], dtype=np.float64)


def _difference(
    first: Sequence[Wait], second: Sequence[Wait], weights: Floats, clock: WorkingTime | None = None
) -> dict[str, float] | None:
    """The middle waits of both, those that go on counted as long as they were seen; None where it is too early."""
    mine = Waits(_seconds(first, clock), _over(first), np.ones(len(first)))
    theirs = Waits(_seconds(second, clock), _over(second), weights)
    if min(int(mine.over.sum()), int(theirs.over.sum())) < spreads.FEWEST:
        return None
    told = spreads.median_difference(mine, theirs)
    if told is None:
        return None
    return {
        "n": len(first),
        "n_other": len(second),
        "median": spreads.lasting(mine, 0.5),
        "p90": min(spreads.lasting(mine, 0.9), float(mine.lasted.max())),
        "median_other": spreads.lasting(theirs, 0.5),
        "p90_other": min(spreads.lasting(theirs, 0.9), float(theirs.lasted.max())),
        **dict(zip(("difference", "low", "high"), told, strict=True)),
    }


def _over(waits: Sequence[Wait]) -> NDArray[np.bool_]:
    return np.array([each.over for each in waits], dtype=np.bool_)


def _seconds(waits: Sequence[Wait], clock: WorkingTime | None) -> Floats:
    """How long each lasted, by the wall or by working time."""
    table = np.array([(each.from_us, each.to_us) for each in waits], dtype=np.int64).reshape(-1, 2)
    lasted = table[:, 1] - table[:, 0] if clock is None else clock.between(table[:, 0], table[:, 1])
    return np.asarray(lasted / SECOND_US, dtype=np.float64)


def _spread(waits: Sequence[Wait], clock: WorkingTime | None = None) -> dict[str, Any] | None:
    """The spread of those that are over."""
    told = spreads.spread(_seconds([each for each in waits if each.over], clock))
    return None if told is None else asdict(told)
