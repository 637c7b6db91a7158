"""Asking customers how it was, and taking their answers: straight into the record, as facts without their words.

A customer is written to about a survey at most once in 30 days; what more there is to answer waits on their pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from kizuna.conversations.composing import BadAddress
from kizuna.customers import addresses, consent, links, profiles
from kizuna.flows import happenings, learning
from kizuna.flows.happenings import Happening
from kizuna.flows.learning import Learned, LessonSource
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Notice
from kizuna.html import words
from kizuna.html.words import say
from kizuna.knowledge import questions, surveys
from kizuna.knowledge.questions import Question
from kizuna.knowledge.surveys import About, Answered, AskView, SurveyKind, SurveyView
from kizuna.privileges import site
from kizuna.science import periods
from kizuna.shops import audit
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation, ServiceRequest
    from kizuna.shops.models import Person, Shop

__all__ = ["Answered", "Refused"]

REST_US = 30 * periods.DAY_US
PURPOSE = "surveys"


@dataclass(frozen=True, slots=True)
class NewSurvey:
    """A survey of the shop's own."""

    title: str
    intro: str
    questions: Sequence[Question]


@dataclass(frozen=True, slots=True)
class Invitee:
    """To whom a link goes: an address and a language of theirs, where they are not the customer's own."""

    address: str = ""
    language: str = ""


def ask_after_wish(shop: "Shop", wish: "ServiceRequest", now: datetime) -> AskView | None:
    """Ask the customer how their fulfilled wish was; once per wish, inside the caller's transaction."""
    if wish.identity_id is None or not site.site_of(shop.pk).ask_after_wish:
        return None
    about = About("wish", wish.pk, wish.title)
    return _ask_standing(shop, SurveyKind.WISH, wish.identity_id, about, now)


def ask_after_conversation(shop: "Shop", conversation: "Conversation", now: datetime) -> AskView | None:
    """Ask the customer how a conversation was, where they read it; once per conversation, inside the transaction.

    Nobody is written to: `invite` does that where the question was not seen.
    """
    if conversation.identity_id is None:
        return None
    about = About("conversation", conversation.pk, conversation.subject)
    survey = surveys.ensure_standing(shop.pk, SurveyKind.CHAT, periods.epoch_us(now))
    return surveys.ask(shop.pk, survey.id, conversation.identity_id, about, periods.epoch_us(now))[0]


def invite(shop: "Shop", asked: AskView, whom: Invitee, now: datetime) -> bool:
    """Write to somebody with a signed link to what they were asked and did not see, unless they were lately."""
    now_us = periods.epoch_us(now)
    customer_id = links.customers_of(shop.pk, [asked.identity_id]).get(asked.identity_id)
    if customer_id is None:
        return False
    before_us = surveys.last_asked_us(shop.pk, links.identities_of(shop.pk, [customer_id])[customer_id], asked.id)
    if before_us is not None and now_us - before_us <= REST_US:
        return False
    _invite(shop, asked, customer_id, now, whom)
    return True


@transaction.atomic
def ask(shop: "Shop", survey: SurveyView, identity_ids: Sequence[int], now: datetime) -> int:
    """Ask customers a survey, each once; returns how many were asked now."""
    return sum(_ask(shop, survey, each, About(), now)[1] for each in identity_ids)


@transaction.atomic
def create(shop: "Shop", new: NewSurvey, person: "Person | None", now: datetime) -> SurveyView:
    """Make a survey of the shop's own. Raises Refused."""
    made = surveys.create(shop.pk, new.title, new.intro, new.questions, periods.epoch_us(now))
    audit.record(shop, person, "survey_made", f"survey {made.title}", None, {"questions": len(made.questions)}, now)
    return made


@transaction.atomic
def close(shop: "Shop", public_id: UUID, person: "Person | None", now: datetime) -> SurveyView:
    """Take no more answers to a survey. Raises surveys.NotThere."""
    closed = surveys.close(shop.pk, public_id, periods.epoch_us(now))
    audit.record(shop, person, "survey_closed", f"survey {closed.title}", None, None, now)
    return closed


