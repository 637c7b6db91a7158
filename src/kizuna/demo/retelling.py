"""Telling the shop the simulated stories: conversations with both sides' words, wishes handled step by step.

Everything goes through the flows and rooms that the shop's own people use, at the instant it happened, except that no
mail leaves: what was sent is written into its conversation. A story is told whole or not at all, and once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import talks, threads
from kizuna.conversations.threads import Author, Direction, NewConversation, NewMessage
from kizuna.conversations.wishes import Source
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.demo.company import Company
from kizuna.demo.simulator_dialogue import DECLINED
from kizuna.demo.simulator_sales import DAY_US, HOUR_US
from kizuna.demo.simulator_world import Line, Story, WishCourse, World
from kizuna.flows import happenings, investing, learning, surveys
from kizuna.flows.dialogue import handling as desk
from kizuna.flows.happenings import Happening
from kizuna.flows.investing import Goods
from kizuna.flows.learning import Learned, LessonSource
from kizuna.flows.wishes import handling, opening
from kizuna.flows.wishes.handling import Acceptance, Refusal, Understanding
from kizuna.flows.wishes.opening import NewWish
from kizuna.knowledge import surveys as asked_surveys
from kizuna.knowledge.surveys import About, SurveyKind
from kizuna.privileges.capabilities import Beyond
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation, Message, ServiceRequest
    from kizuna.shops.models import Person, Shop

_TAGS = (("paper", "paper"), ("ink", "ink"), ("tea", "tea"), ("sencha", "tea"), ("parcel", "parcel"), ("wrap", "gift"))
_QUIET_US = 2 * DAY_US
_SCORES = ("4", "5", "5", "3", "5", "4")


@dataclass(frozen=True)
class _Telling:
    """One story on its way into the shop."""

    shop: "Shop"
    company: Company
    world: World
    story: Story
    number: int
    identity_id: int
    now_us: int

    @property
    def operator(self) -> "Person":
        return self.company.operators[self.number % len(self.company.operators)]

    @property
    def specialist(self) -> "Person":
        return self.company.specialists[self.number % len(self.company.specialists)]


def retell(shop: "Shop", company: Company, world: World, now_us: int) -> Iterator[int]:
    """Tell every story that was not told yet, each in a transaction of its own; yields how many are done."""
    users = sorted({str(world.truth.user_id[story.customer]) for story in world.stories})
    with transaction.atomic():
        known = identity.ensure(shop.pk, IdentityKind.USER_ID, users, [now_us] * len(users)) if users else {}
    for number, story in enumerate(world.stories):
        identity_id = known[str(world.truth.user_id[story.customer])]
        _tell(_Telling(shop, company, world, story, number, identity_id, now_us))
        yield number + 1


@transaction.atomic
def _tell(told: _Telling) -> None:
    links.lock(told.shop.pk)
    key = f"{told.story.key}-0"
    if talks.find_begun(told.shop.pk, [told.identity_id], key) is not None:
        return
    story = told.story
    owner = links.customers_of(told.shop.pk, [told.identity_id])[told.identity_id]
    new = NewConversation(
        told.company.care, story.channel, story.subject, told.identity_id, owner, assignee_id=told.operator.pk
    )
    conversation = threads.open_conversation(told.shop.pk, new, story.lines[0].at_us)
    messages = []
    wish: ServiceRequest | None = None
    for place, line in enumerate(story.lines):
        messages.append(_say(told, conversation, line, f"{story.key}-{place}"))
        if story.wish is not None:
            wish = _follow_line(told, wish, messages)
    for word, name in _TAGS:
        if word in f"{story.subject} {story.lines[0].text}".lower():
            desk.tag(told.shop, conversation.pk, name, told.operator, _at(story.lines[-1].at_us))
    ended_us: int | None = story.lines[-1].at_us
    if wish is not None and story.wish is not None:
        ended_us = _take_its_course(told, conversation, wish, story.wish)
    answered = story.channel == "phone" or story.lines[-1].by == "person" or len(story.lines) > 2
    if answered and ended_us and ended_us + _QUIET_US < told.now_us:
        desk.close(told.shop, conversation.pk, told.operator, _at(ended_us + HOUR_US))


def _say(told: _Telling, conversation: "Conversation", line: Line, key: str) -> "Message":
    """Write one line into the conversation; a person's costs minutes and what the channel costs."""
    by_customer, someone = line.by == "customer", told.world.people[told.story.customer]
    new = NewMessage(
        Direction.IN if by_customer else Direction.OUT,
        Author.CUSTOMER if by_customer else Author.PERSON,
        line.text,
        line.at_us,
        person_id=None if by_customer else told.operator.pk,
        identity_id=told.identity_id,
        subject=told.story.subject,
        from_address=someone.email if by_customer else "",
        from_name=someone.name if by_customer else "",
        to=() if by_customer else (someone.email,),
        client_id=key,
    )
    message, _ = threads.append(told.shop.pk, conversation.pk, new, line.at_us)
    if line.minutes:
        sitting = f"{key}-{told.identity_id}"
        investing.book_minutes(
            told.shop, conversation.pk, told.operator, line.minutes * 60, _at(line.at_us), sitting=sitting
        )
        investing.book_message(told.shop, message.pk, message.channel, _at(line.at_us))
    return message


