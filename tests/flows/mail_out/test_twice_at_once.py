"""The same notice or message queued by two requests in one moment is one mail, on SQLite and on PostgreSQL."""

import pytest
from django.db import transaction

from kizuna.conversations import threads
from kizuna.conversations.outgoing import Outgoing
from kizuna.conversations.threads import Author, Direction, NewMessage
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Notice, Terms
from tests.flows.mail_out.conftest import NOW_US, Desk
from tests.racing import while_open
from tests.shops.making import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def test_one_notice_by_two_requests_is_one_mail(transactional_db: None, desk: Desk) -> None:
    told = Notice("anna@customer.example", "Your link", "Here it is.", key="login-1")
    first, second = while_open(lambda: sending.send_notice(desk.shop, told, NOW))
    assert first.pk == second.pk == Outgoing.objects.get().pk


def test_one_message_queued_twice_is_one_mail(transactional_db: None, desk: Desk) -> None:
    new = NewMessage(Direction.OUT, Author.PERSON, "It does.", NOW_US, to=["anna@customer.example"])
    with transaction.atomic():
        heard = desk.hear("anna@customer.example", "Does it whistle?")
        message, _ = threads.append(desk.shop.pk, heard.conversation_id, new, NOW_US)
    first, second = while_open(lambda: sending.queue(desk.shop, message.pk, Terms(), NOW))
    assert first.pk == second.pk == Outgoing.objects.get().pk
