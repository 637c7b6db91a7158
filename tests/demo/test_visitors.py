"""Simulated visitors of a running demo: they wait, answer, say that they are simulated, and are in no real shop."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kizuna.conversations.live import online, past
from kizuna.conversations.live.past import PastInvitation
from kizuna.conversations.models import ChatState, Conversation, Message, Turn
from kizuna.customers import identity
from kizuna.customers.identity import IdentityKind
from kizuna.demo import visitors
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Reply
from kizuna.science import periods
from tests.dialogue.making import NOW as SUNDAY
from tests.dialogue.making import make_desk

NOW = SUNDAY + timedelta(days=1)
NOW_US = periods.epoch_us(NOW)
pytestmark = pytest.mark.django_db


def test_visitors_come_wait_and_answer_and_say_what_they_are() -> None:
    desk = make_desk()
    keys = [f"browser-{number}" for number in range(12)]
    known = identity.ensure(desk.shop.pk, IdentityKind.VISITOR, keys, [NOW_US] * 12)
    told = [PastInvitation(key, known[key], f"i-{key}", NOW_US, False) for key in keys]
    past.take_in_invitations(desk.shop.pk, told)
    visitors.stroll(desk.shop, SUNDAY)
    assert not Turn.objects.exists(), "work is over: nobody would answer"
    for tick in range(5):
        visitors.stroll(desk.shop, NOW + timedelta(seconds=5 * tick))
    assert Turn.objects.filter(state="waiting").count() == visitors.WAITING
    shown = online.list_online(desk.shop.pk, NOW_US + 20_000_000)
    assert len(shown) == visitors.ON_PAGES
    assert all("simulated" in each.title and "simulated" in each.source for each in shown)
    for chat in Conversation.objects.all():
        assert chat.subject.startswith(visitors.MARK)
        assert Message.objects.filter(conversation=chat, text=visitors.SAYS_SO).exists()
    assert set(ChatState.objects.values_list("visitor_seen_us", flat=True)) == {NOW_US + 20_000_000}

    chat = Conversation.objects.order_by("id")[0]
    writing.reply(desk.shop, chat.pk, Reply("Yes."), desk.kim, NOW + timedelta(seconds=30))
    for tick in range(7, 12):
        visitors.stroll(desk.shop, NOW + timedelta(seconds=5 * tick))
    said = Message.objects.filter(conversation=chat, kind="message").order_by("number")
    assert list(said.values_list("direction", flat=True)) == ["in", "out", "in"]


def test_an_installation_that_is_no_demo_has_no_such_visitors(tmp_path: Path, settings: Any) -> None:
    make_desk()
    settings.HOME = tmp_path
    assert not visitors.walk(NOW)
    assert not Conversation.objects.exists()