def _follow_line(told: _Telling, wish: "ServiceRequest | None", messages: "list[Message]") -> "ServiceRequest | None":
    """The wish is taken up with the first line, put into words with the answer, understood by the second turn."""
    course, last = told.story.wish, messages[-1]
    assert course is not None
    if len(messages) == 2 and wish is None:
        wish = opening.open_wish(told.shop, _new_wish(told, course, messages[0]), told.operator, _at(last.at_us))
        if course.outcome == DECLINED:
            refusal = Refusal(course.why, course.nearest)
            return handling.decline(told.shop, wish.public_id, refusal, told.operator, _at(last.at_us))
        what = Understanding(course.understood)
        return handling.understand(told.shop, wish.public_id, what, told.operator, _at(last.at_us))
    if len(messages) == 3 and wish is not None:
        handling.heard(told.shop, last.conversation_id, last.at_us)
        if told.story.lesson is not None:
            kind, text = told.story.lesson
            lesson = Learned(told.identity_id, kind, text, messages[0].pk, LessonSource.MESSAGE)
            view = learning.learn(told.shop, lesson, told.operator, last.at_us)
            owner = links.customers_of(told.shop.pk, [told.identity_id])[told.identity_id]
            if told.number % 3 == 0:
                learning.confirm(told.shop, owner, view.public_id, None, last.at_us + HOUR_US)
    return wish


def _new_wish(told: _Telling, course: WishCourse, message: "Message") -> NewWish:
    by_portal = told.story.channel == "portal"
    return NewWish(
        told.identity_id,
        "",
        Source.PORTAL if by_portal else Source.MESSAGE,
        kind_id=told.company.kind[course.kind],
        message_id=message.pk,
        capability_id=told.company.capability.get(course.can),
        department_id=told.company.department_of.get(course.can),
        title=course.title,
        own_priority=1 if by_portal else None,
        token=f"story-{told.story.key}",
    )


def _take_its_course(
    told: _Telling, conversation: "Conversation", wish: "ServiceRequest", course: WishCourse
) -> int | None:
    """Accept, work on, fulfil and hear of a wish as far as it has come; when it ended, None while it has not."""
    if course.outcome == DECLINED:
        return told.story.lines[-1].at_us
    accepted_us = course.agreed_us + HOUR_US
    if len(told.story.lines) < 3 or accepted_us > told.now_us:
        return None
    try:
        wish = handling.accept(told.shop, wish.public_id, Acceptance(), told.operator, _at(accepted_us))
    except Beyond as beyond:
        if beyond.next_day is None:
            return None
        later = Acceptance(day=beyond.next_day)
        wish = handling.accept(told.shop, wish.public_id, later, told.operator, _at(accepted_us))
    starts_us = max(course.works_us, accepted_us + HOUR_US)
    done_us = max((wish.promised_us or starts_us) + course.late_us, starts_us + HOUR_US)
    if starts_us <= told.now_us:
        handling.start(told.shop, wish.public_id, told.specialist, _at(starts_us))
    if done_us > told.now_us:
        return None
    wish = handling.fulfil(told.shop, wish.public_id, course.done, told.specialist, _at(done_us))
    if course.goods_minor:
        given = Goods(told.identity_id, wish.pk, course.goods_minor, conversation_id=conversation.pk)
        investing.book_goods(told.shop, given, _at(done_us))
    _write(told, conversation, Line(done_us, "person", course.done, 1.5), "done")
    thanks_us = done_us + course.thanks_after_us
    if not course.thanks or thanks_us > told.now_us:
        return done_us
    _write(told, conversation, Line(thanks_us, "customer", course.thanks, 0.0), "thanks")
    handling.confirm(told.shop, wish.public_id, None, _at(thanks_us))
    _answer_survey(told, wish, thanks_us + HOUR_US)
    return thanks_us


def _write(told: _Telling, conversation: "Conversation", line: Line, end: str) -> None:
    """Write a line that no event of the wire has told of, and the fact with it."""
    message = _say(told, conversation, line, f"{told.story.key}-{end}")
    if told.story.channel == "email":
        name = "Email Received" if line.by == "customer" else "Email Sent"
        said = {"subject": f"Re: {told.story.subject}", "text": line.text}
        key = f"story-{message.public_id}"
        happenings.record(told.shop, Happening(name, told.identity_id, line.at_us, key, said), line.at_us)


def _answer_survey(told: _Telling, wish: "ServiceRequest", at_us: int) -> None:
    """Two of three who thank also answer how it was."""
    if told.number % 3 == 2 or at_us > told.now_us:
        return
    survey = asked_surveys.ensure_standing(told.shop.pk, SurveyKind.WISH, at_us)
    asked, _ = asked_surveys.ask(
        told.shop.pk, survey.id, told.identity_id, About("wish", wish.pk, wish.title), at_us - HOUR_US
    )
    keys = ("satisfaction", "achievement", "trust", "effort", "emotional", "functional")
    given: Mapping[str, str] = {key: _SCORES[(told.number + place) % len(_SCORES)] for place, key in enumerate(keys)}
    surveys.answer_ask(told.shop, asked, given, "portal", _at(at_us))


def _at(us: int) -> datetime:
    return periods.instant_at(us)
