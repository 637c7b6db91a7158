"""Customers who wrote: a shop with a team, people, and conversations with messages in them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from kizuna.conversations import teams, threads
from kizuna.conversations.models import Conversation, Message, Team
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.science import periods
from kizuna.shops.models import Person, Shop
from tests.shops.making import make_person, make_shop

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_numbers = count(1)


@dataclass(frozen=True)
class Desk:
    """A shop where two people answer."""

    shop: Shop
    team: Team
    kim: Person
    lee: Person


def make_desk(slug: str = "") -> Desk:
    """Make a shop with a team inbox and two operators."""
    shop = make_shop(slug)
    team = teams.ensure_default(shop.pk)
    team.address = f"care@{shop.slug}.example"
    team.save()
    kim, lee = (make_person(shop, "operator", f"{name}@{shop.slug}.example") for name in ("kim", "lee"))
    for person, name in ((kim, "Kim Kay"), (lee, "Lee Lowe")):
        person.name = name
        person.save()
    return Desk(shop, team, kim, lee)


def write_in(
    desk: Desk,
    text: str = "Where is my tea?",
    subject: str = "My order",
    email: str = "ann@example.com",
    ago_min: int = 0,
) -> Conversation:
    """Let a customer open a conversation by mail."""
    at_us = periods.epoch_us(NOW - timedelta(minutes=ago_min))
    known = identity.ensure(desk.shop.pk, IdentityKind.EMAIL, [email], [at_us])[email]
    owner = links.customers_of(desk.shop.pk, [known])[known]
    new = NewConversation(desk.team.pk, Channel.EMAIL, subject, known, owner)
    conversation = threads.open_conversation(desk.shop.pk, new, at_us)
    hear(conversation, text, email, at_us)
    conversation.refresh_from_db()
    return conversation


def hear(conversation: Conversation, text: str, email: str = "ann@example.com", at_us: int = 0) -> Message:
    """Let the customer write once more."""
    at_us = at_us or periods.epoch_us(NOW)
    message, _ = threads.append(
        conversation.shop_id,
        conversation.pk,
        NewMessage(
            Direction.IN,
            Author.CUSTOMER,
            text,
            at_us,
            from_address=email,
            from_name="Ann Archer",
            to=(conversation.team.address,),
            subject=conversation.subject,
            client_id=f"mail-{next(_numbers)}",
        ),
        at_us,
    )
    return message
