"""Locks are taken in one order, the shop's identities before a chat: nothing deadlocks, nothing said is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, connections, transaction

from kizuna.conversations import threads
from kizuna.conversations.live import keys
from kizuna.conversations.models import Conversation, Message
from kizuna.customers import links
from kizuna.flows.live import arriving, asking, deferring, ending
from kizuna.flows.live.arriving import Opening, Visitor
from kizuna.flows.live.deferring import Deferral
from tests.flows.live.queueing import Floor
from tests.processes import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
VISITOR = Visitor("vera", keys.hash_grip("hers"))


def in_a_thread[T](work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connections.close_all()


def somebody_waits() -> bool:
    """Whether anybody waits for a lock of this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        )
        return cursor.fetchone() is not None


def rate(floor: Floor, chat: Conversation) -> None:
    asking.answer(floor.desk.shop, chat.pk, {"satisfaction": "5"}, floor.now)


def defer(floor: Floor, chat: Conversation) -> None:
    deferring.defer(floor.desk.shop, chat.pk, Deferral("Vera", "vera@example.com", "Please write."), floor.now)


@pytest.mark.parametrize("work", [rate, defer])
def test_what_tells_facts_of_a_chat_waits_for_the_identities_before_it_locks_the_chat(
    work: Callable[[Floor, Conversation], None],
) -> None:
    floor = Floor()
    chat = floor.chat()
    floor.answer(chat, floor.desk.kim)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            links.lock(floor.desk.shop.pk)
            if connection.vendor == "postgresql":
                doing = pool.submit(in_a_thread, partial(work, floor, chat))
                wait_until(somebody_waits)
                Conversation.objects.select_for_update(nowait=True).get(pk=chat.pk)
        if connection.vendor != "postgresql":  # its one write lock leaves no order to choose
            doing = pool.submit(in_a_thread, partial(work, floor, chat))
        doing.result()


def test_words_that_open_a_chat_while_the_one_before_is_closed_open_another() -> None:
    floor = Floor()
    shop = floor.desk.shop
    first = arriving.open_chat(shop, VISITOR, Opening("one", "Hello?"), floor.now)
    again = partial(arriving.open_chat, shop, VISITOR, Opening("two", "Still there?"), floor.now)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            threads.lock(shop.pk, first.chat.id)
            if connection.vendor == "postgresql":
                opening = pool.submit(in_a_thread, again)
                wait_until(somebody_waits)
            ending.close(shop, first.chat.id, floor.desk.kim, floor.now)
        if connection.vendor != "postgresql":
            opening = pool.submit(in_a_thread, again)
        second = opening.result()
    assert second.is_new
    assert Message.objects.get(client_id="two").conversation_id == second.chat.id
