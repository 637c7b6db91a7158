"""Through a real Postfix into a real mailbox, and back as a bounce where nobody lives there."""

from collections.abc import Iterator

import pytest
from aiosmtpd.lmtp import LMTP

from kizuna.conversations import mail_ids, outgoing
from kizuna.conversations.outgoing import SendState
from kizuna.flows.mail_out import fleet, pumping
from tests.flows.mail_out.conftest import Desk
from tests.mail_servers import MailServers, need_mail_servers, running_mail_servers
from tests.mail_sink import Sink, running_sink
from tests.processes import wait_until
from tests.shops.making import NOW


@pytest.fixture
def door() -> Iterator[Sink]:
    """Something that takes what Postfix brings for the shop."""
    with running_sink(LMTP) as running:
        yield running


@pytest.fixture
def servers(door: Sink, settings: object) -> Iterator[MailServers]:
    """Both servers, and an installation that sends through them."""
    need_mail_servers()
    with running_mail_servers(door.port) as running:
        options = {"host": "127.0.0.1", "port": running.smtp_port, "timeout": 60}
        settings.MAILERS = {  # type: ignore[attr-defined]
            "default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}
        }
        yield running
        fleet.close()


def test_a_mail_lies_in_the_mailbox_and_one_to_nobody_comes_back(desk: Desk, servers: MailServers, door: Sink) -> None:
    desk.team.address = "care@shop.example"
    desk.team.save()
    told = desk.write("anna@customer.example", "Grüße aus dem Laden: 50 €.\n.\n..dots", subject="Ihr Kessel – schön")
    lost = desk.write("nobody@customer.example", "Is anybody there?")
    pumping.send_due(NOW)
    assert {view.state for view in outgoing.states(desk.shop.pk, [told.pk, lost.pk]).values()} == {SendState.SENT}
    (mail,) = servers.wait_for("anna@customer.example", 1)
    assert mail["Subject"] == "Ihr Kessel – schön"
    assert mail["Return-Path"].startswith("<bounce+")
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").startswith("Grüße aus dem Laden: 50 €.\n.\n..dots\n")
    wait_until(lambda: bool(door.taken), describe=servers.describe)
    (bounce,) = door.taken
    lost.refresh_from_db()
    outgoing_id = mail_ids.read_bounce_address(pumping.settings.SECRET_KEY, bounce.recipients[0])
    assert outgoing_id == outgoing.Outgoing.objects.get(message=lost).pk
    assert lost.message_id.encode() in bounce.raw
