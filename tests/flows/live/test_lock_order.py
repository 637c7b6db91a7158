"""Locks are taken in one order, the shop's identities before a chat: nothing deadlocks, nothing said is lost."""

import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from django.db import connection, connections, transaction

from kizuna.conversations import threads
from kizuna.conversations.live import keys
from kizuna.conversations.models import ChatState, Conversation, Message, OnlineVisitor
from kizuna.customers import links
from kizuna.flows import shops
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Reply
from kizuna.flows.live import arriving, asking, deferring, ending, marking, panels, saying, vouching
from kizuna.flows.live.arriving import Opening, Visitor
from kizuna.flows.live.deferring import Deferral
from kizuna.flows.live.marking import Gathered, Glance
from kizuna.flows.live.saying import Author, Said
from kizuna.flows.live.vouching import Claimed
from kizuna.science import periods
from kizuna.tracking.models import Arrival, DropCount
from tests.flows.live.queueing import Floor
from tests.processes import wait_until
from tests.shops.making import NOW, make_shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
VISITOR = Visitor("vera", keys.hash_grip("hers"))


def in_a_thread[T](work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connections.close_all()


def somebody_waits() -> bool:
    """Whether anybody waits for a lock of ours; asked of the locks, because a transaction sees its first list of people
    again and again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return cursor.fetchone() is not None


def rate(floor: Floor, chat: Conversation) -> None:
    asking.answer(floor.desk.shop, chat.pk, {"satisfaction": "5"}, floor.now)


def defer(floor: Floor, chat: Conversation) -> None:
    deferring.defer(floor.desk.shop, chat.pk, Deferral("Vera", "vera@example.com", "Please write."), floor.now)


def reply(floor: Floor, chat: Conversation) -> None:
    told = Reply("We wrote.", to=("vera@example.com",))
    writing.reply(floor.desk.shop, chat.pk, told, floor.desk.kim, floor.now)


@pytest.mark.parametrize("work", [rate, defer, reply])
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


def test_words_for_many_chats_lock_how_far_they_are_in_the_order_in_which_marks_do() -> None:
    floor = Floor()
    shop = floor.desk.shop
    first, second = floor.chat(), floor.chat()
    for chat in (second, first):  # written anew, so that the first one's row lies behind the other's
        ChatState.objects.filter(pk=chat.pk).update(is_behind=False)
    batch = [Said(shop.pk, each.pk, "c", "Hello", author=Author.CUSTOMER) for each in (second, first)]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ChatState.objects.select_for_update().get(pk=first.pk)
            if connection.vendor == "postgresql":
                storing = pool.submit(in_a_thread, partial(saying.store, batch, floor.us))
                wait_until(somebody_waits)
                ChatState.objects.select_for_update(nowait=True).get(pk=second.pk)
        if connection.vendor != "postgresql":
            storing = pool.submit(in_a_thread, partial(saying.store, batch, floor.us))
        storing.result()
    assert ChatState.objects.filter(pk__in=(first.pk, second.pk), is_behind=True).count() == 2


def test_signs_of_life_lock_visitors_by_key_as_glances_do() -> None:
    shop = make_shop()
    us = periods.epoch_us(NOW)
    for key in ("zoe", "ann"):  # zoe's row lies before ann's
        glance = Glance(shop.pk, key, None, None, "http://shop/", "", "", "en", 0, "", us, us, us)
        marking.write({shop.pk: Gathered(glances={key: glance})}, us)
    touch = partial(marking.write, {shop.pk: Gathered(there={"zoe", "ann"})}, us + 1)
    rows = OnlineVisitor.objects.filter(shop_id=shop.pk)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            rows.select_for_update().get(visitor_key="ann")
            if connection.vendor == "postgresql":
                touching = pool.submit(in_a_thread, touch)
                wait_until(somebody_waits)
                rows.select_for_update(nowait=True).get(visitor_key="zoe")
        if connection.vendor != "postgresql":
            touching = pool.submit(in_a_thread, touch)
        touching.result()
    assert set(rows.values_list("seen_us", flat=True)) == {us + 1}


def test_a_signed_visitors_next_page_stores_nothing_until_something_changed() -> None:
    shop = make_shop()
    source, _ = shops.create_source(shop, "storefront", "browser", None, NOW)
    secret = panels.renew_secret(shop, None, NOW)
    told = Claimed(
        source.pk, "ann", hmac.new(secret.encode(), b"ann", hashlib.sha256).hexdigest(), traits={"name": "Ann"}
    )
    first = vouching.vouch(shop, "a-key", told, NOW)
    kept = list(Arrival.objects.values_list("outcome", flat=True))
    assert vouching.vouch(shop, "a-key", told, NOW) == first
    assert list(Arrival.objects.values_list("outcome", flat=True)) == kept == ["accepted"]
    assert not DropCount.objects.filter(outcome="duplicate").exists()
    told = replace(told, traits={"name": "Ann Lee"})
    vouching.vouch(shop, "a-key", told, NOW)
    assert Arrival.objects.count() == 2
