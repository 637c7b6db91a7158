"""Handing a chat on with its reason and its age: to a person, a department, the queue, a supervisor."""

import pytest

from kizuna.conversations.models import Message, Team, TeamMember
from kizuna.flows.live import ending, handing, routing
from kizuna.flows.live.handing import To
from tests.flows.live.queueing import Floor

pytestmark = pytest.mark.django_db


def test_a_person_gets_it_at_once_with_the_note_and_the_age() -> None:
    floor = Floor()
    kim, lee = floor.desk.kim, floor.desk.lee
    chat = floor.wait()
    began = floor.us
    floor.sit(kim)
    floor.sit(lee, capacity=1)
    routing.claim(floor.desk.shop, chat.pk, kim, floor.now)
    floor.pass_s(30, kim, lee)
    turn = handing.transfer(floor.desk.shop, chat.pk, To(lee), "knows tea", kim, floor.now)
    assert (turn.person_id, turn.waited_since_us, turn.served_us) == (lee.pk, began, floor.us)
    assert floor.ends(chat) == ["transferred", ""]
    note = Message.objects.get(conversation=chat, kind="note")
    assert (note.text, note.direction) == ("knows tea", "within")


def test_a_department_gets_it_through_its_own_people() -> None:
    floor = Floor()
    kim, lee = floor.desk.kim, floor.desk.lee
    team = Team.objects.create(shop=floor.desk.shop, name="Returns")
    TeamMember.objects.create(team=team, person=lee)
    chat = floor.wait()
    floor.sit(kim)
    floor.sit(lee)
    routing.claim(floor.desk.shop, chat.pk, kim, floor.now)
    handing.transfer(floor.desk.shop, chat.pk, To(team_public_id=str(team.public_id)), "", kim, floor.now)
    assert floor.route() == {chat.pk: lee.pk}
    chat.refresh_from_db()
    assert chat.team_id == team.pk


def test_nobody_hands_to_who_is_not_there_or_what_is_not_theirs() -> None:
    floor = Floor()
    kim, lee = floor.desk.kim, floor.desk.lee
    chat = floor.wait()
    floor.sit(kim)
    routing.claim(floor.desk.shop, chat.pk, kim, floor.now)
    with pytest.raises(handing.Refused, match="not at the desk"):
        handing.transfer(floor.desk.shop, chat.pk, To(lee), "", kim, floor.now)
    stranger = Floor().desk.kim
    with pytest.raises(handing.Refused, match="does not work"):
        handing.transfer(floor.desk.shop, chat.pk, To(stranger), "", kim, floor.now)
    floor.sit(lee)
    with pytest.raises(handing.Taken):
        handing.transfer(floor.desk.shop, chat.pk, To(kim), "", lee, floor.now)
    with pytest.raises(handing.Taken):
        handing.give_back(floor.desk.shop, chat.pk, lee, floor.now)
    assert floor.whose(chat) == kim.pk


def test_who_gives_back_gets_it_last() -> None:
    floor = Floor()
    kim, lee = floor.desk.kim, floor.desk.lee
    chat = floor.wait()
    floor.sit(kim)
    routing.claim(floor.desk.shop, chat.pk, kim, floor.now)
    floor.sit(lee, capacity=1)
    other = floor.wait()
    routing.claim(floor.desk.shop, other.pk, lee, floor.now)
    handing.give_back(floor.desk.shop, chat.pk, kim, floor.now)
    assert floor.route() == {}, "it waits for somebody else who is at work"
    ending.close(floor.desk.shop, other.pk, None, floor.now)
    floor.pass_s(31, kim, lee)
    floor.watch()
    assert floor.whose(chat) == lee.pk


def test_a_supervisor_takes_over_from_anybody_and_from_the_queue() -> None:
    floor = Floor()
    kim, lee = floor.desk.kim, floor.desk.lee
    served, waiting = floor.wait(), floor.wait()
    routing.claim(floor.desk.shop, served.pk, kim, floor.now)
    for chat in (served, waiting):
        first = handing.take_over(floor.desk.shop, chat.pk, lee, floor.now)
        assert handing.take_over(floor.desk.shop, chat.pk, lee, floor.now) == first
    assert (floor.whose(served), floor.whose(waiting)) == (lee.pk, lee.pk)
    assert (floor.ends(served), floor.ends(waiting)) == (["taken_over", ""], [""])
