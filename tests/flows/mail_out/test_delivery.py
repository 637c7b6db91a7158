"""What the other side answers: try later, never, or nothing at all; bounces, complaints and arrivals heard of later."""

from datetime import timedelta

import pytest

from kizuna.conversations import outgoing
from kizuna.conversations.models import Outgoing
from kizuna.conversations.outgoing import SendState
from kizuna.flows.mail_out import delivery, pumping, sending, unsubscribing
from kizuna.flows.mail_out.delivery import Bounce, Mail
from kizuna.flows.mail_out.sending import Terms
from kizuna.outreach import suppression
from kizuna.outreach.suppression import Scope
from kizuna.tracking.models import Fact
from tests.flows.mail_out.conftest import Desk
from tests.mail_sink import Sink
from tests.shops.making import NOW

ANNA, BEN = "anna@customer.example", "ben@customer.example"


def _state(desk: Desk, message_id: int) -> outgoing.View:
    return outgoing.states(desk.shop.pk, [message_id])[message_id]


def _suppressed(desk: Desk, address: str) -> str:
    found = suppression.find(desk.shop.pk, [address])
    return found[address].scope if found else ""


def test_who_says_not_now_is_asked_again_later_under_the_same_id(desk: Desk, sink: Sink) -> None:
    sink.answer_recipient = lambda address: "451 4.7.1 greylisted"
    message = desk.write(ANNA)
    pumping.send_due(NOW)
    view = _state(desk, message.pk)
    assert (view.state, view.code, view.attempts) == (SendState.QUEUED, "4.7.1", 1)
    assert view.due_us > int(NOW.timestamp() * 1e6)
    sink.answer_recipient = lambda address: "250 OK"
    pumping.send_due(NOW)
    assert sink.taken == []
    pumping.send_due(NOW + timedelta(minutes=5))
    message.refresh_from_db()
    assert [taken.message_id for taken in sink.taken] == [message.message_id]
    assert _suppressed(desk, ANNA) == ""


def test_after_two_days_of_not_now_it_is_given_up_and_can_be_sent_again(desk: Desk, sink: Sink) -> None:
    sink.answer_recipient = lambda address: "450 later"
    message = desk.write(ANNA)
    for hours in (0, 1, 30, 49, 60):
        pumping.send_due(NOW + timedelta(hours=hours))
    view = _state(desk, message.pk)
    assert view.state == SendState.FAILED
    assert "Given up after two days" in view.detail
    assert view.may_resend
    sink.answer_recipient = lambda address: "250 OK"
    assert sending.resend(desk.shop, message.pk, None, NOW)
    pumping.send_due(NOW)
    assert len(sink.taken) == 1


def test_an_address_refused_for_good_is_a_bounce_and_is_not_written_to_again(desk: Desk, sink: Sink) -> None:
    sink.answer_recipient = lambda address: "550 5.1.1 no such user" if address == ANNA else "250 OK"
    message = desk.write(ANNA, cc=[BEN])
    pumping.send_due(NOW)
    view = _state(desk, message.pk)
    assert (view.state, view.code) == (SendState.BOUNCED, "5.1.1")
    assert {each["address"]: each["state"] for each in view.recipients} == {ANNA: "bounced", BEN: "sent"}
    assert sink.taken[0].recipients == (BEN,)
    assert _suppressed(desk, ANNA) == Scope.ALL
    assert Fact.objects.filter(shop_id=desk.shop.pk, name="Email Bounced").count() == 1
    again = desk.write(ANNA)
    pumping.send_due(NOW)
    assert "suppression list" in _state(desk, again.pk).detail
    assert len(sink.taken) == 1


def test_a_refusal_that_is_not_the_addresss_fault_suppresses_nobody(desk: Desk, sink: Sink) -> None:
    sink.answer_recipient = lambda address: "554 5.7.1 we do not like you"
    refused = desk.write(ANNA)
    sink.answer_body = lambda taken: "552 5.3.4 too large"
    pumping.send_due(NOW)
    sink.answer_recipient = lambda address: "250 OK"
    large = desk.write(BEN)
    pumping.send_due(NOW)
    assert _state(desk, refused.pk).state == SendState.BOUNCED
    assert (_state(desk, large.pk).state, _state(desk, large.pk).code) == (SendState.FAILED, "5.3.4")
    assert suppression.find(desk.shop.pk, [ANNA, BEN]) == {}


