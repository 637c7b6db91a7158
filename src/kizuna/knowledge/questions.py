"""The questions of surveys: the standing ones after a wish or a conversation, and how a shop's own ones are checked.

A question is a scale from 1 to 5 with words at both ends, a choice, or words. Standing texts are translated where they
are shown (html.words).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kizuna.knowledge.models import SurveyKind
from kizuna.shops.tenants import Refused

SCALE, CHOICE, WORDS = "scale", "choice", "words"
FORMS = (SCALE, CHOICE, WORDS)
MOST_QUESTIONS, MOST_CHOICES, LONGEST_WORDS = 8, 8, 2000
CHANNELS = ("email", "chat", "phone", "portal", "post", "in_person")


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `ends` are the words at 1 and at 5."""

    key: str
    text: str
    form: str = SCALE
    choices: tuple[str, ...] = ()
    ends: tuple[str, str] = ("not at all", "very much")


_TRUST = Question("trust", "How much do you trust us after this?")
_EFFORT = Question("effort", "How easy was it for you?", ends=("hard", "easy"))
_WORDS = Question("words", "Is there anything you would like to tell us?", WORDS)

STANDING: Mapping[str, tuple[str, str, tuple[Question, ...]]] = {
    SurveyKind.WISH: (
        "After a wish",
        "You wished for something, and we took care of it. How was it?",
        (
            Question("satisfaction", "How satisfied are you with how we took care of it?"),
            Question("achievement", "Did you get what you wished for?"),
            _TRUST,
            _EFFORT,
            Question("emotional", "How good did it feel?"),
            Question("functional", "How useful was it to you?"),
            _WORDS,
        ),
    ),
    SurveyKind.CHAT: (
        "After a conversation",
        "We talked. How was it for you?",
        (
            Question("satisfaction", "How satisfied are you with the conversation?"),
            _TRUST,
            Question("company", "Did you feel answered by the company itself?"),
            _EFFORT,
            _WORDS,
        ),
    ),
    SurveyKind.CHANNEL: (
        "Which way do you prefer?",
        "So that we listen where you like to speak.",
        (Question("channel", "Which way do you prefer to tell us your wishes?", CHOICE, CHANNELS),),
    ),
}
CHANNEL_WORDS = {
    "email": "E-mail",
    "chat": "Chat",
    "phone": "Phone",
    "portal": "These pages",
    "post": "Letter",
    "in_person": "In person",
}


def to_rows(questions: Sequence[Question]) -> list[dict[str, object]]:
    """Write questions as they are stored."""
    return [
        {"key": q.key, "text": q.text, "form": q.form, "choices": list(q.choices), "ends": list(q.ends)}
        for q in questions
    ]


def from_rows(rows: Sequence[Mapping[str, object]]) -> tuple[Question, ...]:
    """Read stored questions."""
    read = []
    for row in rows:
        ends = row.get("ends") or ("not at all", "very much")
        choices = row.get("choices") or ()
        assert isinstance(ends, list | tuple)
        assert isinstance(choices, list | tuple)
        words = tuple(str(each) for each in choices)
        read.append(Question(str(row["key"]), str(row["text"]), str(row["form"]), words, (str(ends[0]), str(ends[1]))))
    return tuple(read)


def check(questions: Sequence[Question]) -> None:
    """Raises Refused where a shop's own questions cannot be asked."""
    if not 1 <= len(questions) <= MOST_QUESTIONS:
        raise Refused("questions", f"ask 1 to {MOST_QUESTIONS} questions")
    for each in questions:
        if each.form not in FORMS or not 1 <= len(each.text.strip()) <= 200:
            raise Refused("questions", "give each question a text of at most 200 characters")
        if each.form == CHOICE and not 2 <= len(set(each.choices)) <= MOST_CHOICES:
            raise Refused("questions", f"give each choice 2 to {MOST_CHOICES} different answers")
        if any(len(choice) > 60 for choice in each.choices):
            raise Refused("questions", "use at most 60 characters for an answer to choose")


def read_answer(question: Question, given: str) -> tuple[int | None, str, str] | None:
    """Read what was answered to one question as (score, choice, words); None where nothing was. Raises Refused."""
    said = given.strip().replace("\x00", "")
    if not said:
        return None
    if question.form == SCALE:
        if said not in {"1", "2", "3", "4", "5"}:
            raise Refused(question.key, "choose 1 to 5")
        return int(said), "", ""
    if question.form == CHOICE:
        if said not in question.choices:
            raise Refused(question.key, "choose one of the answers")
        return None, said, ""
    return None, "", said[:LONGEST_WORDS]
