"""A live desk for tests: a shop, operators who sit, visitors who wait, and a clock that is moved by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction

from kizuna.conversations import threads
from kizuna.conversations.live import turns
from kizuna.conversations.models import ChatState, Conversation, Panel, Seat, Turn
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import identity, links
from kizuna.customers.partition import Claims
from kizuna.flows.live import presence, routing, watching
from kizuna.flows.live.presence import Abilities
from kizuna.science import periods
from kizuna.shops.models import Person
from tests.dialogue import making
from tests.dialogue.making import Desk

_numbers = count(1)


@dataclass
class Floor:
    """One shop's live desk and its clock."""

    desk: Desk = field(default_factory=transaction.atomic(making.make_desk))
    now: datetime = making.NOW + timedelta(days=1)  # a Monday: in working hours

    @property
    def us(self) -> int:
        return periods.epoch_us(self.now)

    def rules(self, **rules: object) -> None:
        Panel.objects.update_or_create(shop=self.desk.shop, defaults=rules)

    def pass_s(self, seconds: float, *alive: Person) -> None:
        """Let time pass; the consoles of these people are used all the while."""
        self.now += timedelta(seconds=seconds)
        for person in alive:
            presence.beat(self.desk.shop, person, self.now, used=True)

    def sit(self, person: Person, capacity: int = 3, **abilities: tuple[str, ...]) -> Seat:
        presence.sit(self.desk.shop, person, self.now)
        return presence.arrange(self.desk.shop, person, Abilities(capacity, **abilities), self.now)

    @transaction.atomic
    def visitor(self, key: str = "") -> int:
        key = key or f"visitor-{next(_numbers)}"
        found = identity.resolve(self.desk.shop.pk, [Claims(self.us, visitor=key)], self.us).each[0]
        return found.identity_id

    @transaction.atomic
    def chat(self, identity_id: int | None = None, text: str = "Hello?", **state: Any) -> Conversation:
        """Open a chat with one message; it does not wait yet."""
        who = identity_id or self.visitor()
        owner = links.customers_of(self.desk.shop.pk, [who])[who]
        new = NewConversation(self.desk.team.pk, Channel.CHAT, "", who, owner)
        chat = threads.open_conversation(self.desk.shop.pk, new, self.us)
        ChatState.objects.create(conversation=chat, visitor_seen_us=self.us, **state)
        self.hear(chat, text)
        chat.refresh_from_db()
        return chat

    def wait(self, worth: float | None = None, **state: Any) -> Conversation:
        """Open a chat that waits."""
        chat = self.chat(**state)
        with transaction.atomic():
            turn = routing.enter(self.desk.shop, threads.lock(self.desk.shop.pk, chat.pk), self.now)
        if worth is not None:
            Turn.objects.filter(pk=turn.pk).update(worth=worth)
        return chat

    @transaction.atomic
    def hear(self, chat: Conversation, text: str = "Are you there?") -> None:
        said = NewMessage(Direction.IN, Author.CUSTOMER, text, self.us, client_id=f"c{next(_numbers)}")
        threads.append(chat.shop_id, chat.pk, said, self.us)
        ChatState.objects.filter(conversation=chat).update(visitor_seen_us=self.us)

    @transaction.atomic
    def answer(self, chat: Conversation, person: Person, text: str = "Good day!") -> None:
        said = NewMessage(Direction.OUT, Author.PERSON, text, self.us, person_id=person.pk)
        threads.append(chat.shop_id, chat.pk, said, self.us)

    def stay(self, *chats: Conversation) -> None:
        """The panels of these visitors are still open."""
        ChatState.objects.filter(conversation__in=chats).update(visitor_seen_us=self.us)

    def route(self) -> dict[int, int]:
        """Route, and say who got which chat."""
        return {turn.conversation_id: person.pk for turn, person in routing.route(self.desk.shop, self.now)}

    def watch(self) -> None:
        watching.watch(self.now)

    def turn(self, chat: Conversation) -> Turn | None:
        return turns.find_under_way(chat.pk)

    def whose(self, chat: Conversation) -> int | None:
        found = self.turn(chat)
        return None if found is None else found.person_id

    def ends(self, chat: Conversation) -> list[str]:
        return list(Turn.objects.filter(conversation=chat).order_by("id").values_list("end", flat=True))


def lines(chat: Conversation) -> list[Mapping[str, Any]]:
    """What happened to a chat, as its thread tells it."""
    found = threads.list_messages(chat.shop_id, chat.pk)
    return [{"text": each.text, **each.remarks} for each in found if each.kind == "happening"]
