"""The words of the tested claims: what a figure with its interval lets us say, and what it does not.

Words only, for the shop's people. What goes together is never called a cause.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kizuna.html import figures
from kizuna.science import claims

FEWEST = claims.FEWEST
UNKNOWN = "unknown"
FOURTHS = ("The weakest fourth", "The second weakest", "The second strongest", "The strongest fourth")
_SPANS = {365: "year", 182: "half year", 91: "quarter"}
_FEW, _SOME, _MUCH = 0.1, 0.3, 0.5


@dataclass(frozen=True)
class Answer:
    """An answer: yes, no, reverse or open, in one sentence, with the figure behind it."""

    tone: str
    verdict: str
    words: str
    figure: str = ""


def span(days: int) -> str:
    """What a span is called."""
    return _SPANS.get(days, f"{days} days")


def contact_days(low: int, high: int | None) -> str:
    """What a group by days of contact is called."""
    if high is None:
        return f"In contact on {low} days or more"
    if low == high:
        return "No contact" if not low else f"In contact on {low} day" + ("s" if low > 1 else "")
    return f"In contact on {low} or {high} days"


def talk_now(told: Mapping[str, Any]) -> Answer:
    """Does more communication go with more strength."""
    return _answer(
        told,
        f"Customers you were in contact with more often are {_how_much(told['r'])} stronger.",
        f"Customers you were in contact with more often are {_how_much(told['r'])} weaker.",
        "Whether those you are in contact with more are stronger cannot be told: chance alone could make it.",
    )


def talk_later(told: Mapping[str, Any] | None) -> Answer:
    """The same a quarter later, among those who stood alike."""
    if told is None:
        return Answer("quiet", "Open", "How it went on among customers who stood alike cannot be told.")
    return _answer(
        told,
        f"Of customers equally strong then, those with more contact are {_how_much(told['r'])} stronger today.",
        f"Of customers equally strong then, those with more contact are {_how_much(told['r'])} weaker today.",
        "Of customers equally strong then, those with more contact are no stronger today than chance could make them.",
    )


def strength_profit(told: Mapping[str, Any]) -> Answer:
    """Does strength go with e-CNRR."""
    return _answer(
        told,
        f"The stronger the relationship was, the more net profit came after: they go together {_closely(told['r'])}.",
        "The stronger the relationship was, the less net profit came after.",
        "Whether strength goes with net profit after cannot be told: chance alone could make it.",
    )


def strength_kept(told: Mapping[str, float]) -> Answer:
    """Does strength go with retention."""
    low, high = (_signed(told[name] * 100, 0) for name in ("low", "high"))
    between = f"{low} to {high} of every 100, 95 % sure"
    if told["low"] > 0:
        apart = round(told["difference"] * 100)
        words = f"Of every 100 in the strongest fourth {apart} more bought again than in the weakest."
        return Answer("good", "Yes", words, between)
    if told["high"] < 0:
        return Answer("bad", "The reverse", "The weakest fourth bought again more often than the strongest.", between)
    return Answer(
        "quiet", "Open", "The strongest and the weakest bought again alike, as far as chance allows.", between
    )


def worth(told: Mapping[str, Any] | None, row: Mapping[str, str] | None, years: int) -> Answer:
    """What would five more of every hundred who stay be worth."""
    if told is None or row is None:
        return Answer("quiet", "Open", "Too few customers were kept or lost to say what keeping more would be worth.")
    between = f"{row['low']} to {row['high']}, 95 % sure"
    words = (
        f"If 5 more of every 100 customers stayed, that would bring about {row['gain']} net profit in {years} years."
    )
    if told["low"] > 0:
        return Answer("good", row["gain"], words, between)
    return Answer("quiet", "Open", f"{words} It is not sure to be more than nothing.", between)


def cheaper(winning: int | None, keeping: Sequence[float] | None, kept: int) -> str:
    """Compare the cost of keeping with that of winning one customer."""
    if winning is None:
        return "cost of winning not given"
    if keeping is None or kept < claims.FEWEST_KEPT:
        return "too few kept to say"
    ratio, low, high = keeping
    if not ratio:
        return "nothing invested in keeping them"
    if not winning:
        return "winning was free"
    if high < winning:
        return f"keeping costs {figures.share(ratio / winning, 0)} of winning"
    if low > winning:
        return f"keeping costs {ratio / winning:.1f} times as much as winning"
    return "chance alone could make the difference"


def _answer(told: Mapping[str, Any], yes: str, reverse: str, unsure: str) -> Answer:
    r, low, high = (_signed(told[name], 2) for name in ("r", "low", "high"))
    between = f"{r}, truly {low} to {high}, 95 % sure; 0 is not at all, 1 wholly"
    if told["low"] > 0:
        return Answer("good", "Yes", yes, between)
    if told["high"] < 0:
        return Answer("bad", "The reverse", reverse, between)
    return Answer("quiet", "Open", unsure, between)


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", figures.MINUS)


def _how_much(r: float) -> str:
    size = abs(r)
    return "hardly" if size < _FEW else "a little" if size < _SOME else "clearly" if size < _MUCH else "much"


def _closely(r: float) -> str:
    size = abs(r)
    return "hardly" if size < _FEW else "a little" if size < _SOME else "clearly" if size < _MUCH else "closely"
