"""What the report says of chats that went through the live flows themselves, by a clock that is moved by hand."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from kizuna.conversations.live import reports
from kizuna.conversations.live.reports import Report
from kizuna.flows.live import asking, ending, following, handing, saying
from kizuna.flows.live.handing import To
from kizuna.flows.live.saying import Said
from kizuna.flows.live_report import reporting
from kizuna.science import periods
from kizuna.shops.models import Person
from kizuna.tracking.models import Fact
from tests.flows.live.queueing import Floor

pytestmark = pytest.mark.django_db


def say(floor: Floor, chat, text: str, person: Person | None = None) -> None:
    """Words by the batch, and what follows from them."""
    author = saying.Author.CUSTOMER if person is None else saying.Author.PERSON
    who = None if person is None else person.pk
    told = Said(chat.shop_id, chat.pk, f"{author}-{floor.us}", text, author, who)
    [stored] = saying.store([told], floor.us)
    assert getattr(stored, "is_new", False), stored
    following.follow(floor.now)


def test_a_chat_handed_on_and_rated_stands_in_the_report_as_it_was() -> None:
    floor = Floor()
    kim, lee, shop = floor.desk.kim, floor.desk.lee, floor.desk.shop
    floor.sit(kim)
    floor.sit(lee)
    chat = floor.wait()
    floor.pass_s(12, kim, lee)
    first = next(iter(floor.route().values()))
    one, other = (kim, lee) if first == kim.pk else (lee, kim)
    floor.pass_s(8, kim, lee)
    say(floor, chat, "Good day!", one)
    floor.pass_s(40, kim, lee)
    floor.stay(chat)
    say(floor, chat, "And in blue?")
    handing.transfer(shop, chat.pk, To(person=other), "knows colours", one, floor.now)
    floor.pass_s(15, kim, lee)
    say(floor, chat, "In blue too.", other)
    floor.pass_s(25, kim, lee)
    assert ending.close(shop, chat.pk, other, floor.now)
    asking.answer(shop, chat.pk, {"satisfaction": "5", "trust": "4", "company": "5"}, floor.now)
    lost = floor.wait()
    floor.pass_s(30)
    with transaction.atomic():
        assert ending.left(shop, lost.pk, floor.now)
        reports.add(shop.pk, periods.day_index(floor.us, _zone(shop)), Report(1, 2, 0, {"50": 3, "inf": 1}))
    found = reporting.refresh(shop, floor.now + timedelta(minutes=1)).body["windows"]["7"]
    counts, times = found["counts"], found["times"]
    assert (counts["asked"], counts["answered"], counts["abandoned"], counts["handed_over"]) == (2, 1, 1, 1)
    assert times["wait"]["wall"]["median"] == 12
    assert times["first"]["wall"]["median"] == 20
    assert times["reply"]["wall"]["median"] == 15
    assert times["handling"]["wall"]["median"] == 88
    assert times["resolution"]["wall"]["median"] == 100
    assert {row["person"] for row in found["people"]} == {kim.pk, lee.pk}
    assert found["survey"]["company"]["value"] == 5
    assert found["hours"] > 0
    assert (found["system"]["reconnects"], found["system"]["messages"]) == (2, 4)
    told = Fact.objects.filter(shop_id=shop.pk, name="Served by Live Operator")
    assert list(told.values_list("identity_id", flat=True)) == [chat.identity_id]


def _zone(shop) -> ZoneInfo:
    return ZoneInfo(shop.timezone)
