"""Fifty people claim one chat at once, several processes route at once: a chat has one person, on either database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connections, transaction

from kizuna.conversations.models import Message, Turn
from kizuna.flows.live import ending, routing
from kizuna.shops.models import Membership, Person
from tests.flows.live.queueing import Floor
from tests.processes import PATIENCE_S

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

CLAIMS = 50
ROUTERS = 4


def make_people(floor: Floor, count: int) -> list[Person]:
    made = Person.objects.bulk_create(Person(email=f"p{n}@{floor.desk.shop.slug}.example") for n in range(count))
    Membership.objects.bulk_create(Membership(shop=floor.desk.shop, person=each, role="operator") for each in made)
    return made


def all_at_once[T](works: list[Callable[[], T]]) -> list[T]:
    """Do everything in threads of their own that begin together."""
    gate = Barrier(len(works))

    def begin(work: Callable[[], T]) -> T:
        try:
            gate.wait(PATIENCE_S)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def test_one_of_fifty_claims_wins() -> None:
    floor = Floor()
    chat = floor.wait()
    people = make_people(floor, CLAIMS)

    def claim(person: Person) -> bool:
        try:
            routing.claim(floor.desk.shop, chat.pk, person, floor.now)
        except routing.Taken:
            return False
        return True

    won = all_at_once([partial(claim, person) for person in people])
    assert sum(won) == 1
    winner = people[won.index(True)]
    chat.refresh_from_db()
    assert (floor.whose(chat), chat.assignee_id) == (winner.pk, winner.pk)
    assert Turn.objects.filter(conversation=chat).count() == 1
    assert Message.objects.filter(conversation=chat, kind="happening").count() == 1


def test_routing_in_several_processes_gives_each_chat_once_and_nobody_too_many() -> None:
    floor = Floor()
    chats = [floor.wait() for _ in range(8)]
    for person in make_people(floor, 3):
        floor.sit(person, capacity=2)
    given = all_at_once([floor.route for _ in range(ROUTERS)])
    assert sum(len(each) for each in given) == 6
    served = [person for person in map(floor.whose, chats) if person is not None]
    assert sorted(served.count(person) for person in set(served)) == [2, 2, 2]


def test_a_chat_closed_while_it_is_claimed_and_routed_ends_in_one_way() -> None:
    floor = Floor()
    floor.rules(wrap_up_s=0)
    floor.sit(floor.desk.kim, capacity=8)
    chats = [floor.wait() for _ in range(4)]
    shop = floor.desk.shop

    def close() -> list[bool]:
        return [ending.close(shop, chat.pk, None, floor.now) for chat in chats]

    def claim() -> list[bool]:
        done = []
        for chat in reversed(chats):
            try:
                routing.claim(shop, chat.pk, floor.desk.lee, floor.now)
                done.append(True)
            except routing.Refused:
                done.append(False)
        return done

    all_at_once([close, claim, lambda: [bool(floor.route())]])
    for chat in chats:
        assert floor.turn(chat) is None
        assert Turn.objects.filter(conversation=chat).count() == 1


def test_a_chat_that_begins_to_wait_is_given_right_after_the_commit() -> None:
    floor = Floor()
    floor.sit(floor.desk.kim)
    chat = floor.chat()
    with transaction.atomic():
        routing.enter(floor.desk.shop, chat, floor.now)
        assert floor.whose(chat) is None
    assert floor.whose(chat) == floor.desk.kim.pk
