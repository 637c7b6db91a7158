"""The simulated panel: who is invited by lot, who asks, how long they wait, who answers, and what it changes.

Visitors arrive where the simulated year has them on the site; patience is exponential, service lognormal, order first
come. Being answered, giving up, or being left alone each change the chance of one further order in the week after;
`ChatTruth` keeps these chances, so that what the shop measures can be held against what is true.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from kizuna.demo import chat_words, simulator_sales
from kizuna.demo.chat_rows import OPEN_HOURS, Chat, ChatTruth, Invitation, Shift
from kizuna.demo.simulator_calendar import DAYS, Ints
from kizuna.demo.simulator_sales import DAY_US, HOUR_US
from kizuna.demo.simulator_world import Event, Line, World

CHAT_DAYS: Final = 60
REQUEST_DAYS: Final = 14
"""Requests of the panel are told of the last days only: each takes the whole course of a wish."""
INVITED_SHARE, ASKING_SHARE = 0.42, 0.2
"""Of the customers of the plan: how many are invited or held, how many ask by themselves."""
HOLD_OUT, ACCEPTS, LEAVES_MAIL, RATES, WISHES = 0.3, 0.5, 0.15, 0.42, 0.2
PATIENCE_S, SERVICE_S, SERVICE_SPREAD = 240.0, 420.0, 0.5
BUYS: Final = {"": 0.08, "served": 0.45, "deferred": 0.12, "abandoned": 0.03}
"""The chance of one further order within a week, by what became of the question; "" is nobody's question."""
SHIFTS: Final = ((8, 13), (12, 17), (16, 20))
AVAILABLE, BUSY, AWAY = "available", "busy", "away"
OPERATORS, SLOTS = len(SHIFTS), 2
WEEK_US, SECOND_US, MINUTE_US = 7 * DAY_US, 1_000_000, 60_000_000


@dataclass(slots=True)
class _Moment:
    """A stay on the site at which something may begin, and what becomes of it."""

    unit: str
    customer: int
    event: Event
    arm: str = ""
    fate: str = ""
    wait_us: int = 0
    patience_us: int = 0
    chance: float = 0.0
    alone: float = 0.0
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class _Course:
    """When somebody asked, was served (0: never) and was gone, and by whom."""

    at_us: int
    ended_us: int
    served_us: int = 0
    operator: int = -1


@dataclass
class _Seat:
    """One operator: when they are available, and when each of their places is free again."""

    windows: list[tuple[int, int]] = field(default_factory=list)
    free_us: list[int] = field(default_factory=lambda: [0] * SLOTS)

    def earliest(self, at_us: int) -> int | None:
        """When this operator could begin with somebody who asks at an instant."""
        wanted = max(at_us, min(self.free_us))
        return next((max(wanted, began) for began, ended in self.windows if ended > wanted), None)

    def take(self, until_us: int) -> None:
        """Keep the place that was free first until then."""
        self.free_us[self.free_us.index(min(self.free_us))] = until_us


def add_chats(world: World, rng: np.random.Generator) -> None:
    """Let the panel stand on the site for the last weeks."""
    days = world.calendar.midnights[-CHAT_DAYS:]
    world.shifts = list(_plan_shifts(days, world.plan.now_us, rng))
    moments = _choose(world, int(days[0]), rng)
    seats = [_Seat() for _ in range(OPERATORS)]
    for shift in world.shifts:
        if shift.state == AVAILABLE:
            seats[shift.operator].windows.append((shift.from_us, shift.to_us))
    for moment in moments:
        _live(world, moment, seats, rng)
    world.chat_truth = _truth(moments)


def _plan_shifts(days: Ints, now_us: int, rng: np.random.Generator) -> Iterator[Shift]:
    """Who sits when: on weekdays in turn, on Saturdays one of them; between chats they also answer mail and eat."""
    for day in days.tolist():
        weekday = _weekday(day)
        if weekday not in OPEN_HOURS:
            continue
        week = day // WEEK_US
        sitting = [(week % OPERATORS, OPEN_HOURS[5])] if weekday == 5 else list(enumerate(SHIFTS))
        for operator, (begins, ends) in sitting:
            clock, end = day + begins * HOUR_US, min(day + ends * HOUR_US, now_us)
            state = AVAILABLE
            while clock < end:
                minutes = rng.gamma(4.0, 3.0) if state == AVAILABLE else rng.gamma(3.0, 1.6)
                until = min(clock + int(minutes * MINUTE_US), end)
                yield Shift(operator, state, clock, until)
                clock = until
                pause = AWAY if rng.random() < 0.3 else BUSY
                state = pause if state == AVAILABLE else AVAILABLE


