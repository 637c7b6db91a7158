"""The words of the dialogue mail pages: whom a play means, why customers are left out, how it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kizuna.flows.outreach.outcome import Movement
from kizuna.html import figures
from kizuna.outreach import letters, who
from kizuna.outreach.plays import PlayState
from kizuna.outreach.who import Who

DEPTHS = (
    "not begun",
    "1 · message",
    "2 · trust",
    "3 · interrelation",
    "4 · interactive communication",
    "5 · relationship",
)
"""How deep the dialogue with a customer goes (model, section 3)."""

STATES: Mapping[str, tuple[str, str]] = {
    PlayState.DRAFT: ("Draft", ""),
    PlayState.RUNNING: ("Running", "good"),
    PlayState.PAUSED: ("Paused", "warn"),
    PlayState.STOPPED: ("Stopped", ""),
}
"""The word and the tone of a badge."""


@dataclass(frozen=True)
class Share:
    """One reason with its customers, drawn as a bar against the largest."""

    words: str
    number: int
    of_largest: float
    is_choice: bool


def sentence(message: str) -> str:
    """Write a refusal as a sentence; names within keep their capitals."""
    return f"{message[:1].upper()}{message[1:]}."


def whom(wanted: Who) -> str:
    """Say whom a play means in one line."""
    parts = [f"segment {_either(wanted.segments)}" if wanted.segments else "every segment"]
    if wanted.stages:
        parts.append(f"stage {_either([str(each) for each in wanted.stages])}")
    if wanted.silent_days:
        parts.append(f"not talked with for {figures.whole(wanted.silent_days)} days")
    if wanted.needs_days:
        parts.append(f"needs not renewed for {figures.whole(wanted.needs_days)} days")
    if wanted.language:
        parts.append(f"language {wanted.language}")
    if wanted.country:
        parts.append(wanted.country)
    if wanted.tag:
        parts.append(f"tag {wanted.tag}")
    if wanted.topic:
        parts.append(f"about {who.TOPICS.get(wanted.topic, wanted.topic)}")
    return sentence(", ".join(parts)).removesuffix(".")


def reasons(left_out: Mapping[str, int]) -> list[Share]:
    """Say why customers are left out, refusals first, the largest number first."""
    known = {name: number for name, number in left_out.items() if number > 0 and name in who.REASONS}
    largest = max(known.values(), default=1)
    ordered = sorted(known.items(), key=lambda each: (each[0] in who.CHOICE, -each[1]))
    return [Share(who.REASONS[name], number, number / largest, name in who.CHOICE) for name, number in ordered]


def lacking(counted: Mapping[str, int]) -> str:
    """Say which fields have no value, and for how many."""
    parts = [f"{letters.FIELDS[name]} ({figures.whole(number)})" for name, number in counted.items()]
    return "; ".join(parts)


def why(reason: str, lacks: Sequence[str]) -> str:
    """Say why one customer is left out."""
    if reason == "missing":
        return "we do not know " + " or ".join(letters.FIELDS[name] for name in lacks)
    return who.REASONS[reason]


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def movement(found: Movement) -> list[str]:
    """Say in words what a play to strengthen did."""
    written, held = found.written, found.held
    if not written.whole and not held.whole:
        return [
            f"Too early: whether customers moved from B to A is counted {found.days} days after each mail."
            f" {figures.whole(found.pending)} are on their way."
        ]
    said = [
        f"Of {figures.whole(written.whole)} customers written to, {figures.whole(written.number)}"
        f" ({figures.share(written.share, 0)}) moved from B to A within {found.days} days; of"
        f" {figures.whole(held.whole)} not written to, {figures.whole(held.number)} ({figures.share(held.share, 0)})."
    ]
    between = f"between {_points(found.difference.low)} and {_points(found.difference.high)} points"
    apart = _points(found.difference.difference)
    if found.too_few:
        said.append("That is too few to say anything yet.")
    elif found.shown and found.difference.difference > 0:
        said.append(f"The mail strengthens: {apart} points more, with 95 % certainty {between}.")
    elif found.shown:
        said.append(f"The mail does harm: {apart} points, with 95 % certainty {between}. Stop it and ask otherwise.")
    else:
        said.append(f"The difference of {apart} points may be chance: with 95 % certainty it lies {between}.")
    if found.pending:
        said.append(f"{figures.whole(found.pending)} more are counted when their {found.days} days are over.")
    return said


def _points(value: float) -> str:
    rounded = round(value * 100)
    return f"{'+' if rounded > 0 else figures.MINUS if rounded < 0 else ''}{abs(rounded)}"
