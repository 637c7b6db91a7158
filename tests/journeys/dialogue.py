"""A shop with real mail for the journeys of the dialogue: Kizuna, Postfix and Dovecot on loopback, and Anna who writes.

Anna is a known customer: she bought two months ago and has spoken with the shop on the phone since.
"""

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any

from tests.journeys.conftest import LiveKizuna, serving
from tests.mail_servers import MailServers, running_mail_servers
from tests.processes import reserved_port, wait_until

SHOP, CARE, ANNA = "shop", "care@shop.example", "anna@customer.example"
OPERATOR, SPECIALIST, PASSWORD = "olga@shop.example", "sam@shop.example", "a long enough password"

_SET_UP = f"""
from datetime import UTC, datetime
from django.db import transaction
from kizuna.conversations import teams
from kizuna.flows import people, shops
from kizuna.flows.people import NewPerson
from kizuna.shops import members, tenants
now = datetime.now(UTC)
shop = tenants.get_shop({SHOP!r})
owner = people.create_owner(shop, NewPerson("owner@shop.example", "Owner of the shop", {PASSWORD!r}), now)
with transaction.atomic():
    care = teams.ensure_default(shop.pk)
    care.address, care.from_name = {CARE!r}, "Care of the shop"
    care.save()
for address, name, role in (({OPERATOR!r}, "Olga", "operator"), ({SPECIALIST!r}, "Sam", "specialist")):
    invitation, link = people.invite(shop, address, role, str, owner, now)
    people.accept_invitation(link, NewPerson(address, name, {PASSWORD!r}), now)
"""


@dataclass
class Mailing:
    """The running three, and what Anna and the shop's people do."""

    live: LiveKizuna
    servers: MailServers

    def write(self, subject: str, text: str, to: str = CARE, **headers: str) -> EmailMessage:
        """Let Anna's mail program hand in a mail."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"Anna Berg <{ANNA}>", to, subject
        mail["Date"], mail["Message-ID"] = format_datetime(datetime.now(UTC)), make_msgid(domain="customer.example")
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        self.servers.send(ANNA, [to], mail)
        return mail

    def answer(self, got: EmailMessage, text: str, **headers: str) -> EmailMessage:
        """Let Anna press reply: to the reply address, with the ids and the quoted text that mail programs add."""
        quoted = "".join(f"> {line}\n" for line in words_of(got).splitlines())
        known = " ".join(filter(None, (got["References"], got["Message-ID"])))
        ids = {"In_Reply_To": str(got["Message-ID"]), "References": known}
        to = str(got["Reply-To"] or got["From"])
        return self.write(f"Re: {got['Subject']}", f"{text}\n\nOn a day, care wrote:\n{quoted}", to, **ids, **headers)

    def find_mail(self, text: str) -> tuple[EmailMessage, str]:
        """Wait until Anna has a mail that says something, and give it with its words."""
        found: list[tuple[EmailMessage, str]] = []

        def has_come() -> bool:
            mails = [(mail, words_of(mail)) for mail in self.servers.read(ANNA)]
            found[:] = [each for each in mails if text in each[1]]
            return bool(found)

        wait_until(has_come, describe=lambda: f"no mail says {text!r}\n{self.servers.describe()}")
        return found[-1]

    def ask(self, script: str) -> Any:
        """Run a script that leaves what it found in `found`, with shop, now and people at hand, and read it."""
        opening = f"""
import json
from datetime import UTC, datetime
from kizuna.conversations.models import Conversation, Message, Outgoing, RawMail, ServiceRequest
from kizuna.customers.models import Customer
from kizuna.science import periods
from kizuna.shops import people, tenants
now = datetime.now(UTC)
now_us = periods.epoch_us(now)
shop = tenants.get_shop({SHOP!r})
olga, sam = people.find_person({OPERATOR!r}), people.find_person({SPECIALIST!r})
found = None
"""
        return json.loads(self.live.python(f"{opening}\n{script}\nprint(json.dumps(found, default=str))"))

    def wait_for(self, script: str, wanted: Any) -> None:
        """Wait until a script finds what it should."""
        seen: list[Any] = [None]

        def is_so() -> bool:
            seen[0] = self.ask(script)
            return bool(seen[0] == wanted)

        wait_until(
            is_so,
            rest_ms=lambda _: None,
            describe=lambda: f"{seen[0]!r} is not {wanted!r}\n{self.live.said()[-3000:]}\n{self.servers.describe()}",
        )


def words_of(mail: EmailMessage) -> str:
    """Read the plain text of a mail."""
    body = mail.get_body(("plain",))
    return "" if body is None else str(body.get_content())


@contextmanager
def running_dialogue(home: Path) -> Iterator[Mailing]:
    """Run all three with a shop that has an operator, a specialist and a customer who can be answered."""
    with reserved_port() as lmtp, running_mail_servers(lmtp, ["anna"]) as servers:
        variables = {
            "KIZUNA_LMTP": f"127.0.0.1:{lmtp}",
            "KIZUNA_EMAIL_URL": f"smtp://127.0.0.1:{servers.smtp_port}",
            "KIZUNA_MAIL_FROM": "kizuna@shop.example",
        }
        with serving(home, **variables) as live:
            live.create_shop(SHOP)
            live.python(_SET_UP)
            _tell_of_anna(live)
            mailing = Mailing(live, servers)
            mailing.wait_for(f"found = Customer.objects.filter(email={ANNA!r}).count()", 1)
            yield mailing


def _tell_of_anna(live: LiveKizuna) -> None:
    """What the shop's own server knows of her: who she is, an order, two calls, all some weeks ago."""
    key = live.create_source(SHOP)
    lines = [{"product_id": "TEA-1", "price": 40, "quantity": 2}]
    told: list[tuple[str, float, dict[str, object]]] = [
        ("Order Completed", 60, {"order_id": "O-1", "total": 80, "currency": "EUR", "products": lines}),
        ("Phone Call Received", 50, {"subject": "which tea", "minutes": 4}),
        ("Phone Call Made", 49, {"subject": "called back", "minutes": 3}),
    ]
    batch: list[dict[str, object]] = [
        {"type": "identify", "userId": "anna-1", "traits": {"email": ANNA, "name": "Anna Berg"}}
    ]
    for name, days, properties in told:
        at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        event = {"type": "track", "userId": "anna-1", "event": name, "properties": properties, "timestamp": at}
        batch.append({**event, "messageId": f"told-{name}"})
    word = base64.b64encode(f"{key}:".encode()).decode()
    request = urllib.request.Request(
        f"{live.url}/v1/batch",
        json.dumps({"batch": batch}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Basic {word}"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