@pytest.mark.parametrize("marketing", [False, True])
def test_in_doubt_the_same_mail_goes_again_but_marketing_does_not(desk: Desk, sink: Sink, marketing: bool) -> None:
    sink.answer_body = lambda taken: ""  # takes it, and is gone before the answer
    message = desk.write(ANNA, terms=Terms(marketing=marketing))
    pumping.send_due(NOW)
    sink.answer_body = lambda taken: "250 OK"
    pumping.send_due(NOW + timedelta(minutes=5))
    view = _state(desk, message.pk)
    assert view.state == (SendState.UNCERTAIN if marketing else SendState.SENT)
    assert len(sink.taken) == (1 if marketing else 2)
    assert len({taken.message_id for taken in sink.taken}) == 1


@pytest.mark.parametrize("marketing", [False, True])
def test_what_a_dead_sender_had_in_hand_is_in_doubt(desk: Desk, sink: Sink, marketing: bool) -> None:
    message = desk.write(ANNA, terms=Terms(marketing=marketing))
    Outgoing.objects.filter(message=message).update(state=SendState.SENDING, begun_by="dead", attempts=1)
    pumping.send_due(NOW)
    assert _state(desk, message.pk).state == (SendState.UNCERTAIN if marketing else SendState.SENT)
    assert len(sink.taken) == (0 if marketing else 1)


def test_a_bounce_that_names_our_mail_and_its_recipient_has_effect_and_no_other(desk: Desk, sink: Sink) -> None:
    message = desk.write(ANNA)
    pumping.send_due(NOW)
    message.refresh_from_db()
    foreign = Bounce("forged@elsewhere.example", ANNA, True, "5.1.1", "no")
    stranger = Bounce(message.message_id, BEN, True, "5.1.1", "no")
    assert not delivery.bounced(desk.shop, foreign, NOW)
    assert not delivery.bounced(desk.shop, stranger, NOW)
    assert suppression.find(desk.shop.pk, [ANNA, BEN]) == {}
    assert delivery.bounced(desk.shop, Bounce(f"<{message.message_id}>", ANNA.upper(), True, "5.1.1", "no"), NOW)
    assert not delivery.bounced(desk.shop, Bounce(message.message_id, ANNA, True, "5.1.1", "no"), NOW)
    assert _state(desk, message.pk).state == SendState.BOUNCED
    assert _suppressed(desk, ANNA) == Scope.ALL


def test_soft_bounces_suppress_only_when_they_repeat_and_an_arrival_forgives_them(desk: Desk, sink: Sink) -> None:
    def soft() -> None:
        message = desk.write(ANNA)
        pumping.send_due(NOW)
        message.refresh_from_db()
        assert delivery.bounced(desk.shop, Bounce(message.message_id, ANNA, False, "5.2.2", "mailbox full"), NOW)

    for _ in range(suppression.SOFT_BOUNCES - 1):
        soft()
    assert _suppressed(desk, ANNA) == ""
    arrived = desk.write(ANNA)
    pumping.send_due(NOW)
    arrived.refresh_from_db()
    assert delivery.delivered(desk.shop, Mail(message_id=arrived.message_id), NOW)
    assert _state(desk, arrived.pk).state == SendState.DELIVERED
    for _ in range(suppression.SOFT_BOUNCES):
        assert _suppressed(desk, ANNA) == ""
        soft()
    assert _suppressed(desk, ANNA) == Scope.ALL


def test_a_complaint_ends_marketing_but_not_answers(desk: Desk, sink: Sink) -> None:
    message = desk.write(ANNA, terms=Terms(marketing=True))
    pumping.send_due(NOW)
    message.refresh_from_db()
    assert delivery.complained(desk.shop, Mail(ANNA, message.message_id), NOW)
    assert _suppressed(desk, ANNA) == Scope.MARKETING
    marketing, answer = desk.write(ANNA, terms=Terms(marketing=True)), desk.write(ANNA)
    pumping.send_due(NOW)
    assert _state(desk, marketing.pk).state == SendState.FAILED
    assert _state(desk, answer.pk).state == SendState.SENT


def test_the_link_of_a_marketing_mail_unsubscribes_and_consent_is_taken_back(desk: Desk, sink: Sink) -> None:
    desk.write(ANNA, terms=Terms(marketing=True))
    pumping.send_due(NOW)
    mail = sink.taken[0].mail
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = str(mail["List-Unsubscribe"]).strip("<>").rstrip("/").rpartition("/")[2]
    body = mail.get_body(("plain",))
    assert body is not None
    assert token in body.get_content()
    link = unsubscribing.find_link(token)
    assert link is not None
    assert not link.done
    assert unsubscribing.follow_link(token, NOW)
    assert unsubscribing.follow_link(token, NOW)
    assert _suppressed(desk, ANNA) == Scope.MARKETING
    assert Fact.objects.filter(shop_id=desk.shop.pk, name="Unsubscribed").count() == 1
    assert unsubscribing.find_link(token[:-2] + "xx") is None
