"""The words of the validity page: what a score is called, what an alarm means and what to do, without any jargon.

Figures come as they were stored (relationships.validity); a page never builds such a sentence by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kizuna.html import figures
from kizuna.relationships import indicators
from kizuna.relationships.validity import (
    AlarmFigures,
    CheckView,
    DriftFigures,
    Figure,
    Missing,
    OptionFigures,
)
from kizuna.web.console.pages.words import FACTORS

WHOLE = "RF"
SCORES: Mapping[str, tuple[str, str]] = {
    "rf": ("Your relationship factor", "the criterion you use"),
    "rfm": ("Classic points", "1 to 5 each for recency, frequency and money"),
    "money": ("All money ever spent", "whoever spent most stands first"),
    "decayed_both": ("Purchases and money of late", "both fading, counted alike"),
    "decayed_money": ("Money of late", "what they spent, fading with time"),
    "model": ("A purchase model", "how often they should come back, times what they spend"),
    "without_money": ("Your factor without money", "the same criterion, money left out"),
}
LEVELS: Mapping[str, tuple[str, str]] = {
    "steady": ("as before", "good"),
    "watch": ("moving a little", ""),
    "alarm": ("has moved", "warn"),
    "critical": ("has moved far", "bad"),
}
KINDS: Mapping[str, tuple[str, str]] = {
    "weights": ("Learned weights", "How much each factor counts, learned from what your customers did next."),
    "half_lives": ("Better half-lives", "How fast each factor fades, chosen from what your customers did next."),
    "both": ("Learned weights and half-lives", "How much each factor counts and how fast it fades."),
    "reference": ("A fresh reference", "Today's customers become those that everybody is compared with."),
}
_MISSING = {
    "history": "{have} days of orders so far. A check needs {need}: 90 to know customers by, and 90 to see what came.",
    "customers": "{have} customers were known 90 days ago. A check needs {need}, or chance would decide.",
    "buyers": "{have} of the customers of then bought again. A check needs {need}, or chance would decide.",
}


@dataclass(frozen=True)
class AlarmWords:
    """An alarm as people read it: what is wrong, since when, and what mends it."""

    title: str
    text: str
    since_us: int


def score_name(name: str) -> str:
    """Name a score."""
    return SCORES[name][0]


def name_factors(shop_id: int) -> dict[str, str]:
    """Name every factor of a shop, further indicators and the whole too."""
    labels = {each.name: each.label for each in indicators.list_indicators(shop_id)}
    return {**{key: name for key, (name, _) in FACTORS.items()}, **labels, WHOLE: "The whole factor"}


def missing_words(missing: Missing) -> str:
    """Say what a check lacks."""
    text = _MISSING[missing.what].format(have=figures.whole(missing.have), need=figures.whole(missing.need))
    return text[0].upper() + text[1:]


def points(value: float | None) -> str:
    """Write how much of what a perfect order would gain is gained, as whole points of 100."""
    return "–" if value is None else figures.whole(100 * value)


def fine_points(value: float | None) -> str:
    """Write points with one decimal, for before and after."""
    return "–" if value is None else f"{100 * value:.1f}".replace("-", figures.MINUS)


def difference_words(ours_less_theirs: Figure, *, certain: bool) -> str:
    """Say how much better or worse a rival is, with the range that holds the truth 95 times of 100."""
    if ours_less_theirs.value is None or ours_less_theirs.low is None or ours_less_theirs.high is None:
        return "cannot be told"
    low, high = sorted((-100 * ours_less_theirs.high, -100 * ours_less_theirs.low))
    if certain:
        return f"better by {max(low, 0.0):.0f} to {high:.0f} points"
    if high < 0:
        return f"worse by {-high:.0f} to {-low:.0f} points"
    return "no clear difference"


def alarm_words(alarm: AlarmFigures, names: Mapping[str, str]) -> AlarmWords:
    """Say what is wrong and what to recalibrate."""
    if alarm.kind == "rival":
        named = _listed([f"“{score_name(name)}”" for name in alarm.names[:2]])
        text = (
            f"Twice running, {named} put the customers who then brought most further up than your criterion did, by"
            " more than chance explains. Recalibrate the weights or half-lives."
        )
        return AlarmWords("Another measure finds your best customers better", text, alarm.since_us)
    if alarm.kind == "fallen":
        text = (
            "Twice running, your criterion found the customers who then brought most less well than it used to, by more"
            " than chance explains. Recalibrate the weights or half-lives."
        )
        return AlarmWords("Your criterion finds less than it used to", text, alarm.since_us)
    moved = _listed([names.get(name, name) for name in alarm.names if name != WHOLE][:3] or [names[WHOLE]])
    text = (
        f"{moved}: today's customers no longer stand where the customers of the reference stood, so that a high score"
        " means something else than it did. Freeze a fresh reference."
    )
    return AlarmWords("Your customers have changed since the reference", text, alarm.since_us)


def task_words(check: CheckView, names: Mapping[str, str]) -> tuple[str, str]:
    """Say on the first page, in one sentence, what a check found and what to recalibrate."""
    first = alarm_words(check.findings.alarms[0], names)
    best, kinds = check.findings.best_option, {alarm.kind for alarm in check.findings.alarms}
    mend = []
    if kinds - {"drift"} and best is not None:
        what = {"weights": "the weights", "half_lives": "the half-lives", "both": "weights and half-lives"}[best.kind]
        mend.append(f"recalibrate {what}")
    if "drift" in kinds:
        mend.append("freeze a fresh reference")
    return "The criterion needs care", f"{first.title}. What to do: {' and '.join(mend) or 'look at the factors'}."


def drift_words(drift: DriftFigures) -> str:
    """Say how many of today's customers stand above the middle of the reference, and how many of its own did."""
    if drift.zeros:
        return f"{figures.share(drift.now[-1], 0)} have any, {figures.share(drift.before[-1], 0)} had"
    now, before = figures.share(drift.above_middle, 0), figures.share(drift.above_before, 0)
    return now if before == figures.share(0.5, 0) else f"{now}, then {before}"


def option_words(option: OptionFigures) -> str:
    """Say what a recalibration gained where it was tried."""
    if option.before is None or option.after is None:
        return "Scores are measured against today's customers from then on."
    low, high = option.change.low or 0.0, option.change.high or 0.0
    tried = f"{option.origins} later period{'s' if option.origins != 1 else ''} that had not taught it"
    return (
        f"{fine_points(option.before)} → {fine_points(option.after)} of 100 points, on {tried}"
        f" (a gain of {fine_points(low)} to {fine_points(high)})."
    )


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
