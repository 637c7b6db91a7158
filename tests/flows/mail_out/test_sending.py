"""From a queued message to the other server and back to its state: once, under one Message-ID, undone, sent again."""

from datetime import timedelta

import pytest

from kizuna.conversations import composing, mail_ids, outgoing
from kizuna.conversations.outgoing import Outgoing, SendState
from kizuna.flows.mail_out import pumping, sending
from kizuna.flows.mail_out.sending import Notice, Terms
from kizuna.tracking import dealings
from kizuna.tracking.models import Fact
from tests.flows.mail_out.conftest import Desk
from tests.mail_sink import Sink
from tests.shops.making import NOW


def _state(desk: Desk, message_id: int) -> outgoing.View:
    return outgoing.states(desk.shop.pk, [message_id])[message_id]


def test_a_message_is_sent_and_the_state_says_so(desk: Desk, sink: Sink) -> None:
    message = desk.write("anna@customer.example", "Hello Anna,\n\nyour kettle is on its way.")
    assert _state(desk, message.pk).state == SendState.QUEUED
    pumping.send_due(NOW)
    (taken,) = sink.taken
    view = _state(desk, message.pk)
    assert (view.state, view.code, view.may_resend) == (SendState.SENT, "250", False)
    message.refresh_from_db()
    assert taken.message_id == message.message_id
    assert taken.recipients == ("anna@customer.example",)
    assert mail_ids.read_reply_address(pumping.settings.SECRET_KEY, str(taken.mail["Reply-To"]).split("<")[1]) == (
        message.conversation_id
    )
    text = taken.mail.get_body(("plain",))
    html = taken.mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "your kettle is on its way." in text.get_content()
    assert "Your care team" in text.get_content()
    assert "<p>your kettle is on its way.</p>" in html.get_content()
    assert Fact.objects.filter(shop_id=desk.shop.pk, name="Email Sent").count() == 1
    pumping.send_due(NOW)
    assert len(sink.taken) == 1


def test_an_answer_stays_in_the_thread_and_quotes_what_it_answers(desk: Desk, sink: Sink) -> None:
    desk.hear("anna@customer.example", "Does it whistle?\nAnna", "one@customer.example", "Kettle")
    desk.write("anna@customer.example", "It does.", subject="")
    pumping.send_due(NOW)
    mail = sink.taken[0].mail
    assert mail["In-Reply-To"] == "<one@customer.example>"
    assert mail["References"] == "<one@customer.example>"
    assert mail["Subject"] == "Re: Kettle"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Anna wrote:\n> Does it whistle?\n> Anna" in body.get_content().replace("\r\n", "\n")


def test_a_message_taken_back_in_time_is_never_sent(desk: Desk, sink: Sink) -> None:
    message = desk.write("anna@customer.example", terms=Terms(delay_s=10))
    pumping.send_due(NOW)
    assert sink.taken == []
    assert sending.undo(desk.shop, message.pk, NOW)
    pumping.send_due(NOW + timedelta(seconds=30))
    assert sink.taken == []
    assert _state(desk, message.pk).state == SendState.WITHDRAWN
    assert not sending.undo(desk.shop, message.pk, NOW)


def test_a_notice_is_one_mail_however_often_it_is_queued(desk: Desk, sink: Sink) -> None:
    told = Notice("anna@customer.example", "Your link\r\nBcc: all@world.example", "Here it is.", key="login-1")
    first = sending.send_notice(desk.shop, told, NOW)
    assert sending.send_notice(desk.shop, told, NOW).pk == first.pk
    pumping.send_due(NOW)
    (taken,) = sink.taken
    assert taken.recipients == ("anna@customer.example",)
    assert taken.mail["Bcc"] is None
    assert taken.mail["Auto-Submitted"] == "auto-generated"
    assert taken.mail["Subject"] == "Your link Bcc: all@world.example"


def test_an_address_that_none_can_be_is_refused_at_once(desk: Desk) -> None:
    for address in ("anna", "a@b\r\nRCPT TO:<x@y.example>", "<a@b.example>", "a b@c.example", "a@b..example", ""):
        with pytest.raises((composing.BadAddress, sending.NoRecipient)):
            sending.send_notice(desk.shop, Notice(address, "s", "t"), NOW)


def test_mail_waits_while_the_server_is_away_and_then_goes_once(desk: Desk, sink: Sink) -> None:
    message = desk.write("anna@customer.example")
    options = pumping.settings.MAILERS["default"]["OPTIONS"]
    port, options["port"] = options["port"], 1
    pumping.send_due(NOW)
    view = _state(desk, message.pk)
    assert (view.state, view.attempts) == (SendState.QUEUED, 0)
    assert "cannot be reached" in view.detail
    options["port"] = port
    pumping.send_due(NOW + timedelta(minutes=1))
    assert _state(desk, message.pk).state == SendState.SENT
    assert len(sink.taken) == 1


def test_a_machines_mail_is_told_as_a_machines(desk: Desk, sink: Sink) -> None:
    message = desk.write("anna@customer.example", "We have your mail.")
    Outgoing.objects.filter(message=message).update(machine=True)
    pumping.send_due(NOW)
    fact = Fact.objects.get(shop_id=desk.shop.pk, name="Email Sent")
    assert fact.properties["machine"] is True
    assert dealings.dealings_of(desk.shop.pk, [fact.identity_id]) == []
