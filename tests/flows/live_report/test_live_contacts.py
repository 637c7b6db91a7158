"""Contacts by live operator: in every shop by itself, without weight, one for each chat, history and all."""

import numpy as np
import pytest

from kizuna.conversations.models import Conversation
from kizuna.flows import criterion, live_contacts
from kizuna.relationships import criterion as criteria
from kizuna.relationships import indicators, stocks
from kizuna.science import learning, periods
from kizuna.shops.models import AuditEntry
from kizuna.tracking.models import Fact
from tests.flows.live_report.chatting import DAY, SECOND, Desk
from tests.flows.making import Books
from tests.shops.making import NOW, make_person, make_shop

pytestmark = pytest.mark.django_db
NOW_US = periods.epoch_us(NOW)


def test_every_shop_gets_it_once_and_nothing_else_changes() -> None:
    first, second = make_shop(), make_shop()
    criterion.change_weights(second, {"M": 3.0}, None, NOW)
    before = [criteria.get_current(shop.pk) for shop in (first, second)]
    for _ in range(2):
        live_contacts.register_everywhere(NOW)
    for shop, was in zip((first, second), before, strict=True):
        now = criteria.get_current(shop.pk)
        assert now.weights == {**was.weights, live_contacts.NAME: 0.0}
        assert (now.method, now.version) == (was.method, was.version + 1)
        [view] = indicators.list_indicators(shop.pk)
        assert view.label == "Contacts by live operator"
    equal = criterion.change_weights(first, dict.fromkeys("RFMVE", 2.0), None, NOW)
    assert (equal.method, equal.weights[live_contacts.NAME]) == (criteria.EQUAL, 0.0)
    assert AuditEntry.objects.filter(shop=first, action="criterion_changed").exists()


def test_the_five_are_made_equal_and_an_indicator_keeps_the_weight_of_its_own() -> None:
    shop = make_shop()
    live_contacts.ensure(shop, NOW)
    for own in (0.0, 10.0, 100.0):
        criterion.change_weights(
            shop, {**dict.fromkeys("RFVE", 0.0), "M": 100.0 - own, live_contacts.NAME: own}, None, NOW
        )
        if own == 100:
            with pytest.raises(criteria.CriterionError, match="weigh everything"):
                criterion.make_equal(shop, None, NOW)
            break
        made = criterion.make_equal(shop, None, NOW)
        assert made.weights == pytest.approx(
            {**dict.fromkeys("RFMVE", (1 - own / 100) / 5), live_contacts.NAME: own / 100}
        )
        assert made.method == criteria.EQUAL


def test_chats_of_before_count_once_each_however_often_they_are_looked_for() -> None:
    shop = make_shop()
    desk, books = Desk(shop), Books(shop)
    one, who = make_person(shop, "operator").pk, books.customer("u")
    old, new = (desk.served(who, NOW_US - days * DAY, one) for days in (200, 2))
    desk.lost(who, NOW_US - DAY)
    for chat in (old, new):
        Conversation.objects.filter(pk=chat.pk).update(first_response_us=chat.opened_us + 30 * SECOND)
    live_contacts.ensure(shop, NOW)
    for _ in range(2):
        live_contacts.tell_history.func(shop.pk, 0, NOW_US)
        live_contacts.tell(shop, new.public_id, who, NOW_US, NOW_US)
    facts = Fact.objects.filter(shop_id=shop.pk, name="Served by Live Operator").order_by("happened_us")
    assert [row.happened_us - chat.opened_us for row, chat in zip(facts, (old, new), strict=True)] == [30 * SECOND] * 2
    live, _ = _stock(shop)
    assert live == [who]
    lived = _stock(shop)
    criterion.backfill_indicator(shop, live_contacts.NAME)
    assert _stock(shop)[1] == pytest.approx(lived[1])


def _stock(shop):
    [view] = indicators.list_indicators(shop.pk)
    who, sums = stocks.indicator_columns(shop.pk, view.id)
    return who.tolist(), sums.ravel().tolist()


def test_learning_gives_no_weight_to_what_was_given_none() -> None:
    random = np.random.default_rng(1)
    y = random.gamma(1.0, 100.0, 200)
    z = {("M", 90): y / y.max(), ("live-operator", 90): y / y.max(), ("R", 90): random.random(200)}
    origins = [learning.Origin(0, 1, z, y)]
    half_lives = {"M": 90, "R": 90, "live-operator": 90}
    none = learning.Rule(half_lives, {"M": 0.5, "R": 0.5, "live-operator": 0.0})
    some = learning.Rule(half_lives, {"M": 0.4, "R": 0.4, "live-operator": 0.2})
    assert learning.learn(origins, none, 0.01).weights["live-operator"] == 0
    assert learning.learn(origins, some, 0.01).weights["live-operator"] > 0.1
