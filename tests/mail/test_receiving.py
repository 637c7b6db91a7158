"""The way in: durable first, threaded by what we signed, told as a fact, set aside whole where it fails."""

import pytest

from kizuna.conversations.models import RawMail, RawState, State
from kizuna.customers import identity, profiles
from kizuna.customers.identity import IdentityKind
from kizuna.customers.profiles import ProfileChange
from kizuna.flows.mail_in import filing, receiving
from kizuna.flows.mail_in.receiving import Envelope, TooLarge, UnknownRecipient
from kizuna.flows.mail_in.taking import LARGEST
from tests.mail.post import CARE, NOW, NOW_US, Post, write


def test_a_customers_mail_becomes_a_conversation_and_a_fact(post: Post) -> None:
    raw = post.deliver(write("Do you have green tea?"))
    assert raw.state == RawState.DONE
    assert raw.verdict == "human"
    conversation = raw.conversation
    assert conversation.state == State.OPEN
    assert conversation.awaits_us
    assert conversation.customer is not None
    message = conversation.messages.get()
    assert message.text == "Do you have green tea?"
    assert message.remarks["sender_check"] == "unknown"
    assert post.facts() == ["Email Received"]


@pytest.mark.parametrize("is_trusted", [True, False])
def test_an_address_that_the_shop_gave_for_a_customer_is_theirs(post: Post, is_trusted: bool) -> None:
    known = identity.ensure(post.shop.pk, IdentityKind.USER_ID, ["anna-1"], [NOW_US])["anna-1"]
    profiles.record(post.shop.pk, [(known, ProfileChange(NOW_US, email="anna@example.com", trusted=is_trusted))])
    customer = post.deliver(write()).conversation.customer
    assert (customer.identities.filter(pk=known).exists()) is is_trusted


def test_it_is_durable_before_it_is_read(post: Post) -> None:
    raw_id = receiving.take_raw(Envelope("anna@example.com", (CARE,), "lmtp"), write(), NOW_US)
    raw = RawMail.objects.get(pk=raw_id)
    assert raw.state == RawState.PENDING
    assert bytes(raw.body) == write()
    assert receiving.take_raw(Envelope("anna@example.com", (CARE,), "lmtp"), write(), NOW_US + 1) == raw_id


@pytest.mark.parametrize("way", ["reply address", "In-Reply-To", "References"])
def test_an_answer_goes_on_in_its_conversation(post: Post, way: str) -> None:
    conversation = post.deliver(write()).conversation
    message, address = post.answer(conversation)
    headers = {
        "reply address": {"To": address},
        "In-Reply-To": {"In_Reply_To": f"<{message.message_id}>"},
        "References": {"References": f"<one@example.com> <{message.message_id}>"},
    }[way]
    raw = post.deliver(write("Thanks!", Message_ID="<two@example.com>", **headers), to=headers.get("To", CARE))
    assert raw.conversation == conversation
    assert raw.message.remarks["matched_by"] == way
    assert len(post.conversations()) == 1


def test_a_stranger_with_somebodys_token_begins_anew(post: Post) -> None:
    conversation = post.deliver(write()).conversation
    message, address = post.answer(conversation)
    foreign = write("Hi", From="eve@evil.example", Message_ID="<x@evil.example>", In_Reply_To=f"<{message.message_id}>")
    raw = post.deliver(foreign, to=address, mail_from="eve@evil.example")
    assert raw.conversation != conversation
    assert raw.message.remarks["answers_of_another"] == str(conversation.public_id)


def test_a_failing_mail_is_set_aside_whole_and_the_next_is_taken(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    real = filing.place

    def place(shop, raw, mail, check, now):
        if "poison" in mail.subject:
            raise ValueError("poison")
        real(shop, raw, mail, check, now)

    monkeypatch.setattr(filing, "place", place)
    first = receiving.take_raw(Envelope(None, (CARE,), "imap"), write(Subject="poison"), NOW_US)
    post.deliver(write("fine", Message_ID="<b@example.com>"))
    raw = RawMail.objects.get(pk=first)
    assert raw.state == RawState.QUARANTINED
    assert "ValueError: poison" in raw.problem
    assert bytes(raw.body) == write(Subject="poison")
    assert len(post.conversations()) == 1
    monkeypatch.undo()
    receiving.retry(post.shop, raw.public_id, None, NOW)
    post.work()
    raw.refresh_from_db()
    assert raw.state == RawState.DONE
    assert len(post.conversations()) == 2


def test_what_no_team_takes_or_is_too_large_is_refused(post: Post) -> None:
    with pytest.raises(UnknownRecipient):
        receiving.take_raw(Envelope("a@b.example", ("nobody@shop.example",), "lmtp"), write(), NOW_US)
    with pytest.raises(TooLarge):
        receiving.take_raw(Envelope("a@b.example", (CARE,), "lmtp"), b"x" * (LARGEST + 1), NOW_US)
    assert not RawMail.objects.exists()


def test_the_same_mail_on_two_ways_is_one(post: Post) -> None:
    first = post.deliver(write())
    again = post.deliver(b"Received: from another server\r\n" + write())
    assert again.pk != first.pk
    assert again.state == RawState.DUPLICATE
    assert again.conversation == first.conversation
    assert post.facts() == ["Email Received"]
