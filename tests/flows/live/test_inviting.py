"""Who is held out of invitations is the server's lot, whatever a panel says: the report's proof rests on it."""

from datetime import timedelta

import pytest

from kizuna.conversations.live import marks, panel
from kizuna.conversations.live.invitations import Invited
from kizuna.flows.live import arriving
from kizuna.flows.live.arriving import Opening, Visitor
from kizuna.science import periods
from tests.flows.live.queueing import Floor

pytestmark = pytest.mark.django_db


def test_the_lot_is_drawn_here_and_who_is_held_accepts_nothing() -> None:
    floor = Floor()
    shop = floor.desk.shop
    floor.rules(holdout_share=0.5)
    keys = [f"visitor-{number}" for number in range(30)]
    for key in keys:
        told = Invited("another", key, "", "", floor.us, held=False, outcome="shown")
        arriving.note_invited(shop, Visitor(key, "grip"), told)
        arriving.open_chat(shop, Visitor(key, f"grip of {key}"), Opening("c", "Hello", invitation=key), floor.now)
    found = marks.list_first_invitations(shop.pk, periods.epoch_us(floor.now + timedelta(days=1)))
    lot = {each.visitor_key: each.held for each in found}
    assert lot == {key: panel.is_held(shop.pk, key, 0.5) for key in keys}
    assert 0 < sum(lot.values()) < len(keys)
    assert all(each.accepted is not each.held for each in found)
