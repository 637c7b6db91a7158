"""A chat stays one dialogue: none of its entries leave it, and its visitor never has two of them open."""

import pytest

from kizuna.conversations.desk import Refused
from kizuna.conversations.models import Team
from kizuna.flows.dialogue import handling, joining
from tests.dialogue.making import NOW, make_desk
from tests.live.talking import NOW_US, open_chat, say

pytestmark = pytest.mark.django_db


def test_no_part_of_a_chat_becomes_a_conversation_of_its_own() -> None:
    desk = make_desk()
    chat = open_chat(desk, "One", "Two")
    with pytest.raises(Refused, match="stays as it was"):
        joining.split(desk.shop, chat.pk, [2], desk.kim, NOW)


def test_a_chat_of_another_team_is_not_opened_beside_the_one_that_is_open() -> None:
    desk = make_desk()
    chat = open_chat(desk, "First")
    chat.team = Team.objects.create(shop=desk.shop, name="Returns", address="returns@tea.example")
    chat.save()
    handling.close(desk.shop, chat.pk, desk.kim, NOW)
    second = open_chat(desk, "Second")
    with pytest.raises(Refused, match="another chat open"):
        handling.reopen(desk.shop, chat.pk, desk.kim, NOW)
    handling.close(desk.shop, second.pk, desk.kim, NOW)
    assert handling.reopen(desk.shop, chat.pk, desk.kim, NOW)
    say(chat, "Here again", "again", NOW_US)
