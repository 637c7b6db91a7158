"""Mails that race: the same one a hundred times at once, two answers in one moment, one mail taken by many hands."""

import threading
from base64 import b64encode
from collections.abc import Callable

import pytest
from django.db import connections

from kizuna.conversations.models import Conversation, Message, RawMail, RawState
from kizuna.flows.mail_in import receiving
from kizuna.flows.mail_in.receiving import Envelope
from kizuna.flows.mail_in.taking import Group
from kizuna.tables import durable, public_ids
from tests.mail.post import CARE, NOW, NOW_US, Post, make_post, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def post(transactional_db: None) -> Post:
    return make_post()


def _together(count: int, do: Callable[[int], None]) -> None:
    ready = threading.Barrier(count)
    problems: list[BaseException] = []

    def run(number: int) -> None:
        ready.wait()
        try:
            do(number)
        except BaseException as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_the_same_mail_a_hundred_times_at_once_is_stored_once(post: Post) -> None:
    group = Group()
    ids: set[int] = set()

    def send(number: int) -> None:
        for _ in range(10):
            ids.add(group.submit(Envelope("anna@example.com", (CARE,), "lmtp"), write(), NOW_US).result())

    _together(10, send)
    group.close()
    post.work()
    assert len(ids) == 1
    assert Message.objects.count() == 1
    assert post.facts() == ["Email Received"]


def test_one_mail_taken_by_many_hands_is_one_message(post: Post) -> None:
    raw_id = receiving.take_raw(Envelope("anna@example.com", (CARE,), "lmtp"), write(), NOW_US)
    _together(6, lambda number: receiving.process(raw_id, NOW) and None)
    assert Message.objects.count() == 1
    assert RawMail.objects.get().state == RawState.DONE


def test_one_mail_on_two_ways_at_once_is_one_message(post: Post) -> None:
    ids = [
        receiving.take_raw(
            Envelope("anna@example.com", (CARE,), "lmtp"), b"Received: by r%d\r\n" % way + write(), NOW_US
        )
        for way in range(4)
    ]
    _together(4, lambda number: receiving.process(ids[number], NOW) and None)
    assert Message.objects.count() == 1
    assert sorted(RawMail.objects.values_list("state", flat=True)) == ["done", "duplicate", "duplicate", "duplicate"]
    assert post.facts() == ["Email Received"]


def test_two_answers_in_one_moment_are_both_in_the_thread(post: Post) -> None:
    conversation = post.deliver(write()).conversation
    _, address = post.answer(conversation)
    ids = [
        receiving.take_raw(
            Envelope("anna@example.com", (address,), "lmtp"),
            write(f"Answer {number}", To=address, Message_ID=f"<answer-{number}@example.com>"),
            NOW_US,
        )
        for number in range(4)
    ]
    _together(4, lambda number: receiving.process(ids[number], NOW) and None)
    messages = Message.objects.filter(conversation=conversation).order_by("number")
    assert [each.number for each in messages] == [1, 2, 3, 4, 5, 6]
    assert {each.text for each in messages} >= {f"Answer {number}" for number in range(4)}
    assert Conversation.objects.count() == 1


def test_first_mails_of_one_customer_in_one_moment_make_one_customer(post: Post) -> None:
    ids = [
        receiving.take_raw(
            Envelope("new@example.com", (CARE,), "lmtp"),
            write(f"Hello {number}", From="new@example.com", Message_ID=f"<new-{number}@example.com>"),
            NOW_US,
        )
        for number in range(4)
    ]
    _together(4, lambda number: receiving.process(ids[number], NOW) and None)
    assert Conversation.objects.count() == 4
    assert len(set(Conversation.objects.values_list("customer_id", flat=True))) == 1


def test_files_are_on_the_disk_before_their_mails_transaction(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bool] = []
    keep, place = durable.keep, receiving._place
    inside: list[bool] = []

    def placing(*told: object) -> bool:
        inside.append(True)
        return place(*told)

    monkeypatch.setattr(receiving, "_place", placing)
    monkeypatch.setattr(durable, "keep", lambda *told: (kept.append(bool(inside)), keep(*told)))
    file = b64encode(f"a file of its own {public_ids.make(1)}".encode()).decode()
    part = '--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename="a.txt"\n'
    body = f"{part}Content-Transfer-Encoding: base64\n\n{file}\n--b--"
    raw = post.deliver(write(body, MIME_Version="1.0", Content_Type='multipart/mixed; boundary="b"'))
    assert [each.name for each in raw.message.attachments.all()] == ["a.txt"]
    assert kept == [False]
