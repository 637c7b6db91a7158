"""What forecasts say in words: still a customer, between how much and how much, and how right they were before.

Words and formatting; the figures come from relationships.forecasts, the thresholds from science.still.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kizuna.html import figures
from kizuna.relationships import forecasts
from kizuna.relationships.forecasts import Outlook, RunView
from kizuna.science import still
from kizuna.web.console import amounts

if TYPE_CHECKING:
    from kizuna.relationships.models import Standing
    from kizuna.shops.models import Shop

DAY_US = 86_400_000_000
CERTAINTIES = ("very likely gone", "probably gone", "hard to say", "probably still a customer", "very likely still one")
TONES = ("bad", "bad", "warn", "good", "good")
SURE = "very likely still a customer"
STILL_CHOICES = {
    "still": ("still customers", 0.7, None),
    "unsure": ("hard to say", still.DORMANT_BELOW, 0.7),
    "gone": ("probably gone", None, still.DORMANT_BELOW),
}
LEVELS = {0.5: "in half of all cases", 0.8: "in four of five cases", 0.9: "in nine of ten cases"}


@dataclass(frozen=True)
class StillWords:
    """Whether somebody is still a customer, in words, with a tone for its badge and why."""

    words: str
    tone: str
    why: str


@dataclass(frozen=True)
class Promise:
    """What was said of a past stretch of time and what came; `off` and `side`: by how much, and too much or little."""

    said: str
    came: str
    error: str
    off: str
    side: str


@dataclass(frozen=True)
class OutlookCard:
    """What a customer's page says of the time ahead."""

    still: StillWords
    months: int
    as_of_us: int
    purchases: str
    purchases_between: str
    value: str
    value_between: str
    level: str
    joined: str


def card(shop: "Shop", standing: "Standing | None", now_us: int) -> OutlookCard | None:
    """Say what one customer will still bring; None before they bought, or before the first forecast after it."""
    run = forecasts.find_last(shop.pk) if standing is not None and standing.orders else None
    outlook = forecasts.find_outlook(shop.pk, run, standing.pk) if run is not None and standing is not None else None
    if run is None or outlook is None:
        return None
    words = still_words(run, outlook.still, standing, now_us)
    return OutlookCard(
        words,
        int(run.terms["months"]),
        run.as_of_us,
        fine(outlook.purchases),
        between_purchases(outlook),
        amounts.money_round(outlook.value_minor, shop.currency),
        between_money(outlook.value_low_minor, outlook.value_high_minor, shop.currency),
        level_words(float(run.method["level"])),
        joined_words(standing.segment, words.tone) if standing is not None else "",
    )


def joined_words(segment: str, tone: str) -> str:
    """Join what the segment asks for with a forecast that says otherwise; empty where both say the same.

    The segment looks back on what somebody brought, the forecast ahead: both can be right at once.
    """
    if segment not in ("A", "B") or tone == "good":
        return ""
    who = "one of the most valuable customers" if segment == "A" else "a customer who brought much"
    if tone == "warn":
        return f"Segment {segment} says what they brought so far: {who}, and now they may be leaving. Write first."
    must = "To retain them now means to win them back" if segment == "A" else "Here the dialogue is to win them back"
    return (
        f"Segment {segment} says what they brought so far, the forecast what is still to come: {who}, and "
        f"most likely lost. {must}: ask in person what went wrong, before any offer."
    )


def still_words(run: RunView, likelihood: float | None, standing: "Standing | None", now_us: int) -> StillWords:
    """Say whether a customer is still one: by likelihood, in a small shop by how long nothing came."""
    quiet = int(run.method["quiet_days"])
    if likelihood is None or run.customers < still.FEW_BUYERS:
        last = max((us for us in _signs(standing) if us is not None), default=None)
        silent = (now_us - last) / DAY_US if last is not None else float("inf")
        rule = f"With few buyers, {figures.whole(quiet)} days without a sign count as gone."
        if still.is_dormant(likelihood, silent, run.customers, quiet):
            return StillWords("probably gone", "bad", rule)
        return StillWords("still a customer, as far as one can tell", "good", rule)
    step = still.certainty(likelihood)
    words = SURE if step == len(CERTAINTIES) - 1 else CERTAINTIES[step]
    return StillWords(words, TONES[step], f"{figures.share(likelihood, 0)} sure that they have not left.")


def short_still(run: RunView, likelihood: float | None) -> tuple[str, str]:
    """Say it in a list: words and tone; empty where nothing is known of a customer, or the shop is small."""
    if likelihood is None or run.customers < still.FEW_BUYERS:
        return "", ""
    step = still.certainty(likelihood)
    return CERTAINTIES[step], TONES[step]


def between_purchases(outlook: Outlook) -> str:
    """Write how many purchases are expected, at least and at most."""
    low, high = round(outlook.purchases_low), round(outlook.purchases_high)
    if low == high:
        return f"about {figures.whole(high)}" if high else "most likely none"
    return f"between {figures.whole(low)} and {figures.whole(high)}"


def between_money(low: float, high: float, currency: str) -> str:
    """Write an amount at least and at most."""
    if round(low) == round(high) == 0:
        return "most likely nothing"
    return f"between {amounts.money_round(round(low), currency)} and {amounts.money_round(round(high), currency)}"


def fine(value: float) -> str:
    """Write an expected number: whole from ten on, below with one decimal."""
    return figures.whole(value) if value >= 9.95 else f"{value:.1f}"


def level_words(level: float) -> str:
    """Say how often an interval holds."""
    return LEVELS.get(round(level, 2), f"in {figures.share(level, 0)} of all cases")


def span_words(months: int) -> str:
    """Say a stretch of time: half a year, 4 months."""
    return {1: "a month", 6: "half a year", 12: "a year"}.get(months, f"{months} months")


def promises(back_test: Mapping[str, Any], currency: str) -> list[Promise]:
    """Say what was forecast and what came: purchases, and net profit."""
    return [
        _promise(back_test["purchases"], figures.whole),
        _promise(back_test["profit"], lambda minor: amounts.money_round(round(minor), currency)),
    ]


def story(back_test: Mapping[str, Any], currency: str) -> list[str]:
    """Tell in sentences how right the forecast would have been."""
    bought, earned = promises(back_test, currency)
    span = span_words(int(back_test["months"]))
    lines = [
        f"Had you asked {span} ago, we would have said {bought.said} purchases of the customers you had then; "
        f"it was {bought.came} ({bought.error}).",
        f"Of their net profit we would have said {earned.said}; it was {earned.came} ({earned.error}).",
    ]
    lines.append(
        f"{figures.share(back_test['coverage'], 0)} of the customers bought as often as their own range said; "
        f"it should be about {figures.share(back_test['level'], 0)} or more."
    )
    return lines


def error_words(error: float | None) -> str:
    """Say an error: too much or too little, in per cent."""
    if error is None:
        return "there was nothing to compare with"
    if abs(error) < 0.0005:
        return "exactly so"
    return f"{figures.share(abs(error))} {_side(error)}"


def _side(error: float) -> str:
    return "too much" if error > 0 else "too little"


def _promise(told: Mapping[str, Any], write: Callable[[float], str]) -> Promise:
    error = told["error"]
    if error is None:
        return Promise(write(told["said"]), write(told["came"]), error_words(None), "–", "nothing came")
    off = figures.share(abs(error))
    return Promise(write(told["said"]), write(told["came"]), error_words(error), off, _side(error))


def _signs(standing: "Standing | None") -> Sequence[int | None]:
    return () if standing is None else (standing.last_order_us, standing.last_seen_us)
