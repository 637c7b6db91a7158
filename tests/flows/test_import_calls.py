"""The log of a telephone system: conversations by phone, facts, missed calls that wait; once, however often taken."""

from pathlib import Path

import pytest
from django.core.management import call_command

from kizuna.conversations.models import Conversation, State
from kizuna.tracking.models import Fact
from tests.shops.making import make_shop

pytestmark = pytest.mark.django_db
LOG = """time,phone,direction,seconds,outcome,note,call_id
2026-03-01 10:00,+49 40 1234567,in,240,answered,Asks for green tea,c1
2026-03-01 11:00,+49 40 1234567,out,60,answered,Called back,c2
2026-03-01 12:00,+49 40 7654321,in,0,missed,,c3
2026-03-01 13:00,,in,0,missed,,c4
2026-03-01 14:00,+49 40 1234567,sideways,0,,,c5
"""


def test_calls_become_conversations_once(tmp_path: Path) -> None:
    shop = make_shop("calls")
    path = tmp_path / "calls.csv"
    path.write_text(LOG)
    for _ in range(2):
        call_command("import_calls", path, shop="calls")
    found = list(Conversation.objects.filter(shop=shop).order_by("opened_us", "id"))
    assert [each.channel for each in found] == ["phone"] * 3
    assert [each.state for each in found] == [State.CLOSED, State.CLOSED, State.OPEN]
    assert found[0].customer_id == found[1].customer_id != found[2].customer_id
    assert found[2].awaits_us
    names = sorted(Fact.objects.filter(shop_id=shop.pk).values_list("name", flat=True))
    assert names == ["Phone Call Made", "Phone Call Received", "Phone Call Received"]


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    make_shop("calls")
    path = tmp_path / "calls.csv"
    path.write_text(LOG)
    call_command("import_calls", path, shop="calls", dry_run=True)
    assert not Conversation.objects.exists()
