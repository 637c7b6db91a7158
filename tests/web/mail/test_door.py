"""The LMTP and SMTP door over a real socket: durable before yes, a line for each recipient, faults that pass say so."""

import smtplib
import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connections

from kizuna.conversations import raw_mail
from kizuna.conversations.models import RawMail
from kizuna.flows.mail_in import taking
from kizuna.web.mail.door import MOST_RECIPIENTS, MailDoor
from tests.mail.post import CARE, Post, make_post, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def post(transactional_db: None) -> Post:
    return make_post()


@pytest.fixture
def door(post: Post) -> Iterator[int]:
    opened = MailDoor("127.0.0.1", 0)
    yield opened.start()
    opened.stop()
    connections.close_all()


def _lmtp(port: int) -> smtplib.LMTP:
    return smtplib.LMTP("127.0.0.1", port, local_hostname="relay.example")


def _say(
    client: smtplib.SMTP, raw: bytes, *recipients: str, sender: str = "anna@example.com"
) -> list[tuple[int, bytes]]:
    """Send a mail by hand; every answer to DATA, one for each recipient that was taken."""
    client.mail(sender)
    taken = [client.rcpt(each)[0] == 250 for each in recipients]
    client.putcmd("data")
    assert client.getreply()[0] == 354
    client.send(raw.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
    return [client.getreply() for kept in taken if kept]


def test_each_recipient_hears_and_the_mail_is_there(door: int) -> None:
    with _lmtp(door) as client:
        client.ehlo_or_helo_if_needed()
        answers = _say(client, write("Hi\n.\nafter a dot"), CARE, "nobody@shop.example", "care+summer@shop.example")
        assert [code for code, _ in answers] == [250, 250]
        assert RawMail.objects.get().recipients == [CARE, "care+summer@shop.example"]
        assert b"\r\n.\r\nafter a dot" in bytes(RawMail.objects.get().body)
        assert client.noop()[0] == 250


def test_no_recipient_of_ours_is_refused_for_good(door: int) -> None:
    with _lmtp(door) as client:
        client.ehlo_or_helo_if_needed()
        client.mail("anna@example.com")
        assert client.rcpt("nobody@shop.example")[0] == 550
        assert client.rcpt("reply+aaaaaaaa@shop.example")[0] == 550


def test_what_is_too_large_hears_552_for_each_recipient_and_the_next_is_taken(
    door: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _lmtp(door) as client:
        client.ehlo_or_helo_if_needed()
        assert client.mail("anna@example.com", [f"size={taking.LARGEST + 1}"])[0] == 552
        client.rset()
        large = write("x" * 76 + "\n") + (b"y" * 998 + b"\r\n") * (taking.LARGEST // 1000 + 10)
        assert [code for code, _ in _say(client, large, CARE, "care+2@shop.example")] == [552, 552]
        assert [code for code, _ in _say(client, write(), CARE)] == [250]
    assert RawMail.objects.count() == 1


def test_a_passing_fault_asks_to_come_back(door: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(arrived: object, now_us: int) -> list[int]:
        raise OperationalError("database is locked")

    with _lmtp(door) as client:
        client.ehlo_or_helo_if_needed()
        monkeypatch.setattr(raw_mail, "store", fail)
        assert [code for code, _ in _say(client, write(), CARE)] == [451]
        monkeypatch.undo()
        assert [code for code, _ in _say(client, write(), CARE)] == [250]


def test_the_101st_recipient_is_asked_to_come_later(door: int) -> None:
    with _lmtp(door) as client:
        client.ehlo_or_helo_if_needed()
        client.mail("anna@example.com")
        codes = [client.rcpt(f"care+{number}@shop.example")[0] for number in range(MOST_RECIPIENTS + 1)]
        assert codes == [250] * MOST_RECIPIENTS + [452]


def test_smtp_is_spoken_too_and_mail_without_a_return_address_is_taken(door: int) -> None:
    with smtplib.SMTP("127.0.0.1", door, local_hostname="relay.example") as client:
        client.sendmail("", [CARE], write("Undelivered", From="MAILER-DAEMON@relay.example"))
    assert RawMail.objects.get().mail_from == ""


def test_many_senders_at_once_are_all_stored(door: int) -> None:
    refused: list[int] = []

    def send(number: int) -> None:
        with _lmtp(door) as client:
            client.ehlo_or_helo_if_needed()
            for turn in range(5):
                raw = write(f"{number} {turn}", Message_ID=f"<{number}.{turn}@example.com>")
                refused.extend(code for code, _ in _say(client, raw, CARE) if code != 250)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    assert RawMail.objects.count() == 40
