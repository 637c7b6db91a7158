"""Texts to begin a dialogue mail with: open questions in the company's voice, to be changed before they are sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kizuna.outreach.models import Purpose
from kizuna.outreach.who import Who


@dataclass(frozen=True, slots=True)
class Starter:
    """One way to begin."""

    title: str
    hint: str
    purpose: str
    who: Who
    subject: str
    text: str


STARTERS: Final[Mapping[str, Starter]] = {
    "ask": Starter(
        "Ask what they wish for",
        "Your most valuable customers, silent for three months",
        Purpose.ASK,
        Who(segments=("A", "B"), silent_days=90),
        "A question to you, {{ first_name }}",
        "Dear {{ first_name }},\n\nyou have been with us for a while, and we have not talked for some time. That is our"
        " fault, not yours.\n\nWhat would you wish for from us that you do not get yet? A thing, a service, a better"
        " answer: whatever it is, just reply to this mail. A person reads it, and you will hear what we can do.\n\n"
        "Kind regards\n{{ team }}, {{ shop }}",
    ),
    "strengthen": Starter(
        "Strengthen the relationship",
        "Segment B: they bring net profit, but could leave without a word",
        Purpose.STRENGTHEN,
        Who(segments=("B",), silent_days=60),
        "How did {{ last_product }} turn out?",
        "Dear {{ first_name }},\n\nyou chose {{ last_product }} from us. How has it turned out, and what do you use it"
        " for?\n\nIf there is something we should know to serve you better, simply reply: a person reads it and"
        " answers.\n\nKind regards\n{{ team }}, {{ shop }}",
    ),
    "renew": Starter(
        "Ask whether it still holds",
        "What you learned of them is half a year old: needs change",
        Purpose.ASK,
        Who(segments=("A", "B"), silent_days=None, needs_days=180),
        "Is this still right, {{ first_name }}?",
        "Dear {{ first_name }},\n\nwhen we last talked you told us: “{{ need }}”. We kept it in mind.\n\nIs that still"
        " so? What has changed, and what would help you now? Just reply to this mail.\n\nKind regards\n{{ team }},"
        " {{ shop }}",
    ),
}
"""By the name in addresses."""
