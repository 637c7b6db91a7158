"""What people of the shop answered to questions like one: pairs of a customer's words and the human answer after them.

Found over the index of words, so that half a million conversations cost no more than a handful of reads; how alike two
questions are is judged from their stems. Greetings, addresses and long numbers are left out of what is shown.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from uuid import UUID

from django.db import connection

from kizuna.conversations.models import Author, Conversation, Direction, Kind, Message, State
from kizuna.science import retrieval, stems
from kizuna.tables.rows import of_shop

MOST_WORDS = 8
MOST_HOLDERS = 300
MOST_LOOKED_INTO = 24
ALIKE = 0.3
LONGEST = 1_500
_TABLE = "conversations_term"
_GREETING = re.compile(
    r"(?:dear|hello|hi|hey|good (?:day|morning|afternoon|evening)|hallo|liebe[rs]?|guten|sehr)\b", re.I
)
_CLOSING = re.compile(
    r"(?:best|kind|warm|many|with|yours|regards|thanks|cheers|viele|beste|herzliche|mit|liebe)\b", re.I
)
_PRIVATE = re.compile(r"[^\s<>,;]+@[^\s<>,;]*[^\s<>,;.]|\+?\d[\d /.-]{4,}\d")


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """A human answer to a question like the one asked."""

    conversation: UUID
    question: str
    answer: str
    by: str
    answered_us: int
    words: tuple[str, ...]
    likeness: float


def find_answers(shop_id: int, text: str, language: str, leave_out: int | None, limit: int = 3) -> list[PastAnswer]:
    """Find human answers to questions like a text, the most alike first; none from the conversation left out."""
    spoken = stems.words_of(text[:LONGEST], language)
    asked = retrieval.weigh(([stem for stem, _ in spoken], 1.0))
    if not asked:
        return []
    numbers = [each for each in _candidates(shop_id, spoken) if each != leave_out][:MOST_LOOKED_INTO]
    pairs = _pairs(shop_id, numbers)
    weighed = [(pair, retrieval.weigh((stems.stems_of(pair[0].text[:LONGEST], language), 1.0))) for pair in pairs]
    spread = Counter(stem for _, terms in weighed for stem in terms)
    rarity = {stem: log(1 + (1 + len(weighed)) / (1 + spread[stem])) for stem in {*spread, *asked}}
    written = dict(reversed(spoken))
    best: dict[int, PastAnswer] = {}
    for (question, answer), terms in weighed:
        alike = retrieval.likeness(asked, terms, rarity)
        known = best.get(question.conversation_id)
        if alike >= ALIKE and (known is None or alike > known.likeness):
            shared = sorted(asked.keys() & terms.keys(), key=lambda stem: -rarity[stem])
            best[question.conversation_id] = _past(question, answer, [written[stem].lower() for stem in shared], alike)
    found = sorted(best.values(), key=lambda each: (-each.likeness, -each.answered_us))
    return list({each.answer: each for each in reversed(found)}.values())[::-1][:limit]


def bare(text: str) -> str:
    """Leave greeting, closing, addresses and long numbers out of an answer, so that it can be used again.

    >>> bare("Dear Anna,\\n\\nWrite to a@b.example, order 1234567.\\n\\nBest wishes\\nKim")
    'Write to …, order ….'
    """
    parts = [part.strip() for part in re.split(r"\n\s*\n", text[:LONGEST].strip()) if part.strip()]
    lines = parts[0].split("\n") if parts else []
    if lines and len(lines[0]) < 60 and _GREETING.match(lines[0]):
        parts[0] = "\n".join(lines[1:]).strip()
    if len(parts) > 1 and len(parts[-1]) < 120 and _CLOSING.match(parts[-1]):
        parts.pop()
    return without_particulars("\n\n".join(part for part in parts if part))


def without_particulars(text: str) -> str:
    """Leave addresses and long numbers out of a text.

    >>> without_particulars("order 4711-0815, anna@example.com")
    'order …, …'
    """
    return _PRIVATE.sub("…", text)


def _candidates(shop_id: int, spoken: Sequence[tuple[str, str]]) -> list[int]:
    """The conversations that hold most of the words, the rarest counting most."""
    beginnings = {stem: word.casefold()[: max(len(stem) - 1, 3)] for stem, word in spoken}
    scores: Counter[int] = Counter()
    for beginning in sorted(set(beginnings.values()), key=len, reverse=True)[:MOST_WORDS]:
        term = beginning.encode()[:60]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT conversation_id FROM {_TABLE} WHERE shop_id = %s AND term >= %s AND term < %s"  # noqa: S608
                f" ORDER BY term DESC, conversation_id DESC LIMIT {MOST_HOLDERS}",
                [shop_id, term, term + b"\xff"],
            )
            holders = {int(row[0]) for row in cursor.fetchall()}
        for each in holders:
            scores[each] += round(1000 * log(1 + (1 + MOST_HOLDERS) / (1 + len(holders))))
    return [number for number, _ in sorted(scores.items(), key=lambda pair: (-pair[1], -pair[0]))]


def _pairs(shop_id: int, numbers: Sequence[int]) -> list[tuple[Message, Message]]:
    """Each customer's message with the human answer that followed it."""
    shown = of_shop(Conversation.objects.filter(pk__in=numbers), shop_id).exclude(state=State.SPAM)
    rows = of_shop(Message.objects.filter(conversation__in=shown, kind=Kind.MESSAGE), shop_id)
    rows = rows.filter(direction__in=[Direction.IN, Direction.OUT], is_automatic=False)
    found, question = [], None
    for row in rows.select_related("conversation", "person").order_by("conversation_id", "number"):
        if question is not None and row.conversation_id != question.conversation_id:
            question = None
        if row.direction == Direction.IN:
            question = row
        elif question is not None and row.author == Author.PERSON and row.text.strip():
            found.append((question, row))
            question = None
    return found


def _past(question: Message, answer: Message, words: Sequence[str], alike: float) -> PastAnswer:
    by = "" if answer.person is None else answer.person.name or answer.person.email
    return PastAnswer(
        question.conversation.public_id,
        " ".join(question.text.split())[:200],
        bare(answer.text),
        by,
        answer.at_us,
        tuple(words[:4]),
        round(alike, 3),
    )
