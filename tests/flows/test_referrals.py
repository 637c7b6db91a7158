"""Referrals over the path of facts: a code followed, a first order attributed once, forged and own codes harmless."""

import json

import pytest
from django.test import Client

from kizuna.customers.models import Identity
from kizuna.flows import facts, happenings, identities, referrals, stage_events
from kizuna.flows.happenings import Happening
from kizuna.relationships import investment_terms, investments
from kizuna.relationships import referrals as kept
from kizuna.science import periods
from kizuna.shops import sources
from kizuna.shops.models import Shop
from kizuna.tracking import wire
from tests.flows.making import DAY, Books
from tests.shops.making import NOW, make_shop

pytestmark = pytest.mark.django_db
NOW_US = periods.epoch_us(NOW)


@pytest.fixture
def books() -> Books:
    return Books(make_shop("told", "EUR"))


def tell(shop: Shop, name: str, days_ago: float, who: dict[str, str], **properties: object) -> None:
    """Let a server of the shop tell an event."""
    source = sources.get_own_source(shop, "console")
    at_us = round(NOW_US - days_ago * DAY)
    event = {
        "event": name,
        "messageId": f"{name}-{who}-{days_ago}",
        "timestamp": periods.instant_at(at_us).isoformat(),
        "properties": properties,
        **who,
    }
    raw = wire.RawEvent("track", json.dumps(event).encode(), NOW_US)
    assert facts.take(shop, [facts.read(source.pk, source.kind, raw, shop.currency)], NOW_US).accepted == 1


def order(shop: Shop, days_ago: float, who: dict[str, str], ref: str, **properties: object) -> None:
    tell(shop, "Order Completed", days_ago, who, order_id=ref, total=30, currency="EUR", **properties)


def test_a_friends_first_order_is_attributed_once_at_no_promotion_cost(books: Books) -> None:
    anna = books.customer("anna")
    code = kept.code_of(books.shop.pk, anna, NOW_US)
    assert kept.code_of(books.shop.pk, anna, NOW_US) == code
    tell(books.shop, "Referral Followed", 9, {"anonymousId": "browser-1"}, code=code)
    tell(books.shop, "Referral Followed", 8, {"anonymousId": "browser-1"}, code=code)
    order(books.shop, 7, {"userId": "ben", "anonymousId": "browser-1"}, "first")
    order(books.shop, 6, {"userId": "ben"}, "second")
    (found,) = kept.list_of(books.shop.pk, [anna])
    assert (found.order_ref, found.attributed_us, found.cost_minor) == ("first", NOW_US - 7 * DAY, 0)
    (booked,) = investments.list_of(books.shop.pk, [anna])
    assert (booked.kind, booked.amount_minor) == ("promotion", 0)


def test_a_code_named_with_the_order_counts_too(books: Books) -> None:
    anna = books.customer("anna")
    code = kept.code_of(books.shop.pk, anna, NOW_US)
    order(books.shop, 3, {"userId": "ben"}, "first", referral=code)
    assert [each.order_ref for each in kept.list_of(books.shop.pk, [anna])] == ["first"]


def test_own_old_forged_and_foreign_codes_bring_nothing(books: Books) -> None:
    anna = books.customer("anna")
    code = kept.code_of(books.shop.pk, anna, NOW_US)
    foreign = Books(make_shop("elsewhere", "EUR"))
    theirs = kept.code_of(foreign.shop.pk, foreign.customer("zoe"), NOW_US)
    order(books.shop, 9, {"userId": "anna"}, "own", referral=code)
    order(books.shop, 200, {"userId": "old"}, "before")
    order(books.shop, 9, {"userId": "old"}, "again", referral=code)
    tell(books.shop, "Referral Followed", 150, {"userId": "late"}, code=code)
    order(books.shop, 9, {"userId": "late"}, "late")
    for place, forged in enumerate(("", "x" * 10, theirs, "' OR 1=1", "ä" * 10, "a" * 5000)):
        tell(books.shop, "Referral Followed", 9 + place / 10, {"userId": f"new-{place}"}, code=forged)
        order(books.shop, 8, {"userId": f"new-{place}"}, f"o-{place}")
    assert [each.attributed_us for each in kept.list_of(books.shop.pk, [anna])] == [None] * 3
    assert kept.list_of(foreign.shop.pk, [foreign.customer("other")]) == []
    assert not investments.has_any(books.shop.pk)


def test_a_referral_reaches_the_stage_of_who_gave_it(books: Books) -> None:
    anna = books.customer("anna")
    for name, days in (("Email Sent", 30), ("Email Received", 29)):
        told = Happening(name, anna, NOW_US - days * DAY, f"{name}-{days}")
        happenings.record(books.shop, told, NOW_US)
    code = kept.code_of(books.shop.pk, anna, NOW_US)
    order(books.shop, 3, {"userId": "ben"}, "first", referral=code)
    events = stage_events.gather(books.shop, [books.customer_of(anna)])[books.customer_of(anna)]
    assert [event.ref for event in events if event.act == "referral"] == [
        f"referral-{kept.list_of(books.shop.pk, [anna])[0].id}"
    ]


def test_two_accounts_of_one_person_brought_nobody(books: Books) -> None:
    anna = books.customer("anna")
    code = kept.code_of(books.shop.pk, anna, NOW_US)
    order(books.shop, 3, {"userId": "ben"}, "first", referral=code)
    ben = Identity.objects.get(shop=books.shop, key="ben").customer_id
    who = books.customer_of(anna)
    assert [each.act for each in stage_events.gather(books.shop, [who])[who] if each.act == "referral"]
    identities.merge(books.shop, identities.Pair(who, ben), None, NOW)
    assert not [each.act for each in stage_events.gather(books.shop, [who])[who] if each.act == "referral"]


def test_the_link_leads_where_the_shop_decided(books: Books, client: Client) -> None:
    code = kept.code_of(books.shop.pk, books.customer("anna"), NOW_US)
    assert client.get(f"/r/{code}/").status_code == 404
    terms = investment_terms.Terms(1, {}, {}, "https://shop.example/hello?a=1")
    investment_terms.keep(books.shop.pk, terms, NOW)
    landing = referrals.find_landing(code)
    assert landing is not None
    assert landing.shop_slug == "told"
    for path in (f"/r/{code}/", f"/r/{code}"):
        assert client.get(path)["Location"] == f"https://shop.example/hello?a=1&kz_ref={code}"
    for forged in ("nobodyhas1", "x", "a-b"):
        assert client.get(f"/r/{forged}/").status_code == 404
    assert client.post(f"/r/{code}/").status_code == 405
