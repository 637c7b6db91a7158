"""Telling the shop the simulated panel: chats with their turns, operators' hours, invitations, ratings, requests.

Rows that are only history go in at once (conversations.live.past); what the shop's people would have done goes through
their flows. Nothing is sent. Telling it again adds nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from kizuna.conversations.live import past
from kizuna.conversations.live.past import PastChat, PastInvitation, PastLine, PastSpell, PastTurn
from kizuna.conversations.wishes import Source
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.demo import chat_words
from kizuna.demo.chat_rows import Chat
from kizuna.demo.company import Company
from kizuna.demo.simulator_sales import HOUR_US
from kizuna.demo.simulator_visits import SITE
from kizuna.demo.simulator_world import World
from kizuna.flows import investing
from kizuna.flows.wishes import handling, opening
from kizuna.flows.wishes.handling import Acceptance, Outcome, Understanding
from kizuna.flows.wishes.opening import NewWish
from kizuna.knowledge import surveys
from kizuna.knowledge.surveys import About, SurveyKind
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

QUESTIONS = ("satisfaction", "trust", "company")
DONE = "It went with the parcel, as promised."
_AT_ONCE = 50
_TURNS = {"served": ("ended", "closed"), "abandoned": ("abandoned", "left"), "deferred": ("deferred", "no_hours")}
_DELIVERY = {"5": 71, "20": 22, "100": 6, "500": 1}


@dataclass(frozen=True)
class _Desk:
    """The shop and whose a visitor key is."""

    shop: "Shop"
    company: Company
    world: World
    identities: dict[str, int]
    owners: dict[int, int]

    def operator(self, chat: Chat) -> "Person | None":
        """Who answered a chat."""
        return self.company.operators[chat.operator] if chat.operator >= 0 else None


def tell(shop: "Shop", company: Company, world: World) -> None:
    """Tell everything about the panel, in a few transactions."""
    visitors = sorted({each.visitor for each in world.chats} | {each.visitor for each in world.invitations})
    with transaction.atomic():
        seen = [world.plan.now_us] * len(visitors)
        known = identity.ensure(shop.pk, IdentityKind.VISITOR, visitors, seen) if visitors else {}
        desk = _Desk(shop, company, world, known, links.customers_of(shop.pk, list(known.values())))
        made = past.take_in(shop.pk, [_past(desk, chat) for chat in world.chats])
        _sit(desk)
        _invite(desk, made)
        _judge(desk, made)
    for some in batched(world.chats, _AT_ONCE):
        _follow(desk, some, made)


def _past(desk: _Desk, chat: Chat) -> PastChat:
    operator = desk.operator(chat)
    person_id = None if operator is None else operator.pk
    lines = [PastLine(each.at_us, each.text, person_id if each.by == "person" else None) for each in chat.lines]
    if chat.served_us and operator is not None:
        lines.append(PastLine(chat.served_us, f"{operator.name} has it now", person_id, "claimed"))
    is_over = chat.ended_us > 0
    if is_over:
        lines.append(PastLine(chat.ended_us, "was closed", person_id, "closed"))
    lines.sort(key=lambda line: line.at_us)
    state, end = _TURNS[chat.fate]
    deferred = chat.fate == "deferred"
    known = chat.customer >= 0
    someone = desk.world.people[chat.customer] if known else None
    identity_id = desk.identities[chat.visitor]
    return PastChat(
        key=chat.key,
        team_id=desk.company.care,
        identity_id=identity_id,
        customer_id=desk.owners.get(identity_id),
        subject=chat.subject,
        language=chat.language,
        lines=lines,
        turn=PastTurn(
            state,
            end,
            chat.at_us if deferred else chat.ended_us,
            chat.served_us or None,
            next((each.at_us for each in chat.lines if each.by == "person"), None) if chat.served_us else None,
        ),
        person_id=person_id,
        closed_us=chat.ended_us if is_over else None,
        name=someone.name if someone and deferred else "",
        email=someone.email if someone and deferred else "",
        by_mail_since_us=chat.at_us if deferred else None,
        context={"page": {"url": f"{SITE}{chat.page}", "title": chat.subject}, "timezone": "Europe/Berlin"},
    )


def _sit(desk: _Desk) -> None:
    numbers = [each.pk for each in desk.company.operators]
    past.take_in_spells(
        desk.shop.pk,
        [PastSpell(numbers[each.operator], each.state, each.from_us, each.to_us) for each in desk.world.shifts],
    )


def _invite(desk: _Desk, made: dict[str, int]) -> None:
    past.take_in_invitations(
        desk.shop.pk,
        [
            PastInvitation(
                each.visitor,
                desk.identities[each.visitor],
                f"demo-{desk.world.plan.seed}-{place}",
                each.at_us,
                each.held,
                each.accepted_us or None,
                made.get(each.chat),
            )
            for place, each in enumerate(desk.world.invitations)
        ],
    )


def _judge(desk: _Desk, made: dict[str, int]) -> None:
    """What operators said of the profiles, and what panels reported of the system, day by day."""
    marks: dict[int, tuple[int, tuple[bool | None, ...], int]] = {}
    days: dict[int, int] = {}
    zone = ZoneInfo(desk.shop.timezone)
    for place, chat in enumerate(desk.world.chats):
        operator = desk.operator(chat)
        day = periods.day_index(chat.at_us, zone)
        days[day] = days.get(day, 0) + 1
        if chat.fate == "served" and operator is not None and place % 4 == 0:
            said = (place % 5 != 0, place % 17 != 0, None if place % 3 else True, place % 7 != 0)
            marks[made[chat.key]] = (operator.pk, said, chat.ended_us)
    past.take_in_marks(desk.shop.pk, marks)
    reports = {
        day: (count, count // 6, int(count > 18), {end: count * part // 20 for end, part in _DELIVERY.items()})
        for day, count in days.items()
    }
    past.take_in_reports(desk.shop.pk, reports)


@transaction.atomic
def _follow(desk: _Desk, chats: Sequence[Chat], made: dict[str, int]) -> None:
    """What each chat brought: its minutes booked, the visitor's marks, the request that came of it."""
    links.lock(desk.shop.pk)
    survey = surveys.ensure_standing(desk.shop.pk, SurveyKind.CHAT, desk.world.plan.now_us)
    for chat in chats:
        operator, talk = desk.operator(chat), made[chat.key]
        if chat.wish:
            _wish(desk, chat, talk, operator)
        if operator is None or not chat.ended_us:
            continue
        ended = periods.instant_at(chat.ended_us)
        seconds = (chat.ended_us - chat.served_us) / 1e6 if chat.served_us else 150.0
        investing.book_minutes(desk.shop, talk, operator, seconds, ended, sitting=chat.key)
        if chat.rated is not None:
            about = About("conversation", talk, chat.subject)
            identity_id = desk.identities[chat.visitor]
            asked, is_new = surveys.ask(desk.shop.pk, survey.id, identity_id, about, chat.ended_us)
            given = dict(zip(QUESTIONS, map(str, chat.rated), strict=True))
            if len(chat.key) % 3 == 0 or chat.rated[0] < 4:
                given["words"] = chat_words.SAID_AFTER[2 if chat.rated[0] < 4 else chat.ended_us % 2]
            if is_new:
                surveys.answer(desk.shop.pk, asked.id, given, "panel", chat.ended_us + 40_000_000)


def _wish(desk: _Desk, chat: Chat, talk: int, operator: "Person | None") -> None:
    """A department takes it up and has done it a day or two later."""
    asked_us = chat.ended_us if chat.served_us else chat.at_us
    new = NewWish(
        desk.identities[chat.visitor],
        chat.lines[0].text,
        Source.MESSAGE,
        conversation_id=talk,
        kind_id=desk.company.kind["advice"],
        title=chat.wish,
        token=f"chat-{chat.key}",
    )
    wish = opening.open_wish(desk.shop, new, operator, periods.instant_at(asked_us))
    done_us = chat.ended_us + (20 + chat.ended_us % 30) * HOUR_US
    if chat.ended_us and done_us < desk.world.plan.now_us and wish.stage == "forwarded":
        who = desk.company.specialists[chat.ended_us % len(desk.company.specialists)]
        begun = periods.instant_at(chat.ended_us + HOUR_US)
        handling.understand(desk.shop, wish.public_id, Understanding(chat.wish, confirmed=True), operator, begun)
        handling.accept(desk.shop, wish.public_id, Acceptance(), operator, begun)
        handling.fulfil(desk.shop, wish.public_id, Outcome(DONE), who, periods.instant_at(done_us))
