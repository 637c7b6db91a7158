"""What "faster" is measured against: the same kinds of question by mail, and the time before the panel.

Mail is weighed so that its kinds of question come as often as they do by chat: quick questions by chat against hard
ones by mail would prove nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kizuna.flows.live_report.gathering import Chat
from kizuna.flows.live_report.times import SECOND_US
from kizuna.science import spreads
from kizuna.science.working_time import WorkingTime

type Floats = NDArray[np.float64]


def by_mail(chats: Sequence[Chat], written: Sequence[Chat], clock: WorkingTime) -> dict[str, Any]:
    """First responses by chat and by mail, kind by kind and over the kinds that both have."""
    mine, theirs = _by_kind(chats), _by_kind(written)
    rows = [
        {
            "kind": kind,
            "chat": _spread(_seconds(mine.get(kind, []))),
            "mail": _spread(_seconds(theirs.get(kind, []))),
            "chat_work": _spread(_worked(mine.get(kind, []), clock)),
            "mail_work": _spread(_worked(theirs.get(kind, []), clock)),
        }
        for kind in sorted({*mine, *theirs}, key=lambda kind: (kind is None, -len(mine.get(kind, [])), kind or 0))
    ]
    both = [kind for kind in mine if kind in theirs]
    weights = _weights(Counter({kind: len(mine[kind]) for kind in both}), [(kind, len(theirs[kind])) for kind in both])
    first = [stretch for kind in both for stretch in mine[kind]]
    second = [stretch for kind in both for stretch in theirs[kind]]
    return {
        "kinds": rows,
        "wall": _difference(_seconds(first), _seconds(second), weights),
        "work": _difference(_worked(first, clock), _worked(second, clock), weights),
    }


def before_and_now(before: Sequence[Chat], now: Sequence[Chat], clock: WorkingTime) -> dict[str, Any]:
    """First responses of everything customers wrote before there was a panel, and of everything they write now."""
    earlier, later = (
        [(each.from_us, each.at_us) for chat in chats if (each := chat.course.first)] for chats in (before, now)
    )
    equal = np.ones(len(earlier))
    return {
        "before": _spread(_seconds(earlier)),
        "now": _spread(_seconds(later)),
        "unanswered_before": _unanswered(before),
        "unanswered_now": _unanswered(now),
        "wall": _difference(_seconds(later), _seconds(earlier), equal),
        "work": _difference(_worked(later, clock), _worked(earlier, clock), equal),
    }


def _unanswered(chats: Sequence[Chat]) -> dict[str, int]:
    asked = [each for each in chats if each.course.began_us is not None]
    return {"asked": len(asked), "without": sum(not each.course.replies for each in asked)}


def _by_kind(chats: Sequence[Chat]) -> dict[int | None, list[tuple[int, int]]]:
    found: dict[int | None, list[tuple[int, int]]] = {}
    for chat in chats:
        if chat.course.first is not None:
            found.setdefault(chat.talk.kind_id, []).append((chat.course.first.from_us, chat.course.first.at_us))
    return found


def _weights(chats: Counter[int | None], mails: Sequence[tuple[int | None, int]]) -> Floats:
    """How much each mail counts: as often as its kind comes by chat, shared among the mails of the kind."""
    return np.array([chats[kind] / number for kind, number in mails for _ in range(number)], dtype=np.float64)


def _difference(first: Floats, second: Floats, weights: Floats) -> dict[str, float] | None:
    if min(len(first), len(second)) < spreads.FEWEST:
        return None
    told, low, high = spreads.median_difference(first, second, weights)
    median = spreads.weighted_quantile(second, weights, 0.5)
    slow = spreads.weighted_quantile(second, weights, 0.9)
    mine = spreads.spread(first)
    return {
        "n": len(first),
        "n_other": len(second),
        "median": mine.median if mine else 0.0,
        "p90": mine.p90 if mine else 0.0,
        "median_other": median,
        "p90_other": slow,
        "difference": told,
        "low": low,
        "high": high,
    }


def _seconds(stretches: Sequence[tuple[int, int]]) -> Floats:
    table = np.array(stretches, dtype=np.int64).reshape(-1, 2)
    return np.asarray((table[:, 1] - table[:, 0]) / SECOND_US, dtype=np.float64)


def _worked(stretches: Sequence[tuple[int, int]], clock: WorkingTime) -> Floats:
    table = np.array(stretches, dtype=np.int64).reshape(-1, 2)
    return np.asarray(clock.between(table[:, 0], table[:, 1]) / SECOND_US, dtype=np.float64)


def _spread(values: Floats) -> dict[str, Any] | None:
    told = spreads.spread(values)
    return None if told is None else asdict(told)
