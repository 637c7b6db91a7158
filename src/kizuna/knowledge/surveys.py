"""Surveys: who was asked what for, and what they answered, once. Each ask has a signed token that needs no log-in.

Whom to ask and how they hear of it is decided in flows.surveys; questions are knowledge.questions.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

from kizuna.knowledge import questions
from kizuna.knowledge.models import Survey, SurveyAnswer, SurveyAsk, SurveyKind
from kizuna.knowledge.questions import Question
from kizuna.shops.tenants import Refused
from kizuna.tables import public_ids

__all__ = ["SurveyKind"]


class NotThere(LookupError):
    """This shop has no such survey or ask."""


class Answered(ValueError):
    """This was answered already, or is closed."""


@dataclass(frozen=True, slots=True)
class About:
    """What an ask is about, such as a wish by its number; an empty one is about nothing in particular."""

    kind: str = ""
    number: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class SurveyView:
    """A survey with its questions."""

    id: int
    public_id: UUID
    kind: str
    title: str
    intro: str
    questions: tuple[Question, ...]
    created_us: int
    closed_us: int | None


@dataclass(frozen=True, slots=True)
class AskView:
    """One customer asked once."""

    id: int
    public_id: UUID
    survey: SurveyView
    identity_id: int
    about_title: str
    asked_us: int
    answered_us: int | None


def ensure_standing(shop_id: int, kind: str, now_us: int) -> SurveyView:
    """Find the shop's standing survey of a kind, or make it."""
    found = Survey.objects.filter(shop_id=shop_id, kind=kind, closed_us=None).order_by("id").first()
    if found is None:
        title, intro, asked = questions.STANDING[kind]
        found = _make(shop_id, kind, (title, intro), asked, now_us)
    return _view(found)


def create(shop_id: int, title: str, intro: str, asked: Sequence[Question], now_us: int) -> SurveyView:
    """Store a survey of the shop's own. Raises Refused."""
    if not 1 <= len(title.strip()) <= 120 or len(intro) > 300:
        raise Refused("title", "give a title of at most 120 characters")
    questions.check(asked)
    return _view(_make(shop_id, SurveyKind.PRODUCT, (title.strip(), intro.strip()), asked, now_us))


def close(shop_id: int, public_id: UUID, now_us: int) -> SurveyView:
    """Take no more answers. Raises NotThere."""
    row = _get(shop_id, public_id)
    row.closed_us = row.closed_us or now_us
    row.save(update_fields=["closed_us"])
    return _view(row)


def get(shop_id: int, public_id: UUID) -> SurveyView:
    """Get a survey. Raises NotThere."""
    return _view(_get(shop_id, public_id))


def list_surveys(shop_id: int) -> list[tuple[SurveyView, int, int]]:
    """List the surveys with how many were asked and how many answered, the newest first."""
    listed = []
    for row in Survey.objects.filter(shop_id=shop_id).order_by("closed_us", "-created_us", "-id")[:200]:
        asks = SurveyAsk.objects.filter(shop_id=shop_id, survey=row)
        listed.append((_view(row), asks.count(), asks.exclude(answered_us=None).count()))
    return listed


def ask(shop_id: int, survey_id: int, identity_id: int, about: About, now_us: int) -> tuple[AskView, bool]:
    """Ask somebody, once for the same reason; (the ask, whether it is new)."""
    row, is_new = SurveyAsk.objects.get_or_create(
        survey_id=survey_id,
        identity_id=identity_id,
        about_kind=about.kind,
        about_id=about.number,
        defaults={
            "shop_id": shop_id,
            "public_id": public_ids.make(now_us),
            "about_title": about.title[:120],
            "asked_us": now_us,
        },
    )
    return _ask_view(row), is_new


def list_asks(shop_id: int, identity_ids: Collection[int], *, open_only: bool = True) -> list[AskView]:
    """List what a customer's identities were asked, the newest first; only what is open still unless said."""
    rows = SurveyAsk.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids)).select_related("survey")
    if open_only:
        rows = rows.filter(answered_us=None, survey__closed_us=None)
    return [_ask_view(row) for row in rows.order_by("-asked_us", "-id")]


def last_asked_us(shop_id: int, identity_ids: Collection[int], besides: int = 0) -> int | None:
    """Tell when a customer was last asked anything besides one ask."""
    rows = SurveyAsk.objects.filter(shop_id=shop_id, identity_id__in=list(identity_ids)).order_by("-asked_us")
    rows = rows.exclude(pk=besides)
    return rows.values_list("asked_us", flat=True).first()


def token_of(shop_id: int, public_id: UUID) -> str:
    """Write the token of a link that answers an ask without log-in."""
    return public_id.hex + _signature(shop_id, public_id)


def find_by_token(shop_id: int, token: str) -> AskView | None:
    """Find the ask that a signed token stands for; None where it was not made here."""
    try:
        public_id = uuid.UUID(hex=token[:32])
    except ValueError:
        return None
    if not constant_time_compare(token[32:], _signature(shop_id, public_id)):
        return None
    row = SurveyAsk.objects.filter(shop_id=shop_id, public_id=public_id).select_related("survey").first()
    return None if row is None else _ask_view(row)


def answer(shop_id: int, ask_id: int, given: Mapping[str, str], channel: str, now_us: int) -> list[SurveyAnswer]:
    """Keep the answers to an ask, once. Raises Answered, and Refused where nothing fits."""
    row = SurveyAsk.objects.select_for_update().filter(shop_id=shop_id, pk=ask_id).first()
    if row is None or row.answered_us is not None or row.survey.closed_us is not None:
        raise Answered("this was answered already")
    made = []
    for each in questions.from_rows(row.survey.questions):
        read = questions.read_answer(each, given.get(each.key, ""))
        if read is not None:
            score, choice, text = read
            made.append(
                SurveyAnswer(
                    shop_id=shop_id,
                    ask=row,
                    survey_id=row.survey_id,
                    question=each.key,
                    score=score,
                    choice=choice,
                    text=text,
                    answered_us=now_us,
                )
            )
    if not made:
        raise Refused("answers", "answer at least one question")
    SurveyAnswer.objects.bulk_create(made)
    row.answered_us, row.channel = now_us, channel[:8]
    row.save(update_fields=["answered_us", "channel"])
    return made


def _signature(shop_id: int, public_id: UUID) -> str:
    return salted_hmac("kizuna.survey", f"{shop_id}|{public_id.hex}", algorithm="sha256").hexdigest()[:32]


def _make(shop_id: int, kind: str, words: tuple[str, str], asked: Sequence[Question], now_us: int) -> Survey:
    return Survey.objects.create(
        shop_id=shop_id,
        public_id=public_ids.make(now_us),
        kind=kind,
        title=words[0],
        intro=words[1],
        questions=questions.to_rows(asked),
        created_us=now_us,
    )


def _get(shop_id: int, public_id: UUID) -> Survey:
    row = Survey.objects.filter(shop_id=shop_id, public_id=public_id).first()
    if row is None:
        raise NotThere(str(public_id))
    return row


def _view(row: Survey) -> SurveyView:
    asked = questions.from_rows(row.questions)
    return SurveyView(row.pk, row.public_id, row.kind, row.title, row.intro, asked, row.created_us, row.closed_us)


def _ask_view(row: SurveyAsk) -> AskView:
    return AskView(
        *(row.pk, row.public_id, _view(row.survey), row.identity_id, row.about_title, row.asked_us, row.answered_us)
    )
