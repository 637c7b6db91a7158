"""The simulated shop's dialogue: questions that become conversations, wishes with what came of them, calls.

Retells the mails and calls of the voice part as stories with both sides' words, and adds wishes with their outcomes:
kept, late, declined, still in hand. A story is put into the shop by demo.retelling; here is only what happens when.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from kizuna.demo import dialogue_words
from kizuna.demo.dialogue_words import WishWords
from kizuna.demo.simulator_calendar import DAYS, Floats
from kizuna.demo.simulator_sales import DAY_US, HOUR_US
from kizuna.demo.simulator_world import Event, Line, Story, WishCourse, World

WISH_SPAN_DAYS: Final = 120
QUESTION_SPAN_DAYS: Final = 45
ONE_WISH_IN: Final = 34
BY_PORTAL: Final = 6
AGAIN_SHARE: Final = 0.6
"""Every so-manieth wish is filed on the premium site."""
KEPT, LATE, DECLINED = "kept", "late", "declined"
_LATE_SHARE, _DECLINED_SHARE, _SILENT_SHARE = 0.14, 0.1, 0.12


def add_dialogue(world: World, rng: np.random.Generator) -> None:
    """Tell the stories of the last months."""
    _add_wishes(world, rng)
    _add_questions(world, rng)
    _add_calls(world)
    world.stories.sort(key=lambda story: story.lines[0].at_us)


@dataclass(frozen=True, slots=True)
class _Turn:
    """When the sides speak: the wish, the answer, the second turn."""

    asked: int
    answered: int
    agreed: int


def _add_wishes(world: World, rng: np.random.Generator) -> None:
    truth = world.truth
    alive = np.flatnonzero((truth.orders > 0) & ~truth.is_guest & (truth.alive_until > DAYS - WISH_SPAN_DAYS))
    if not len(alive):
        return
    weight: Floats = (truth.engagement * np.sqrt(truth.orders))[alive]
    count = min(len(alive), max(4, len(truth.orders) // ONE_WISH_IN))
    chosen = rng.choice(alive, size=count, replace=False, p=weight / weight.sum())
    for number, customer in enumerate(chosen.tolist()):
        begins = max(float(truth.first_day[customer]) + 8, DAYS - WISH_SPAN_DAYS)
        latest = min(float(truth.alive_until[customer]), float(DAYS))
        day = begins + (latest - begins) * float(rng.beta(1.6, 1.0)) if latest > begins else latest - 1
        at_us = int(world.calendar.instants(np.array([min(day, DAYS - 0.1)]), rng)[0])
        _tell_wish(world, customer, number, at_us, rng)
    _add_further(world, count, rng)


def _add_further(world: World, number: int, rng: np.random.Generator) -> None:
    """Some whose wish came true wish again: the cycle that never ends."""
    truth, start = world.truth, int(world.calendar.midnights[0])
    happy = [story for story in world.stories if story.wish is not None and story.wish.thanks]
    for story in happy:
        again_us = story.lines[0].at_us + int(rng.uniform(22, 55) * DAY_US)
        stays = float(truth.alive_until[story.customer]) * DAY_US + start
        if rng.random() < AGAIN_SHARE and again_us < min(world.plan.now_us, stays):
            _tell_wish(world, story.customer, number, again_us, rng)
            number += 1


def _tell_wish(world: World, customer: int, number: int, at_us: int, rng: np.random.Generator) -> None:
    truth, fate = world.truth, float(rng.random())
    answered = at_us + int((0.4 + rng.exponential(4.0)) * HOUR_US)
    turn = _Turn(at_us, answered, answered + int((1.0 + rng.exponential(14.0)) * HOUR_US))
    truth.wishes[customer] += 1
    if fate < _DECLINED_SHARE:
        title, text, why, nearest = dialogue_words.DECLINED[number % len(dialogue_words.DECLINED)]
        course = WishCourse(title, "", "advice", DECLINED, turn.answered, why=why, nearest=nearest)
        lines = [_said(turn.asked, text), _answered(turn.answered, f"{why} {nearest}", rng)]
        _keep(world, customer, number, lines, course, None)
        return
    words = dialogue_words.WISHES[number % len(dialogue_words.WISHES)]
    outcome = LATE if fate > 1 - _LATE_SHARE else KEPT
    truth.wishes_late[customer] += outcome == LATE
    days = float(rng.gamma(3.0, 1.1)) + 1.0
    course = WishCourse(
        words.title,
        words.can,
        words.kind,
        outcome,
        turn.agreed,
        understood=words.understood,
        works_us=turn.agreed + int(days * 0.4 * DAY_US),
        late_us=int(rng.uniform(1.2, 4.5) * DAY_US) if outcome == LATE else -int(rng.uniform(2, 30) * HOUR_US),
        done=words.done,
        thanks=_pick(dialogue_words.THANKS, rng) if rng.random() > _SILENT_SHARE else "",
        thanks_after_us=int((6.0 + rng.exponential(30.0)) * HOUR_US),
        goods_minor=words.goods_minor,
    )
    _keep(world, customer, number, _turns(words, turn, rng), course, words.lesson)


def _turns(words: WishWords, turn: _Turn, rng: np.random.Generator) -> list[Line]:
    return [
        _said(turn.asked, words.text),
        _answered(turn.answered, words.understood, rng),
        _said(turn.agreed, _pick(dialogue_words.AGREES, rng)),
    ]


def _keep(
    world: World,
    customer: int,
    number: int,
    lines: list[Line],
    course: WishCourse,
    lesson: tuple[str, str] | None,
) -> None:
    """Keep a story with what of it lies in the past, and its mails as events of the wire."""
    past = tuple(line for line in lines if line.at_us <= world.plan.now_us)
    if not past:
        return
    by_portal = number % BY_PORTAL == BY_PORTAL - 1
    channel = "portal" if by_portal else "email"
    story = Story(f"wish-{number}", customer, channel, course.title, past, course, lesson)
    world.stories.append(story)
    if by_portal:
        return
    user = world.user_of(customer)
    for place, line in enumerate(past):
        name = "Email Received" if line.by == "customer" else "Email Sent"
        subject = course.title if not place else f"Re: {course.title}"
        said = {"subject": subject, "text": line.text} if line.by == "customer" else {"subject": subject}
        world.events.append(Event(line.at_us, "track", name, user, properties={**said, "email_id": story.key}))


def _add_questions(world: World, rng: np.random.Generator) -> None:
    """The questions of the last weeks, with the answers and thanks that the voice part has told of."""
    since = world.plan.now_us - QUESTION_SPAN_DAYS * DAY_US
    known = {f"wish-{number}" for number in range(len(world.stories))}
    owners = {str(user): number for number, user in enumerate(world.truth.user_id.tolist())}
    by_user: dict[str, list[Event]] = {}
    for event in world.events:
        mail = event.name in ("Email Received", "Email Sent") and event.at_us >= since
        if mail and event.user and event.properties.get("email_id") not in known:
            by_user.setdefault(event.user, []).append(event)
    for user, events in by_user.items():
        events.sort(key=lambda event: event.at_us)
        for first in events:
            said = first.properties
            if first.name == "Email Received" and said.get("machine") is False:
                _tell_question(world, owners[user], first, events, rng)


def _tell_question(world: World, customer: int, first: Event, events: list[Event], rng: np.random.Generator) -> None:
    subject = str(first.properties["subject"])
    lines = [_said(first.at_us, str(first.properties["text"]))]
    for event in events:
        if event.properties.get("subject") == f"Re: {subject}" and first.at_us < event.at_us <= world.plan.now_us:
            if event.name == "Email Sent":
                lines.append(_answered(event.at_us, _pick(dialogue_words.ANSWERS, rng), rng))
            else:
                lines.append(_said(event.at_us, str(event.properties["text"])))
    if len(lines) == 1 and first.at_us < world.plan.now_us - 3 * DAY_US:
        return  # answered by telephone long ago: nothing to tell
    key = f"question-{customer}-{first.at_us // HOUR_US}"
    world.stories.append(Story(key, customer, "email", subject, tuple(lines), None, None))


def _add_calls(world: World) -> None:
    since = world.plan.now_us - QUESTION_SPAN_DAYS * DAY_US
    owners = {str(user): number for number, user in enumerate(world.truth.user_id.tolist())}
    for event in world.events:
        if event.name == "Phone Call Received" and event.user and since <= event.at_us <= world.plan.now_us:
            said = event.properties
            minutes = float(said["minutes"])
            line = Line(event.at_us, "customer", f"{said['subject']} ({said['outcome']})", minutes)
            key = f"call-{owners[event.user]}-{event.at_us // HOUR_US}"
            subject = f"Call: {said['subject']}"
            world.stories.append(Story(key, owners[event.user], "phone", subject, (line,), None, None))


def _said(at_us: int, text: str) -> Line:
    return Line(at_us, "customer", text, 0.0)


def _answered(at_us: int, text: str, rng: np.random.Generator) -> Line:
    return Line(at_us, "person", text, round(1.5 + float(rng.gamma(2.0, 1.8)), 1))


def _pick[T](choices: tuple[T, ...], rng: np.random.Generator) -> T:
    return choices[int(rng.integers(len(choices)))]
