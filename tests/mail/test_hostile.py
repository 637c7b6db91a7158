"""Mail that tries to get where it does not belong, and what must not suffer from it."""

from datetime import timedelta

import pytest

from kizuna.conversations import letters, mail_ids, mailboxes, raw_mail
from kizuna.conversations.composing import Letter
from kizuna.conversations.mailboxes import Access
from kizuna.conversations.models import InboundTerms, Outgoing, RawMail, Team
from kizuna.conversations.raw_mail import RawState
from kizuna.flows.dialogue import handling, joining
from kizuna.flows.mail_in import fetching, receiving
from tests.mail.post import CARE, NOW_US, Post, write

pytestmark = pytest.mark.django_db


def _repair(post: Post) -> Team:
    return Team.objects.create(shop=post.shop, name="Repair", address="repair@shop.example")


def test_who_forges_our_address_speaks_for_nobody_by_reply_to(post: Post) -> None:
    InboundTerms.objects.create(shop=post.shop, trusted_receiver="mx.shop.example")
    known = post.deliver(write()).conversation
    facts = post.facts()
    forged = write(
        "Send my order elsewhere",
        From=f"Shop <{CARE}>",
        Reply_To="anna@example.com",
        Message_ID="<two@example.com>",
        Authentication_Results="mx.shop.example; dmarc=fail header.from=shop.example",
    )
    raw = post.deliver(forged)
    assert (raw.conversation == known, raw.conversation.customer) == (False, None)
    assert raw.message.remarks["sender_check"] == "failed"
    assert post.facts() == facts


def test_a_signed_address_finds_its_conversation_after_it_was_handed_on(post: Post) -> None:
    conversation = post.deliver(write()).conversation
    message, address = post.answer(conversation)
    reply = write("More", Subject="Re: Green tea", In_Reply_To=f"<{message.message_id}>", Message_ID="<3@example.com>")
    arrived = receiving.take_raw(receiving.Envelope("anna@example.com", (address,), "lmtp"), reply, 1)
    handling.hand_to(post.shop, message.conversation_id, str(_repair(post).public_id), None, post.now)
    post.work()
    assert RawMail.objects.get(pk=arrived).conversation_id == message.conversation_id


def test_a_fetched_answer_finds_its_conversation_after_it_was_handed_on_once_for_two_mailboxes(post: Post) -> None:
    message, address = post.answer(post.deliver(write()).conversation)
    repair = _repair(post)
    handling.hand_to(post.shop, message.conversation_id, str(repair.public_id), None, post.now)
    reply = write("More", Subject="Re: Green tea", To=address, Message_ID="<3@example.com>")
    for uid, team in enumerate((post.team, repair), 1):
        access = Access(team.pk, "127.0.0.1", 1, "none", f"box{uid}", "x")
        fetching.take_fetched(mailboxes.add(post.shop.pk, access), 1, uid, reply, NOW_US)
    facts = len(post.facts())
    post.work()
    assert [each.pk for each in post.conversations()] == [message.conversation_id]
    assert message.conversation.messages.filter(text="More").count() == 1
    assert post.facts()[facts:].count("Email Received") == 1


def test_a_stranger_who_writes_a_signed_address_into_a_fetched_mail_begins_anew(post: Post) -> None:
    message, address = post.answer(post.deliver(write()).conversation)
    mailbox = mailboxes.add(post.shop.pk, Access(post.team.pk, "127.0.0.1", 1, "none", "box", "x"))
    foreign = write("Mine?", To=address, From="eve@example.net", Message_ID="<3@example.com>")
    fetching.take_fetched(mailbox, 1, 1, foreign, NOW_US)
    post.work()
    assert RawMail.objects.get(from_address="eve@example.net").conversation_id != message.conversation_id


def test_a_signed_address_follows_a_merge_into_another_team(post: Post) -> None:
    first = post.deliver(write()).conversation
    message, address = post.answer(first)
    second = post.deliver(write("Once more", Subject="A pot", Message_ID="<4@example.com>")).conversation
    handling.hand_to(post.shop, second.pk, str(_repair(post).public_id), None, post.now)
    joining.merge(post.shop, second.pk, message.conversation_id, None, post.now)
    raw = post.deliver(write("Thanks", Subject="Re: How was it?", Message_ID="<5@example.com>"), to=address)
    assert raw.conversation_id == second.pk


def test_a_mail_that_kills_its_reader_takes_no_other_along(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def arrive(body: str) -> int:
        envelope = receiving.Envelope("anna@example.com", (CARE,), "lmtp")
        return receiving.take_raw(envelope, write(body, Message_ID=f"<{body}@example.com>"), 1)

    before, deadly, after = arrive("before"), arrive("deadly"), arrive("after")
    process = receiving.process

    def read(raw_id: int, *more: object) -> bool:
        if raw_id == deadly and RawMail.objects.get(pk=raw_id).attempts <= raw_mail.MOST_ATTEMPTS:
            raise SystemExit("killed")
        return process(raw_id, *more)

    monkeypatch.setattr(receiving, "process", read)
    for _ in range(20):
        try:
            while receiving.take_waiting(post.now + timedelta(minutes=1)):
                pass
            break
        except SystemExit:
            continue
    states = dict(RawMail.objects.values_list("pk", "state"))
    assert states == {before: RawState.DONE, deadly: RawState.QUARANTINED, after: RawState.DONE}


def test_a_token_is_written_in_one_way_only() -> None:
    for number in range(1, 200):
        local, _, domain = mail_ids.make_reply_address("secret", number, CARE).partition("@")
        others = [sign for sign in "abcdefghijklmnopqrstuvwxyz234567" if sign != local[-1]]
        assert [s for s in others if mail_ids.read_reply_address("secret", f"{local[:-1]}{s}@{domain}")] == []


def test_nobody_reaches_others_through_an_acknowledgement(post: Post) -> None:
    post.team.acknowledgement = "It arrived."
    post.team.save()
    post.deliver(write("Buy pills at evil.example", Cc="x@strangers.example, y@strangers.example"))
    row = Outgoing.objects.get()
    assert [each["address"] for each in row.recipients] == ["anna@example.com"]
    letter = letters.read([row], lambda _: "", post.now)[row.pk]
    assert isinstance(letter, Letter)
    assert ("It arrived." in letter.text, "pills" in letter.text + letter.html) == (True, False)
    post.deliver(write("unsubscribe", Subject="unsubscribe", Message_ID="<6@example.com>"))
    assert Outgoing.objects.count() == 1
