"""A post office for tests: a shop with a mailbox, mails by their text, and the real way in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from kizuna.conversations import mail_ids, teams, threads
from kizuna.conversations.models import Conversation, Message, RawMail, Team
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage, State
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.flows.mail_in import receiving
from kizuna.flows.mail_in.receiving import Envelope
from kizuna.shops.models import Shop
from kizuna.tables import public_ids
from kizuna.tracking.models import Fact
from tests.shops.making import make_shop

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW_US = int(NOW.timestamp()) * 1_000_000
CARE = "care@shop.example"


def write(body: str = "Hello", /, **headers: str) -> bytes:
    """Write a mail; header names with underscores for hyphens, an empty value leaves one out."""
    told = {
        "From": "Anna <anna@example.com>",
        "To": CARE,
        "Subject": "Green tea",
        "Date": "Sun, 22 Nov 2026 11:00:00 +0000",
        "Message-ID": "<one@example.com>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in told.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n") + "\r\n").encode()


@dataclass
class Post:
    """A shop with the mailbox care@shop.example."""

    shop: Shop
    team: Team
    minutes: int = 0
    taken: list[int] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The post's clock."""
        return NOW + timedelta(minutes=self.minutes)

    def deliver(self, raw: bytes, to: str = CARE, mail_from: str | None = "anna@example.com") -> RawMail:
        """Let a mail come in and be taken."""
        now_us = NOW_US + self.minutes * 60_000_000
        raw_id = receiving.take_raw(Envelope(mail_from, (to,), "lmtp"), raw, now_us)
        self.taken.append(raw_id)
        self.work()
        return RawMail.objects.select_related("conversation", "message").get(pk=raw_id)

    def work(self) -> None:
        """Take everything that waits."""
        while receiving.take_waiting(self.now):
            pass

    def answer(self, conversation: Conversation, text: str = "With pleasure.") -> tuple[Message, str]:
        """Answer in a conversation as the shop does; (the message, the signed address to answer to)."""
        now_us = NOW_US + self.minutes * 60_000_000
        secret = settings.SECRET_KEY
        message_id = mail_ids.make_message_id(secret, public_ids.make(now_us), "shop.example")
        to = [conversation.messages.order_by("number").first().from_address] if conversation.last_number else []
        new = NewMessage(
            Direction.OUT, Author.PERSON, text, now_us, subject=conversation.subject, to=to, message_id=message_id
        )
        with transaction.atomic():
            message, _ = threads.append(self.shop.pk, conversation.pk, new, now_us)
        return message, mail_ids.make_reply_address(secret, conversation.pk, CARE)

    def begin(self, address: str, text: str = "How was the tea?") -> tuple[Message, str]:
        """Write first to a customer; (the message, the signed address to answer to)."""
        made = identity.ensure(self.shop.pk, IdentityKind.EMAIL, [address], [NOW_US])[address]
        customer_id = links.customers_of(self.shop.pk, [made])[made]
        new = NewConversation(self.team.pk, Channel.EMAIL, "How was it?", made, customer_id, State.BEGUN)
        conversation = threads.open_conversation(self.shop.pk, new, NOW_US)
        message_id = mail_ids.make_message_id(settings.SECRET_KEY, public_ids.make(NOW_US), "shop.example")
        entry = NewMessage(
            Direction.OUT, Author.PERSON, text, NOW_US, subject="How was it?", to=[address], message_id=message_id
        )
        with transaction.atomic():
            message, _ = threads.append(self.shop.pk, conversation.pk, entry, NOW_US)
        return message, mail_ids.make_reply_address(settings.SECRET_KEY, conversation.pk, CARE)

    def facts(self) -> list[str]:
        """The names of the facts that the shop was told."""
        return list(Fact.objects.filter(shop_id=self.shop.pk).order_by("id").values_list("name", flat=True))

    def conversations(self) -> list[Conversation]:
        """Every conversation of the shop."""
        return list(Conversation.objects.filter(shop=self.shop).order_by("id"))


def make_post(slug: str = "", address: str = CARE) -> Post:
    """Make a shop whose default team takes mail."""
    shop = make_shop(slug)
    team = teams.ensure_default(shop.pk)
    team.address = address
    team.save()
    return Post(shop, team)