def _choose(world: World, since_us: int, rng: np.random.Generator) -> list[_Moment]:
    """Choose persons on the site, each for one thing only: to be invited (or held by lot), or to ask."""
    owners = {str(user): number for number, user in enumerate(world.truth.user_id.tolist())}
    signed = {event.visitor for event in world.events if event.user and event.visitor}
    units: dict[str, list[Event]] = {}
    for event in world.events:
        if event.visitor is None or not since_us <= event.at_us <= world.plan.now_us:
            continue
        on_site = event.call == "page" or event.name == "Product Viewed"
        if on_site and (event.user or event.visitor not in signed):
            units.setdefault(event.user or event.visitor, []).append(event)
    names = sorted(units)
    order = rng.permutation(len(names)).tolist()
    invited, asking = (int(share * world.plan.customers) for share in (INVITED_SHARE, ASKING_SHARE))
    moments = []
    for place, number in enumerate(order[: invited + asking]):
        events = units[names[number]]
        chosen = events[int(rng.integers(len(events)))]
        arm = "asked" if place >= invited else "held" if rng.random() < HOLD_OUT else "invited"
        moments.append(_Moment(names[number], owners.get(names[number], -1), chosen, arm))
    return sorted(moments, key=lambda each: each.event.at_us)


def _live(world: World, moment: _Moment, seats: list[_Seat], rng: np.random.Generator) -> None:
    """Let one moment pass: the lot, the question, the wait, the answer, and whether they buy."""
    at_us = moment.event.at_us
    accepts, chance, leaves, *more = rng.random(6).tolist()
    patience_us = int(rng.exponential(PATIENCE_S) * SECOND_US)
    service_us = int(SERVICE_S * rng.lognormal(-(SERVICE_SPREAD**2) / 2, SERVICE_SPREAD) * SECOND_US)
    accepted = moment.arm == "invited" and accepts < ACCEPTS
    key = f"chat-{world.plan.seed}-{len(world.chats)}"
    if moment.arm != "asked":
        begun = (key, at_us + int((4 + 30 * more[0]) * SECOND_US)) if accepted else ("", 0)
        world.invitations.append(Invitation(str(moment.event.visitor), at_us, moment.arm == "held", *begun))
        at_us = begun[1] or at_us
    if moment.arm == "asked" or accepted:
        moment.patience_us = patience_us
        _ask(world, moment, key, (at_us, service_us, leaves), seats, rng)
    _buy(world, moment, at_us, chance, rng)


def _ask(
    world: World, moment: _Moment, key: str, drawn: tuple[int, int, float], seats: list[_Seat], rng: np.random.Generator
) -> None:
    """Enter the queue: served by whoever is free first, or gone; outside the hours it goes on by mail."""
    at_us, service_us, leaves = drawn
    if not _is_open(world, at_us):
        if leaves < LEAVES_MAIL:
            moment.fate = "deferred"
            _keep(world, moment, _defer(world, moment, key, at_us, rng))
        return
    found = [(begins, place) for place, seat in enumerate(seats) if (begins := seat.earliest(at_us)) is not None]
    begins, place = min(found, default=(at_us + moment.patience_us + 1, -1))
    if begins - at_us > moment.patience_us:
        moment.fate, moment.wait_us = "abandoned", moment.patience_us
        left_us = at_us + moment.patience_us
        if left_us <= world.plan.now_us:
            _keep(world, moment, _make(world, moment, key, _Course(at_us, left_us), rng))
        return
    if begins + service_us > world.plan.now_us:
        return
    moment.fate, moment.wait_us = "served", begins - at_us
    seats[place].take(begins + service_us + 30 * SECOND_US)
    made = _make(world, moment, key, _Course(at_us, begins + service_us, begins, place), rng)
    _keep(world, moment, made)


