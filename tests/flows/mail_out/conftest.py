"""Conversations with something to send, and a server to send it to."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from kizuna.conversations import teams, threads
from kizuna.conversations.models import Message, Team
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import identity
from kizuna.customers.identity import IdentityKind
from kizuna.flows.mail_out import fleet, sending
from kizuna.flows.mail_out.sending import Terms
from kizuna.science import periods
from kizuna.shops.models import Shop
from tests.mail_sink import Sink, running_sink
from tests.shops.making import NOW, make_shop

NOW_US = periods.epoch_us(NOW)


@dataclass
class Desk:
    """A shop whose team writes to customers."""

    shop: Shop
    team: Team
    opened: dict[str, int] = field(default_factory=dict)

    def hear(self, address: str, text: str, mail_id: str = "", subject: str = "A kettle") -> Message:
        """A customer's mail, as the door for mail stores it."""
        heard = NewMessage(
            Direction.IN, Author.CUSTOMER, text, NOW_US, from_address=address, from_name="Anna", message_id=mail_id
        )
        return threads.append(self.shop.pk, self._conversation(address, subject), heard, NOW_US)[0]

    def write(self, address: str, text: str = "Hello.", terms: Terms | None = None, **fields: object) -> Message:
        """Write to somebody and queue it."""
        said = NewMessage(
            Direction.OUT,
            Author.PERSON,
            text,
            NOW_US,
            **{"to": [address], "subject": "A kettle", **fields},  # type: ignore[arg-type]
        )
        message, _ = threads.append(self.shop.pk, self._conversation(address, ""), said, NOW_US)
        sending.queue(self.shop, message.pk, terms or Terms(), NOW)
        return message

    def _conversation(self, address: str, subject: str) -> int:
        if address not in self.opened:
            whose = identity.ensure(self.shop.pk, IdentityKind.EMAIL, [address], [NOW_US])[address]
            new = NewConversation(self.team.pk, Channel.EMAIL, subject, whose)
            self.opened[address] = threads.open_conversation(self.shop.pk, new, NOW_US).pk
        return self.opened[address]


def make_desk(slug: str = "") -> Desk:
    """Make a shop with a team that has an address and a signature."""
    shop = make_shop(slug)
    team = teams.ensure_default(shop.pk)
    team.address, team.signature = f"care@{shop.slug}.example", "Your care team"
    team.save()
    return Desk(shop, team)


def find_desk(slug: str) -> Desk:
    """Find it again in another process."""
    shop = Shop.objects.get(slug=slug)
    return Desk(shop, teams.ensure_default(shop.pk))


@pytest.fixture
def desk(db: None) -> Desk:
    """A shop with a team that has an address and a signature."""
    return make_desk()


@pytest.fixture
def sink(settings: object) -> Iterator[Sink]:
    """A mail server, and an installation that sends to it."""
    with running_sink() as running:
        options = {"host": "127.0.0.1", "port": running.port, "timeout": 60}
        settings.MAILERS = {  # type: ignore[attr-defined]
            "default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}
        }
        yield running
        fleet.close()
