"""Chats written straight into the tables, entry by entry and turn by turn, for tests of what is measured of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from kizuna.conversations import teams
from kizuna.conversations.models import (
    Author,
    Channel,
    ChatInvitation,
    Conversation,
    Direction,
    Kind,
    Message,
    ProfileMark,
    Spell,
    State,
    SystemReport,
    Turn,
)
from kizuna.knowledge import surveys
from kizuna.knowledge.models import SurveyAnswer, SurveyAsk, SurveyKind
from kizuna.shops.models import Shop

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

SAID = {
    "customer": (Kind.MESSAGE, Direction.IN, Author.CUSTOMER),
    "person": (Kind.MESSAGE, Direction.OUT, Author.PERSON),
    "machine": (Kind.MESSAGE, Direction.OUT, Author.MACHINE),
    "note": (Kind.NOTE, Direction.WITHIN, Author.PERSON),
    "closed": (Kind.HAPPENING, Direction.WITHIN, Author.PERSON),
}


@dataclass
class Desk:
    """Writes the dialogue of one shop; seconds count from the beginning of each chat."""

    shop: Shop
    numbers: "count[int]" = field(default_factory=count)

    def talk(
        self,
        identity_id: int | None,
        at_us: int,
        said: Sequence[tuple[str, float]],
        person_id: int | None = None,
        channel: str = Channel.CHAT,
    ) -> Conversation:
        """A conversation with its entries, (who, seconds after its beginning); ("closed", s) closes it."""
        team = teams.ensure_default(self.shop.pk)
        closed = [at_us + round(second * SECOND) for who, second in said if who == "closed"]
        last = said[-1][0] if said else ""
        row = Conversation.objects.create(
            shop=self.shop,
            team_id=team.pk,
            identity_id=identity_id,
            channel=channel,
            state=State.CLOSED if last == "closed" else State.OPEN,
            opened_us=at_us,
            last_message_us=at_us,
            closed_us=closed[-1] if last == "closed" else None,
            last_number=len(said),
        )
        Message.objects.bulk_create(
            self._entry(row, place + 1, who, at_us + round(second * SECOND), person_id)
            for place, (who, second) in enumerate(said)
        )
        return row

    def turn(
        self, chat: Conversation, state: str, *times: float | None, person_id: int | None = None, end: str = "closed"
    ) -> Turn:
        """A turn with seconds for: waited since, entered, served, answered, ended (None: it did not come to that)."""
        since, entered, served, answered, ended = (
            None if each is None else chat.opened_us + round(each * SECOND) for each in times
        )
        return Turn.objects.create(
            shop=self.shop,
            conversation=chat,
            state=state,
            waited_since_us=since,
            entered_us=entered,
            served_us=served,
            answered_us=answered,
            ended_us=ended,
            person_id=person_id,
            end=end,
        )

    def served(
        self, identity_id: int | None, at_us: int, person_id: int, wait: float = 20, first: float = 30
    ) -> Conversation:
        """An ordinary chat: answered, one reply more, closed after ten minutes."""
        said = [("customer", 0), ("machine", 1), ("person", first), ("customer", 60), ("person", 75), ("closed", 600)]
        chat = self.talk(identity_id, at_us, said, person_id)
        self.turn(chat, "ended", 0, 0, wait, first, 600, person_id=person_id)
        return chat

    def lost(self, identity_id: int | None, at_us: int, after: float = 120) -> Conversation:
        """A chat whose visitor left before anybody had it."""
        chat = self.talk(identity_id, at_us, [("customer", 0), ("machine", 1), ("closed", after)])
        self.turn(chat, "abandoned", 0, 0, None, None, after, end="left")
        return chat

    def spell(self, person_id: int, from_us: int, hours: float, state: str = "available") -> None:
        """A stretch in which somebody sat at the desk."""
        Spell.objects.create(
            shop=self.shop, person_id=person_id, state=state, from_us=from_us, to_us=from_us + round(hours * HOUR)
        )

    def scored(self, chat: Conversation, at_us: int, **scores: int) -> None:
        """What the customer answered after a chat."""
        survey = surveys.ensure_standing(self.shop.pk, SurveyKind.CHAT, at_us)
        ask = SurveyAsk.objects.create(
            shop=self.shop, survey_id=survey.id, identity_id=chat.identity_id, about_kind="conversation",
            about_id=chat.pk, asked_us=at_us, answered_us=at_us,
        )  # fmt: skip
        for question, score in scores.items():
            SurveyAnswer.objects.create(
                shop=self.shop, ask=ask, survey_id=survey.id, question=question, score=score, answered_us=at_us
            )

    def invite(
        self, key: str, at_us: int, *, held: bool, identity_id: int | None = None, accepted: bool = False
    ) -> None:
        """A moment at which a rule invited, or would have."""
        ChatInvitation.objects.create(
            shop=self.shop, visitor_key=key, identity_id=identity_id, held=held, at_us=at_us,
            client_id=f"i{next(self.numbers)}", accepted_us=at_us if accepted else None,
        )  # fmt: skip

    def mark(self, chat: Conversation, person_id: int, at_us: int, **parts: bool) -> None:
        """What an operator said of the profile they were shown."""
        ProfileMark.objects.create(shop=self.shop, conversation=chat, person_id=person_id, at_us=at_us, **parts)

    def reported(self, day: int, chats: int, reconnects: int, failures: int, delivery_ms: dict[str, int]) -> None:
        """What panels reported of a day."""
        SystemReport.objects.create(
            shop=self.shop, day=day, chats=chats, reconnects=reconnects, failures=failures, delivery_ms=delivery_ms
        )

    def _entry(self, row: Conversation, number: int, who: str, at_us: int, person_id: int | None) -> Message:
        kind, direction, author = SAID[who]
        return Message(
            shop=self.shop,
            conversation=row,
            number=number,
            kind=kind,
            direction=direction,
            channel=row.channel,
            author=author,
            person_id=person_id if author == Author.PERSON else None,
            is_automatic=who == "machine",
            text="Hello" if kind == Kind.MESSAGE else "",
            at_us=at_us,
            stored_us=at_us,
            remarks={"happening": "closed"} if who == "closed" else {},
        )


def fill(desk: Desk, identities: Sequence[int], people: Sequence[int], now_us: int, days: int = 60) -> None:
    """Some sixty days of an ordinary desk: quicker by chat than by mail, some lost, some scored, one holiday."""
    random = np.random.default_rng(11)
    for day in range(days):
        start = now_us - (days - day) * DAY
        for person in people:
            desk.spell(person, start + 8 * HOUR, 6 + random.uniform(0, 2))
        for _ in range(int(random.poisson(5))):
            at_us = start + 8 * HOUR + round(random.uniform(0, 7) * HOUR)
            who, person = int(random.choice(identities)), int(random.choice(people))
            if random.random() < 0.12:
                desk.lost(who, at_us, float(random.exponential(150) + 20))
                continue
            wait = float(random.exponential(25))
            chat = desk.served(who, at_us, person, wait, wait + float(random.exponential(20)) + 3)
            if random.random() < 0.4:
                scores = {name: int(random.choice([3, 4, 5, 5])) for name in ("satisfaction", "trust", "company")}
                desk.scored(chat, at_us + HOUR, **scores)
            if random.random() < 0.5:
                desk.mark(
                    chat,
                    person,
                    at_us,
                    complete=bool(random.random() < 0.9),
                    correct=True,
                    relevant=bool(random.random() < 0.7),
                )
        for _ in range(int(random.poisson(2))):
            at_us, answer = start + 9 * HOUR, float(random.exponential(4 * 3600) + 900)
            said = [("customer", 0), ("person", answer)]
            desk.talk(int(random.choice(identities)), at_us, said, people[0], Channel.EMAIL)
        desk.reported(start // DAY, 5, int(random.poisson(1)), 0, {"50": 60, "200": 9, "1000": 1})