def _make(world: World, moment: _Moment, key: str, went: _Course, rng: np.random.Generator) -> Chat:
    at_us, ended_us, served_us, operator = went.at_us, went.ended_us, went.served_us, went.operator
    language = _language(world, moment, rng)
    talks = chat_words.talks_in(language)
    talk = talks[int(rng.integers(len(talks)))]
    lines = [Line(at_us, "customer", talk.question, 0.0)]
    rated: tuple[int, int, int] | None = None
    wish = ""
    if operator >= 0:
        rest = ended_us - served_us
        first_us = served_us + int(min(rest * 0.2, rng.uniform(9, 55) * SECOND_US))
        steps = np.sort(rng.uniform(0.25, 0.95, 3)) * (ended_us - first_us)
        lines.append(Line(first_us, "person", talk.answer, 0.0))
        lines.append(Line(first_us + int(steps[0]), "customer", talk.further, 0.0))
        lines.append(Line(first_us + int(steps[1]), "person", talk.told, 0.0))
        thanks = chat_words.THANKS[language]
        lines.append(Line(first_us + int(steps[2]), "customer", thanks[int(rng.integers(len(thanks)))], 0.0))
        rated = _rate(moment.wait_us, rng) if rng.random() < RATES else None
        wish = talk.wish if rng.random() < WISHES and _is_late(world, at_us) else ""
    elif ended_us - at_us > 90 * SECOND_US:
        lines.append(Line((at_us + ended_us) // 2, "customer", chat_words.HELLO[language], 0.0))
    return Chat(
        key, moment.customer, str(moment.event.visitor), moment.fate, language, talk.page,
        talk.subject, at_us, served_us, ended_us, operator, tuple(lines), rated, wish,
    )  # fmt: skip


def _defer(world: World, moment: _Moment, key: str, at_us: int, rng: np.random.Generator) -> Chat:
    """What was left in the night is answered by mail when the first of the next working day has sat down."""
    language = _language(world, moment, rng)
    talks = chat_words.talks_in(language)
    talk = talks[int(rng.integers(len(talks)))]
    lines = [Line(at_us, "customer", talk.question, 0.0)]
    sits = next((each for each in world.shifts if each.from_us > at_us and each.state == AVAILABLE), None)
    operator, ended_us = -1, 0
    if sits is not None:
        told_us = sits.from_us + int(rng.uniform(5, 110) * MINUTE_US)
        if told_us <= world.plan.now_us:
            operator, ended_us = sits.operator, told_us
            lines.append(Line(told_us, "person", chat_words.BY_MAIL[language].format(answer=talk.answer), 0.0))
    return Chat(
        key, moment.customer, str(moment.event.visitor), moment.fate, language, talk.page,
        talk.subject, at_us, 0, ended_us, operator, tuple(lines), None, talk.subject if _is_late(world, at_us) else "",
    )  # fmt: skip


def _keep(world: World, moment: _Moment, chat: Chat) -> None:
    """Keep a chat, and what was said in it as facts of who was on the site."""
    world.chats.append(chat)
    for line in chat.lines:
        by_mail = chat.fate == "deferred" and line.by == "person"
        name = "Email Sent" if by_mail else "Chat Message Received" if line.by == "customer" else "Chat Message Sent"
        said = {"subject": chat.subject} if by_mail else {"conversation_id": chat.key, "text": line.text}
        told = Event(line.at_us, "track", name, moment.event.user, moment.event.visitor, properties=said)
        world.events.append(told)


def _rate(wait_us: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Satisfaction, trust, and whether they felt answered by the company itself; waiting costs some of each."""
    mood = 4.5 - 0.25 * wait_us / MINUTE_US + rng.normal(0, 0.5)
    scores = np.clip(np.rint(mood + rng.normal((0.0, -0.2, -0.1), 0.5)), 1, 5).astype(int).tolist()
    return scores[0], scores[1], scores[2]


def _buy(world: World, moment: _Moment, at_us: int, drawn: float, rng: np.random.Generator) -> None:
    """Perhaps a further order within the week; strangers and those who leave for good do not order here."""
    hours = float(np.clip(rng.exponential(30.0), 0.4, 150.0))
    stays = moment.customer >= 0 and _stays(world, moment.customer, at_us)
    if not stays:
        return
    moment.chance, moment.alone = BUYS[moment.fate], BUYS[""]
    ordered_us = at_us + int(hours * HOUR_US)
    moment.ordered = drawn < moment.chance
    if moment.ordered and ordered_us <= world.plan.now_us:
        simulator_sales.sell(world, moment.customer, ordered_us, moment.event.visitor, rng)


def _stays(world: World, customer: int, at_us: int) -> bool:
    day = (at_us - int(world.calendar.midnights[0])) / DAY_US
    truth = world.truth
    return bool(truth.orders[customer] > 0 and min(float(truth.alive_until[customer]), DAYS + 8.0) > day + 8)


def _is_open(world: World, at_us: int) -> bool:
    place = int(np.searchsorted(world.calendar.midnights, at_us, side="right")) - 1
    midnight = int(world.calendar.midnights[place])
    hours = OPEN_HOURS.get(_weekday(midnight))
    return hours is not None and midnight + hours[0] * HOUR_US <= at_us < midnight + hours[1] * HOUR_US


def _is_late(world: World, at_us: int) -> bool:
    return at_us > world.plan.now_us - REQUEST_DAYS * DAY_US


def _weekday(midnight_us: int) -> int:
    """The weekday of a local day, 0 for Monday, told by its noon."""
    return ((midnight_us + DAY_US // 2) // DAY_US + 3) % 7


def _language(world: World, moment: _Moment, rng: np.random.Generator) -> str:
    german = rng.random() < 0.35
    if moment.customer >= 0:
        german = world.people[moment.customer].language == "de"
    return "de" if german else "en"


def _truth(moments: list[_Moment]) -> ChatTruth:
    return ChatTruth(
        customer=np.array([each.customer for each in moments], dtype=np.int64),
        at_us=np.array([each.event.at_us for each in moments], dtype=np.int64),
        arm=np.array([each.arm for each in moments]),
        fate=np.array([each.fate for each in moments]),
        patience_s=np.array([each.patience_us / SECOND_US for each in moments]),
        wait_s=np.array([each.wait_us / SECOND_US for each in moments]),
        chance=np.array([each.chance for each in moments]),
        alone=np.array([each.alone for each in moments]),
        ordered=np.array([each.ordered for each in moments]),
    )
