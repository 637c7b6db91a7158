"""What surveys say: per question the mean or the shares with intervals, what was said in words, and by identity."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from kizuna.knowledge import questions
from kizuna.knowledge.models import SurveyAnswer, SurveyAsk, SurveyKind
from kizuna.knowledge.questions import CHOICE, SCALE, Question
from kizuna.knowledge.surveys import SurveyView
from kizuna.science import ratings
from kizuna.science.ratings import Interval

GOOD = 4
MOST_WORDS = 50


@dataclass(frozen=True, slots=True)
class Result:
    """What was answered to one question: a scale's mean and share of 4 and 5, a choice's shares, or words."""

    question: Question
    n: int
    firmness: str
    mean: Interval | None
    good: Interval | None
    counts: tuple[int, ...]
    shares: tuple[tuple[str, Interval], ...]
    words: tuple[tuple[int, str, int], ...]


def results(shop_id: int, survey: SurveyView) -> list[Result]:
    """Reckon what a survey says, question by question."""
    given: dict[str, list[SurveyAnswer]] = {}
    for row in SurveyAnswer.objects.filter(shop_id=shop_id, survey_id=survey.id).select_related("ask").order_by("-id"):
        given.setdefault(row.question, []).append(row)
    return [_result(each, given.get(each.key, [])) for each in survey.questions]


def list_of(shop_id: int, identity_ids: Collection[int]) -> list[dict[str, object]]:
    """List what a customer's identities answered, for their own download and their page."""
    rows = SurveyAnswer.objects.filter(shop_id=shop_id, ask__identity_id__in=list(identity_ids))
    return [
        {
            "survey": row.survey.title,
            "about": row.ask.about_title,
            "question": row.question,
            "answer": row.score if row.score is not None else row.choice or row.text,
            "at_us": row.answered_us,
        }
        for row in rows.select_related("survey", "ask").order_by("-answered_us", "id")
    ]


def scores_about(shop_id: int, about_kind: str, from_us: int, to_us: int) -> list[tuple[int, str, int]]:
    """List (what it was about, question, score) of scales asked in (from, to] about one kind of thing."""
    rows = SurveyAnswer.objects.filter(
        shop_id=shop_id, ask__about_kind=about_kind, ask__asked_us__gt=from_us, ask__asked_us__lte=to_us
    ).exclude(score=None)
    told = rows.order_by("id").values_list("ask__about_id", "question", "score")
    return [(about, question, score) for about, question, score in told if score is not None]


def preferred_channels(shop_id: int) -> dict[str, Interval]:
    """Reckon which way customers say they prefer to tell their wishes; each customer's last word counts."""
    rows = SurveyAnswer.objects.filter(shop_id=shop_id, survey__kind=SurveyKind.CHANNEL, question="channel")
    last = dict(rows.order_by("answered_us", "id").values_list("ask__identity_id", "choice"))
    counted, total = Counter(last.values()), len(last)
    made = {each: ratings.share_interval(counted[each], total) for each in questions.CHANNELS}
    return {each: interval for each, interval in made.items() if interval is not None}


def erase(shop_id: int, identity_ids: Collection[int]) -> int:
    """Delete every ask and answer of identities; returns how many rows went."""
    return SurveyAsk.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids)).delete()[0]


def _result(question: Question, rows: list[SurveyAnswer]) -> Result:
    n = len(rows)
    scores = [row.score for row in rows if row.score is not None]
    counts = tuple(scores.count(each) for each in range(1, 6)) if question.form == SCALE else ()
    shares = []
    if question.form == CHOICE:
        chosen = Counter(row.choice for row in rows)
        shares = [(each, found) for each in question.choices if (found := ratings.share_interval(chosen[each], n))]
    words = tuple((row.ask.identity_id, row.text, row.answered_us) for row in rows if row.text)[:MOST_WORDS]
    good = ratings.share_interval(sum(score >= GOOD for score in scores), len(scores))
    mean = ratings.mean_interval(scores)
    return Result(question, n, ratings.firmness(n), mean, good, counts, tuple(shares), words)
