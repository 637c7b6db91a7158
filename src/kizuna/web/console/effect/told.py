"""What the report says of the live operator, in the words and figures of the page; the report itself is a flow's.

A comparison is called one, what the lot decided is called proof, and too few are named as too few.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from kizuna.html import figures
from kizuna.science import proportions
from kizuna.web.console import amounts
from kizuna.web.console.effect import durations
from kizuna.web.console.effect.durations import Rung

type Body = Mapping[str, Any]

MEANINGS = {
    "wait": ("Until a person had it", "from entering the queue; take-backs and hand-overs keep their place"),
    "first": ("First answer", "from the first word to the first human one; machines never count"),
    "reply": ("Each further reply", "from a word that waits to its answer"),
    "handling": ("In somebody's hands", "all services of one chat together"),
    "resolution": ("Until it was settled", "from the first word to the end"),
}
PARTS = {
    "complete": ("Complete", "nothing was missing"),
    "correct": ("Correct", "what was shown is true"),
    "consistent": ("Consistent", "nothing contradicted something else"),
    "relevant": ("Relevant", "what was shown was of use"),
}
SCORES = {
    "satisfaction": ("Satisfied", "with the conversation"),
    "trust": ("Trust us", "after this"),
    "company": ("Answered by the company itself", "is how it felt"),
}
TIMES = (("first", "First answer"), ("reply", "Further replies"), ("handling", "In hand"))


@dataclass(frozen=True)
class Score:
    """A mean on the scale from 1 to 5 with how many gave it, or a share of marks."""

    name: str
    meaning: str
    value: str
    between: str
    n: int
    filled: float


@dataclass(frozen=True)
class Claim:
    """Something that should fall, against what it was: the verdict in a word and in a sentence."""

    title: str
    state: str
    verdict: str
    now: str
    then: str
    sentence: str


@dataclass(frozen=True)
class Compared:
    """One comparison of what customers did in the days after."""

    title: str
    kind: str
    people: str
    bought: str
    bought_other: str
    each: str
    each_other: str
    difference: str
    between: str
    drawn: SafeString | str
    note: str


def ladder(found: Body, clock: str) -> list[Rung]:
    """The measures of the chats, and the first answers by mail and before the panel below them."""
    tones = ("tone-2", "tone-1", "tone-1", "tone-3", "tone-3")
    rungs = [
        durations.rung(*MEANINGS[name], found["times"][name][clock], tone)
        for name, tone in zip(MEANINGS, tones, strict=True)
    ]
    mail = found["by_mail"][clock]
    if mail:
        spread = {"n": mail["n_other"], "median": mail["median_other"], "p90": mail["p90_other"]}
        name, meaning = "First answer by mail", "the same kinds of question, as often as they come by chat"
        rungs.append(durations.rung(name, meaning, spread, "tone-none", aside=True))
    if clock == "wall" and found["before"]["before"]:
        spread = found["before"]["before"]
        name, meaning = "First answer before the panel", "everything customers wrote in the 91 days before"
        rungs.append(durations.rung(name, meaning, spread, "tone-none", aside=True))
    return rungs


def claims(found: Body, clock: str) -> list[Claim]:
    """What should fall: first answers against mail and the time before, and how many are left without an answer."""
    return [
        _time_claim("Against the same questions by mail", found["by_mail"][clock], "by mail", "by chat"),
        _time_claim("Against the time before the panel", found["before"][clock], "before", "now, on all channels"),
        _loss_claim(found["before"]),
    ]


def lost_share(counts: Body) -> tuple[str, str]:
    """The share of chats whose visitor gave up waiting, and its range."""
    if not counts["asked"]:
        return "–", ""
    told = proportions.share(counts["abandoned"], counts["asked"])
    return figures.share(told.share), f"{100 * told.low:.0f}–{100 * told.high:.0f}{figures.THIN}%"


def scores(survey: Body) -> list[Score]:
    """What customers answered after chats."""
    found = []
    for key, (name, meaning) in SCORES.items():
        told = survey[key]
        if told is None:
            found.append(Score(name, meaning, "–", "", 0, 0.0))
        else:
            between = f"{told['low']:.1f}–{told['high']:.1f}"
            found.append(Score(name, meaning, f"{told['value']:.1f}", between, told["n"], (told["value"] - 1) / 4))
    return found


def marks(profile: Body) -> list[Score]:
    """What operators said of the profiles they were shown."""
    found = []
    for key, (name, meaning) in PARTS.items():
        told = profile[key]
        between = f"{100 * told['low']:.0f}–{100 * told['high']:.0f}{figures.THIN}%" if told["whole"] else ""
        value = figures.share(told["share"], 0) if told["whole"] else "–"
        found.append(Score(name, meaning, value, between, told["whole"], told["share"] if told["whole"] else 0.0))
    return found


def compared(found: Body, code: str, days: int) -> list[Compared]:
    """The comparisons and the lot, each with its difference in money or what it lacks."""
    after, lot = found["after"], found["by_lot"]
    told = [after["alike"] and after["alike"]["profit"], after["lost"]["profit"], lot["profit"]]
    reach = max((max(abs(each["low"]), abs(each["high"])) for each in told if each), default=0.0)
    alike, lost = after["alike"], after["lost"]
    return [
        _row(("Visitors alike, not served", "a comparison"), alike and _alike(alike), code, reach, _few_alike(after)),
        _row(
            ("Those who gave up waiting", "a comparison"),
            lost["profit"] and (lost["profit"], lost["bought"], f"{lost['answered']} against {lost['lost']}"),
            code, reach, f"Too few: {lost['answered']} answered and {lost['lost']} who gave up; 30 of each are needed.",
        ),
        _row(
            ("The hold-out of invitations", "by lot, but in doubt" if lot.get("odd") else "by lot: proof"),
            lot["profit"] and (lot["profit"], lot["bought"], f"{lot['invited']} against {lot['held']}"),
            code, reach, _few_lot(lot, days),
        ),
    ]  # fmt: skip


def doubt(lot: Body) -> str:
    """What is wrong with the lot where the numbers of both groups do not fit the share held out; else nothing."""
    if not lot.get("odd"):
        return ""
    people = lot["invited"] + lot["held"]
    held, share = figures.share(lot["held"] / people), figures.share(lot["share"])
    return (
        f"Do not take the hold-out for proof yet: {share} of people should be held out, and {lot['held']} of {people}"
        f" are ({held}). Chance alone does so less than once in a thousand, so one group is counted more often than the"
        " other: for example because another script hides the panel from one of them, or robots call the shop."
    )


def _alike(alike: Body) -> tuple[Body, Body, str]:
    money, bought = alike["profit"], alike["bought"]
    shares = {"first": bought["mean"], "second": bought["mean_alike"]}
    means = {**money, "first": money["mean"], "second": money["mean_alike"]}
    return (
        means,
        shares,
        f"{money['matched']} matched" + (f", {money['unmatched']} without" if money["unmatched"] else ""),
    )


def _row(
    title: tuple[str, str], told: tuple[Body, Body, str] | None, code: str, reach: float, lacking: str
) -> Compared:
    if not told:
        return Compared(title[0], title[1], "", "", "", "", "", "", "", "", lacking)
    money, bought, people = told
    low, value, high = (amounts.money(round(money[edge]), code) for edge in ("low", "difference", "high"))
    sentence = f"{value} each, truly between {low} and {high}"
    return Compared(
        *title,
        people,
        figures.share(bought["first"]),
        figures.share(bought["second"]),
        amounts.money(round(money["first"]), code),
        amounts.money(round(money["second"]), code),
        value,
        f"{low} to {high}",
        durations.interval(money["low"], money["difference"], money["high"], reach, sentence),
        _verdict(money["low"], money["high"]),
    )


def _verdict(low: float, high: float) -> str:
    if low > 0:
        return "More than chance alone would make it."
    if high < 0:
        return "Less than chance alone would make it."
    return "No larger than chance alone could make it."


def _few_alike(after: Body) -> str:
    return f"Too few: {after['people']} people served whose days after are over; ten with others alike are needed."


def _few_lot(lot: Body, days: int) -> str:
    if not lot["share"] and not lot["held"]:
        return "The hold-out is off. Switched on in the panel's settings, a small share is never invited, by lot."
    told = f"{lot['invited']} drawn to be invited and {lot['held']} held out"
    return f"Too few to say anything in {days} days: {told}; {lot['fewest']} of each are needed."


def _time_claim(title: str, told: Body | None, other: str, ours: str) -> Claim:
    if told is None:
        return Claim(title, "none", "too early", "–", "–", "Ten answered of each, and half of each, are needed.")
    now, then = durations.words(told["median"]), durations.words(told["median_other"])
    low, high = durations.words(abs(told["high"])), durations.words(abs(told["low"]))
    if told["high"] < 0:
        sentence = f"The middle first answer takes {now} {ours} and {then} {other}: {low} to {high} less."
        return Claim(title, "good", "falls", now, then, sentence)
    if told["low"] > 0:
        sentence = f"The middle first answer takes {now} {ours} and {then} {other}: longer, beyond chance."
        return Claim(title, "bad", "rises", now, then, sentence)
    return Claim(
        title, "none", "cannot tell", now, then, "The difference is no larger than chance alone could make it."
    )


def _loss_claim(before: Body) -> Claim:
    title = "Left without a human answer"
    shares = []
    for each in (before["unanswered_now"], before["unanswered_before"]):
        shares.append(proportions.share(each["without"], each["asked"]))
    now, then = shares
    if min(now.whole, then.whole) < 10:
        none_before = "Nobody wrote before the panel, so there is nothing to compare with."
        sentence = none_before if not then.whole else "At least ten conversations of each time are needed."
        return Claim(title, "none", "too early", figures.share(now.share) if now.whole else "–", "–", sentence)
    gap = proportions.difference(now, then)
    state, word = ("good", "falls") if gap.high < 0 else ("bad", "rises") if gap.low > 0 else ("none", "cannot tell")
    told = f"{now.number} of {now.whole} now, {then.number} of {then.whole} before the panel; all channels together."
    return Claim(title, state, word, figures.share(now.share), figures.share(then.share), told)


def people_rows(rows: Sequence[Body], names: Mapping[int, str], clock: str, code: str) -> list[dict[str, Any]]:
    """One row per operator, as the table shows it."""
    return [
        {
            "name": names.get(row["person"], "A former colleague"),
            "chats": row["chats"],
            "hours": f"{row['hours']:.1f}",
            "per_hour": rate(row["per_hour"]),
            "times": [(label, _pair(row[name][clock])) for name, label in TIMES],
            "handed_over": row["handed_over"],
            "wishes": row["wishes"],
            "survey": [(name, _mean(row["survey"][key])) for key, (name, _) in SCORES.items()],
            "profit": amounts.money_round(row["profit_minor"], code) if row["profit_chats"] else "–",
        }
        for row in rows
    ]


def rate(per_hour: float | None) -> str:
    """Write how many chats an hour brings; below one with two decimals, so that few are not none."""
    if per_hour is None:
        return "–"
    return f"{per_hour:.2f}" if 0 < per_hour < 1 else f"{per_hour:.1f}"


def _pair(spread: Body | None) -> tuple[str, str]:
    return ("–", "") if spread is None else (durations.words(spread["median"]), durations.words(spread["p90"]))


def _mean(told: Body | None) -> tuple[str, int]:
    return ("–", 0) if told is None else (f"{told['value']:.1f}", told["n"])
