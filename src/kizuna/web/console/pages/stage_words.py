"""The words of stages: what each is called, what moves people on, what a move and a depth of dialogue mean.

Words only, for the shop's people; customers never see any of it.
"""

from dataclasses import dataclass

from kizuna.html import figures
from kizuna.relationships.stages import MoveView
from kizuna.science.stages import HIGHEST


@dataclass(frozen=True)
class StageWords:
    """How people speak of a stage."""

    stage: int
    name: str
    meaning: str
    asks: str

    @property
    def tone(self) -> str:
        """The class of its colour."""
        return f"stage-{self.stage}"


STAGES = (
    StageWords(
        0, "Known", "You know them; there is no dialogue about a wish yet.", "Write first, with an open question."
    ),
    StageWords(
        1,
        "Forwards wishes",
        "Both have written, and they told you what they wish for.",
        "Answer, ask back, and write down what you learn.",
    ),
    StageWords(
        2,
        "Learning",
        "Their needs and wants are written down, and they confirmed them or spoke of them again.",
        "Fulfil the wish, within what you can do.",
    ),
    StageWords(
        3,
        "Commitment",
        "A wish was fulfilled, and within 30 days they confirmed it, came, wrote or bought.",
        "Ask for the next wish: a further one fulfilled leads to retention.",
    ),
    StageWords(
        4,
        "Retention",
        "A further wish was fulfilled, and they bought again.",
        "Invite them to tell others: they have a link of their own.",
    ),
    StageWords(
        5, "Word of mouth", "They brought somebody, or recommended you in public.", "Thank them, and listen on."
    ),
)
PHASES = ("", "Trust", "Partnership", "Profitable sales")
PHASES_IN_FULL = (
    "no phase yet",
    "actualizing the trust relation",
    "building the partnership",
    "increasing profitable sales",
)
DEPTHS = (
    ("No dialogue", "You have not written to them."),
    ("Message", "You have written to them."),
    ("Trust", "They read it and reacted."),
    ("Interrelation", "They answered."),
    ("Interactive communication", "Two turns each way."),
    ("Relationship", "Both of you begin, and what was learned is used."),
)
CAUSES = {
    "wish": "a wish",
    "learned": "what was learned",
    "agreed": "their own word on what was learned",
    "contact_in": "a message from them",
    "contact_out": "an answer of yours",
    "confirmed": "their confirmation",
    "fulfilled": "a fulfilled wish",
    "visit": "a visit",
    "purchase": "a purchase",
    "referral": "a referral",
}
CHANNELS = {
    "email": "e-mail",
    "chat": "chat",
    "voice": "interactive voice",
    "phone": "phone",
    "fax": "fax",
    "post": "letter",
    "in_person": "in person",
    "portal": "premium site",
    "web": "web",
}


@dataclass(frozen=True)
class MoveWords:
    """One move of a customer's history in words."""

    at_us: int
    stage: StageWords
    title: str
    cause: str
    rate: str
    again: bool


def move_words(move: MoveView) -> MoveWords:
    """Say in words what a move was and what caused it."""
    stage = STAGES[min(move.to_stage, HIGHEST)]
    again = move.to_stage == 1 and move.cycle > 1
    title = f"A new wish: cycle {move.cycle} begins" if again else f"{stage.stage} · {stage.name}"
    return MoveWords(move.at_us, stage, title, cause_words(move), rate_words(move), again)


def cause_words(move: MoveView) -> str:
    """Say what caused a move, by which channel, and when where that was earlier."""
    told = CAUSES.get(move.cause, move.cause)
    if move.via_portal:
        told += " through the premium site"
    elif move.cause in ("wish", "contact_in", "contact_out") and move.channel:
        told += f" ({CHANNELS.get(move.channel, move.channel)})"
    return told


def rate_words(move: MoveView) -> str:
    """How often they came after the fulfilled wish, against their own rate before; empty where nothing is known."""
    if move.rate_after is None:
        return ""
    after = f"{move.rate_after:.1f} contacts in 30 days since the wish was fulfilled"
    if move.rate_before is None:
        return f"{after}; they were new then"
    direction = "more" if move.rate_after > move.rate_before else "less" if move.rate_after < move.rate_before else "as"
    told = {"more": "more than", "less": "fewer than", "as": "as many as"}[direction]
    return f"{after}, {told} their own {move.rate_before:.1f} before"


def survival_words(chance: float | None, groups: int) -> str:
    """Say whether stages differ in how long relationships last."""
    if chance is None:
        return "There is one stage with enough customers so far: nothing to compare." if groups else ""
    if chance < 0.001:
        return "The stages differ far more than chance alone would make them."
    if chance < 0.05:
        return "The stages differ, and chance alone would rarely make them so."
    return "The stages differ no more than chance alone could make them."


def share_of(part: int, whole: int) -> str:
    """A share in per cent, a dash of nobody."""
    return figures.share(part / whole, 0) if whole else "–"
