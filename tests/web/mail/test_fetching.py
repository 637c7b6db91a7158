"""Fetching from a real Dovecot, and mail through a real Postfix into the door: in order, once, never held up."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connections

from kizuna.conversations import mailboxes
from kizuna.conversations.mailboxes import Access
from kizuna.conversations.models import Mailbox, RawMail, RawState
from kizuna.flows.mail_in import fetching
from kizuna.web.mail import imap
from kizuna.web.mail.door import MailDoor
from tests.mail.post import CARE, NOW_US, Post, make_post, write
from tests.mail_servers import PASSWORD, MailServers, need_mail_servers, running_mail_servers
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
ANNA = "anna@customer.example"


@pytest.fixture(scope="module")
def door() -> Iterator[int]:
    opened = MailDoor("127.0.0.1", 0)
    yield opened.start()
    opened.stop()


@pytest.fixture(scope="module")
def servers(door: int) -> Iterator[MailServers]:
    need_mail_servers()
    with running_mail_servers(door) as running:
        yield running


@pytest.fixture
def post(transactional_db: None) -> Post:
    return make_post()


@pytest.fixture
def mailbox(post: Post, servers: MailServers) -> Mailbox:
    """Anna's mailbox, fetched for the team; empty."""
    with servers.mailbox(ANNA) as opened:
        opened.delete([mail.uid for mail in opened.fetch() if mail.uid])
    access = Access(post.team.pk, "127.0.0.1", servers.imap_port, "none", ANNA, PASSWORD)
    return mailboxes.add(post.shop.pk, access)


def _put(servers: MailServers, *mails: bytes) -> None:
    with servers.mailbox(ANNA) as opened:
        for raw in mails:
            opened.append(raw, "INBOX")


def _fetch(servers: MailServers, mailbox: Mailbox) -> int:
    with servers.mailbox(ANNA) as opened:
        return imap.fetch_new(mailbox, opened, NOW_US)


def test_mails_are_fetched_in_order_once_and_marked_when_durable(
    servers: MailServers, post: Post, mailbox: Mailbox
) -> None:
    _put(servers, *(write(f"Mail {number}", Message_ID=f"<{number}@example.com>") for number in range(5)))
    assert _fetch(servers, mailbox) == 5
    assert _fetch(servers, mailbox) == 0
    post.work()
    assert [each.message.text for each in RawMail.objects.order_by("id")] == [f"Mail {n}" for n in range(5)]
    with servers.mailbox(ANNA) as opened:
        assert all("\\Seen" in mail.flags for mail in opened.fetch(mark_seen=False))
    mailbox.refresh_from_db()
    assert mailbox.last_uid > 0


def test_one_bad_mail_never_holds_up_the_next(
    servers: MailServers, post: Post, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """freescout #4293: one bad mail stopped all fetching for two days."""
    monkeypatch.setattr(imap, "LARGEST", 5000)
    _put(servers, write("x" * 60 + "\n" * 6000, Subject="Too large"), b"\x00\xff garbage\r\n", write("Fine"))
    assert _fetch(servers, mailbox) == 2
    post.work()
    large = RawMail.objects.get(state=RawState.QUARANTINED)
    assert "stays in its mailbox" in large.problem
    assert b"Subject: Too large" in bytes(large.body)
    assert RawMail.objects.filter(state=RawState.DONE).count() == 2


def test_a_mailbox_numbered_anew_is_read_from_its_beginning_and_doubles_nothing(
    servers: MailServers, post: Post, mailbox: Mailbox
) -> None:
    _put(servers, write("One"))
    assert _fetch(servers, mailbox) == 1
    mailbox.uid_validity = (mailbox.uid_validity or 0) - 1
    mailboxes.note_progress(mailbox.pk, mailbox.uid_validity, 4_000_000)
    mailbox.last_uid = 4_000_000
    assert _fetch(servers, mailbox) == 1
    assert RawMail.objects.count() == 1


def test_what_was_not_durable_is_fetched_again(
    servers: MailServers, post: Post, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(servers, write("One"), write("Two", Message_ID="<two@example.com>"))
    real = fetching.take_fetched
    calls: list[int] = []

    def die(box: Mailbox, validity: int, uid: int, raw: bytes, now_us: int) -> int:
        calls.append(uid)
        if len(calls) == 2:
            raise OSError("the disk is full")
        return real(box, validity, uid, raw, now_us)

    monkeypatch.setattr(fetching, "take_fetched", die)
    with pytest.raises(OSError, match="disk is full"):
        _fetch(servers, mailbox)
    monkeypatch.undo()
    mailbox.refresh_from_db()
    assert _fetch(servers, mailbox) == 1
    assert RawMail.objects.count() == 2


def test_a_mailbox_wakes_by_itself_and_tells_what_is_wrong(servers: MailServers, post: Post, mailbox: Mailbox) -> None:
    wrong = mailboxes.add(
        post.shop.pk, Access(post.team.pk, "127.0.0.1", servers.imap_port, "none", "nobody@customer.example", "x")
    )
    ended = threading.Event()
    threads = [threading.Thread(target=imap.run, args=(box.pk, ended)) for box in (mailbox, wrong)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: Mailbox.objects.get(pk=mailbox.pk).checked_us is not None)
        _put(servers, write("While you were idle"))
        wait_until(RawMail.objects.exists)
        wait_until(lambda: Mailbox.objects.get(pk=wrong.pk).problem != "")
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        connections.close_all()


def test_postfix_hands_a_mail_to_the_door_and_bounces_what_nobody_takes(servers: MailServers, post: Post) -> None:
    servers.send(ANNA, [CARE], write("Through Postfix", From=ANNA))
    wait_until(RawMail.objects.exists, describe=servers.describe)
    post.work()
    raw = RawMail.objects.get()
    assert raw.message.text == "Through Postfix"
    assert raw.mail_from == ANNA
    with servers.mailbox(ANNA) as opened:
        opened.delete([mail.uid for mail in opened.fetch() if mail.uid])
    servers.send(ANNA, ["nobody@shop.example"], write("To nobody", From=ANNA))
    bounce = servers.wait_for(ANNA, 1)[0]
    assert "5.1.1" in bounce.as_string()