@transaction.atomic
def ensure_channel_survey(shop: "Shop", now: datetime) -> SurveyView:
    """Find or make the survey which way customers prefer to tell their wishes."""
    return surveys.ensure_standing(shop.pk, SurveyKind.CHANNEL, periods.epoch_us(now))


def answer(shop: "Shop", token: str, given: Mapping[str, str], now: datetime) -> AskView:
    """Take the answers that came by a signed link. Raises surveys.NotThere, Answered, Refused."""
    found = surveys.find_by_token(shop.pk, token)
    if found is None:
        raise surveys.NotThere("this link was not made here")
    return answer_ask(shop, found, given, "link", now)


@transaction.atomic
def answer_ask(shop: "Shop", asked: AskView, given: Mapping[str, str], channel: str, now: datetime) -> AskView:
    """Keep the answers and the facts that they were given; a preferred way is learned. Raises Answered, Refused."""
    now_us = periods.epoch_us(now)
    links.lock(shop.pk)
    for row in surveys.answer(shop.pk, asked.id, given, channel, now_us):
        said = {"survey_id": asked.survey.title, "question": row.question, "answer": row.choice, "score": row.score}
        told = Happening("Survey Answered", asked.identity_id, now_us, f"survey-{asked.public_id}-{row.question}", said)
        happenings.record(shop, told, now_us)
        if asked.survey.kind == SurveyKind.CHANNEL and row.choice:
            text = f"to tell wishes by: {questions.CHANNEL_WORDS[row.choice].lower()}"
            lesson = Learned(asked.identity_id, "preference", text, source=LessonSource.SURVEY, label="channel")
            learning.learn(shop, lesson, None, now_us)
    return asked


def _ask_standing(shop: "Shop", kind: str, identity_id: int, about: About, now: datetime) -> AskView:
    return _ask(shop, surveys.ensure_standing(shop.pk, kind, periods.epoch_us(now)), identity_id, about, now)[0]


def _ask(shop: "Shop", survey: SurveyView, identity_id: int, about: About, now: datetime) -> tuple[AskView, bool]:
    now_us = periods.epoch_us(now)
    customer_id = links.customers_of(shop.pk, [identity_id]).get(identity_id)
    theirs = [identity_id] if customer_id is None else links.identities_of(shop.pk, [customer_id])[customer_id]
    before_us = surveys.last_asked_us(shop.pk, theirs)
    asked, is_new = surveys.ask(shop.pk, survey.id, identity_id, about, now_us)
    rested = before_us is None or now_us - before_us > REST_US
    if is_new and rested and customer_id is not None:
        _invite(shop, asked, customer_id, now)
    return asked, is_new


def _invite(shop: "Shop", asked: AskView, customer_id: int, now: datetime, whom: Invitee = Invitee()) -> None:
    """Write to the customer with a signed link, unless they asked not to be, or no address is known.

    It is sent as marketing is: with a way to unsubscribe, and to nobody who unsubscribed or complained.
    """
    said = consent.current(shop.pk, customer_id).get(PURPOSE)
    to = whom.address or addresses.address_of(shop.pk, customer_id)
    if not to or (said is not None and not said.granted):
        return
    customer = profiles.find_by_id(shop.pk, customer_id)
    known = whom.language or (customer.language if customer else "")
    language = words.choose([known], site.site_of(shop.pk).languages)
    link = f"{settings.PUBLIC_URL}/p/{shop.slug}/answer/{surveys.token_of(shop.pk, asked.public_id)}/"
    intro = say(language, asked.survey.intro or asked.survey.title)
    parts = [say(language, "Good day,"), intro, asked.about_title, link]
    parts.append(say(language, "It takes a minute, and no log-in. If you would rather not be asked, tell us there."))
    text = "\n\n".join(part for part in (*parts, shop.name) if part) + "\n"
    subject = say(language, "How was it? A question from {shop}", shop=shop.name)
    try:
        sending.send_notice(shop, Notice(to, subject, text, key=f"survey-{asked.public_id}", marketing=True), now)
    except BadAddress:
        return  # an address that no mail can go to: the question still waits on their pages
