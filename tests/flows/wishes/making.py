"""A shop with a customer, a conversation and an operator, for tests of wishes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from kizuna.conversations import teams, threads
from kizuna.conversations.models import Conversation, Message, ServiceRequest
from kizuna.conversations.threads import Author, Direction, NewConversation, NewMessage
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.flows.wishes import handling, opening
from kizuna.flows.wishes.handling import Understanding
from kizuna.flows.wishes.opening import NewWish
from kizuna.privileges import catalogue
from kizuna.privileges.models import Capability
from kizuna.science import periods
from kizuna.shops.models import Person, Shop
from tests.shops import making

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""A Monday, in working hours."""
_numbers = count(1)


@dataclass
class Scene:
    """One shop, one customer who wrote, one operator."""

    shop: Shop = field(default_factory=making.make_shop)
    now: datetime = NOW
    identity_id: int = 0
    operator: Person = field(init=False)
    conversation: Conversation = field(init=False)

    def __post_init__(self) -> None:
        """Let the customer write."""
        self.operator = making.make_person(self.shop, "operator")
        value = f"customer{next(_numbers)}@example.com"
        self.identity_id = identity.ensure(self.shop.pk, IdentityKind.EMAIL, [value], [self.now_us])[value]
        team = teams.ensure_default(self.shop.pk)
        new = NewConversation(team.pk, "email", "Lamp", self.identity_id, self.customer_id)
        self.conversation = threads.open_conversation(self.shop.pk, new, self.now_us)

    @property
    def now_us(self) -> int:
        """Its instant."""
        return periods.epoch_us(self.now)

    @property
    def customer_id(self) -> int:
        """Who the customer is."""
        return links.customers_of(self.shop.pk, [self.identity_id])[self.identity_id]

    def later(self, **time: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**time)
        return self.now

    def says(self, text: str) -> Message:
        """The customer writes."""
        new = NewMessage(Direction.IN, Author.CUSTOMER, text, self.now_us, identity_id=self.identity_id)
        return threads.append(self.shop.pk, self.conversation.pk, new, self.now_us)[0]

    def answers(self, text: str) -> Message:
        """The operator writes."""
        new = NewMessage(Direction.OUT, Author.PERSON, text, self.now_us, person_id=self.operator.pk)
        return threads.append(self.shop.pk, self.conversation.pk, new, self.now_us)[0]

    def wish(self, text: str = "The lamp in green, please", **more: object) -> ServiceRequest:
        """A wish noted by hand."""
        new = NewWish(self.identity_id, text, "form", **more)  # type: ignore[arg-type]
        return opening.open_wish(self.shop, new, self.operator, self.now)

    def understood(self, text: str = "The lamp in green, please", **more: object) -> ServiceRequest:
        """A wish that the customer confirmed."""
        wish = self.wish(text, **more)
        confirmed = Understanding("the lamp, in green", confirmed=True)
        return handling.understand(self.shop, wish.public_id, confirmed, self.operator, self.now)

    def entry(self, name: str = "Lacquer in any colour", **more: object) -> Capability:
        """Something the shop can do."""
        draft = catalogue.Draft(name, is_published=True, **more)  # type: ignore[arg-type]
        return catalogue.store(self.shop.pk, draft, None, self.now.date())
