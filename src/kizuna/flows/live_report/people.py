"""The same figures operator by operator: times of their own answers, chats an hour, what customers said of them.

A chat's wishes, scores and money go to whoever answered it most; times go to whoever they were. Hours are those at
the desk: available, busy or wrapping up.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np

from kizuna.conversations.live.measured import WorkSpell
from kizuna.flows.live_report import loss, times
from kizuna.flows.live_report.gathering import ANSWERED, Chat, Gathered
from kizuna.flows.live_report.loss import Moments
from kizuna.science import ratings

HOUR_US = 3_600_000_000
QUESTIONS = ("satisfaction", "trust", "company")


def hours(spells: Sequence[WorkSpell], from_us: int, to_us: int) -> dict[int, float]:
    """Hours at the desk in (from, to], by operator."""
    found: dict[int, float] = defaultdict(float)
    for each in spells:
        found[each.person_id] += max(0, min(each.to_us, to_us) - max(each.from_us, from_us)) / HOUR_US
    return {person: sum_h for person, sum_h in found.items() if sum_h > 0}


def survey(chats: Sequence[Chat], scores: Mapping[int, Mapping[str, int]]) -> dict[str, Any]:
    """Mean and interval of what was answered after chats, question by question; None where nobody answered."""
    told = {}
    for question in QUESTIONS:
        given = [scores[chat.talk.id][question] for chat in chats if question in scores.get(chat.talk.id, {})]
        interval = ratings.mean_interval(given)
        told[question] = None if interval is None else asdict(interval)
    return told


def per_operator(
    gathered: Gathered, chats: Sequence[Chat], settled: Sequence[Chat], from_us: int
) -> list[dict[str, Any]]:
    """One row for each who answered, had a chat or was at work, those with the most chats first.

    Money counts the chats of `settled`, whose days after are over.
    """
    worked = hours(gathered.spells, from_us, gathered.now_us)
    mine: dict[int, list[Chat]] = defaultdict(list)
    for chat in chats:
        if chat.became == ANSWERED and chat.operator:
            mine[chat.operator].append(chat)
    seen = {each.person for chat in chats for each in chat.course.replies}
    earned = _earned(gathered, settled)
    everybody = {*worked, *mine, *seen, *_held(chats), *earned} - {0}
    rows = [_row(gathered, chats, person, mine[person], worked.get(person, 0.0)) for person in everybody]
    for row in rows:
        row["profit_chats"], row["profit_minor"] = earned.get(row["person"], (0, 0))
    return sorted(rows, key=lambda row: (-row["chats"], -row["hours"], row["person"]))


def _earned(gathered: Gathered, settled: Sequence[Chat]) -> dict[int, tuple[int, int]]:
    """By operator: chats and net profit in the days after; an order counts for the last chat before it."""
    answered = [chat for chat in settled if chat.became == ANSWERED]
    customer = gathered.money.customers(chat.talk.identity_id for chat in answered)
    at_us = np.array([chat.talk.opened_us for chat in answered], dtype=np.int64)
    found: dict[int, tuple[int, int]] = {}
    profits = loss.credited(gathered.money, Moments(customer, at_us))
    for chat, profit in zip(answered, profits.tolist(), strict=True):
        number, before = found.get(chat.operator, (0, 0))
        found[chat.operator] = number + 1, before + profit
    return found


def _row(gathered: Gathered, chats: Sequence[Chat], person: int, mine: Sequence[Chat], worked: float) -> dict[str, Any]:
    theirs = [each for chat in chats for each in chat.course.replies if each.person == person]
    first, later = (
        [(each.from_us, each.at_us) for each in theirs if each.is_first is wanted] for wanted in (True, False)
    )
    return {
        "person": person,
        "chats": len(mine),
        "hours": worked,
        "per_hour": len(mine) / worked if worked else None,
        "first": times.measure(first, gathered.clock),
        "reply": times.measure(later, gathered.clock),
        "handling": times.handling(chats, gathered.clock, person),
        "resolution": times.measure(times.resolutions(mine), gathered.clock),
        "handed_over": sum(_gave(chat, person) for chat in chats),
        "ended_by_one": sum(chat.talk.closed_us is not None and not chat.hand_overs for chat in mine),
        "wishes": sum(chat.talk.wishes for chat in mine),
        "survey": survey(mine, gathered.scores),
    }


def _held(chats: Sequence[Chat]) -> set[int]:
    return {held[0] for chat in chats for sitting in chat.sittings for held in sitting.held}


def _gave(chat: Chat, person: int) -> int:
    """How often somebody handed this chat on."""
    held = [[each[0] for each in sitting.held] for sitting in chat.sittings]
    return sum(one == person != other for row in held for one, other in pairwise(row))
