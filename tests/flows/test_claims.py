"""The model's claims on a shop made so that every answer is known; a small shop is told nothing."""

from decimal import Decimal

import pytest

from kizuna.customers.models import Customer, Identity
from kizuna.flows import claims, investing
from kizuna.flows.claims_facts import INVITED
from kizuna.relationships import investments, kept_reports, referrals
from kizuna.relationships.investment_terms import Terms
from kizuna.relationships.investments import Booking
from kizuna.science import periods
from kizuna.shops import sources
from kizuna.tracking.models import Fact
from tests.flows.making import DAY, Books
from tests.shops.making import NOW, make_shop

pytestmark = pytest.mark.django_db
NOW_US = periods.epoch_us(NOW)


def ago(days: float) -> int:
    """So many days before now."""
    return NOW_US - round(days * DAY)


def fill(books: Books) -> None:
    """80 who bought in one week: every other wrote on one to four days, was invested in and bought again; 10 newcomers.

    Those who wrote came by google, the others by card. Nobody was stronger before: who wrote last bought alike.
    """
    for number in range(80):
        identity, wrote = books.customer(), number % 2 == 0
        Customer.objects.filter(pk=books.customer_of(identity)).update(
            first_touch={"source": "google" if wrote else "card"}
        )
        books.order(identity, ago(300 + (number // 2) / 10))
        for day in range(number // 2 % 4 + 1 if wrote else 0):
            books.mail(identity, ago(100 + 3 * day))
            books.mail(identity, ago(100.01 + 3 * day))
        if wrote:
            books.order(identity, ago(20))
            investments.book(books.shop.pk, Booking(identity, "goods", 500, ago(100), "wish", str(number)))
    for _ in range(10):
        fresh = books.customer()
        Customer.objects.filter(pk=books.customer_of(fresh)).update(first_touch={"source": "google"})
        books.order(fresh, ago(30))
    books.order(books.customer(), ago(400))


def test_every_claim_is_answered_as_the_shop_was_made() -> None:
    books = Books(make_shop("claims", "EUR"))
    fill(books)
    friend = Identity.objects.get(pk=books.customer())
    books.order(friend.pk, ago(40))
    Customer.objects.filter(pk=friend.customer_id).update(first_touch={"source": "google"})
    code = referrals.find_code(referrals.code_of(books.shop.pk, friend.pk - 2, NOW_US))
    assert code is not None
    referrals.record_visit(code, friend.pk, ago(41))
    referrals.attribute(books.shop.pk, referrals.list_waiting(books.shop.pk, [friend.pk])[0].id, "o", ago(40))
    investing.change_terms(books.shop, Terms(0, {}, winning_minor={"google": 2000}), None, NOW)
    body = claims.refresh(books.shop, NOW).body
    assert kept_reports.find(books.shop.pk, claims.REPORT) is not None
    assert body["customers"] == 81
    assert [(each["from"], each["customers"], each["kept"]["share"]) for each in body["talk"]["parts"]] == [
        (0, 41, 0), (1, 10, 1), (2, 20, 1), (4, 10, 1),
    ]  # fmt: skip
    assert body["talk"]["now"]["low"] < 0 < body["talk"]["now"]["high"]
    assert body["talk"]["later"]["low"] > 0.5
    assert [each["customers"] for each in body["strength"]["parts"]] == [21, 20, 20, 20]
    worth = body["worth"]
    assert (worth["days"], worth["whole"], worth["share"]["number"], worth["people"]) == (182, 80, 40, 51)
    keep = (1 + float(books.shop.discount_year or Decimal(0))) ** (-182 / 365.25)
    by_hand = 51 * 1000 * sum(keep**t * (0.55**t - 0.5**t) for t in range(1, 11))
    assert worth["points"]["gain"] == pytest.approx(by_hand)
    google, card, invited = (
        next(row for row in body["sources"] if row["source"] == name) for name in ("google", "card", INVITED)
    )
    assert (invited["won"], invited["winning_minor"], invited["known"]) == (1, 0, 0)
    assert (google["won"], google["winning_minor"], google["known"], google["kept"]) == (10, 2000, 40, 40)
    assert list(google["keeping"]) == [500, 500, 500]
    assert (card["won"], card["winning_minor"], card["kept"], card["keeping"]) == (0, None, 0, None)


def test_what_others_than_people_say_and_other_shops_do_is_no_contact() -> None:
    books, other = Books(make_shop("mine", "EUR")), Books(make_shop("other", "EUR"))
    fill(other)
    for number in range(41):
        identity = books.customer()
        books.order(identity, ago(300 + number / 10))
    books.order(books.customer(), ago(1))
    books.page(identity, ago(120))
    books.mail(identity, ago(120))
    books.mail(identity, ago(121))
    told = Fact.objects.filter(shop_id=books.shop.pk, name="Email Received").order_by("id")
    assert claims.refresh(books.shop, NOW).body["talk"] is not None
    Fact.objects.filter(pk=told[0].pk).update(properties={"machine": True})
    browser, _ = sources.create_source(books.shop, "Site", sources.BROWSER)
    Fact.objects.filter(pk=told[1].pk).update(source_id=browser.pk)
    body = claims.refresh(books.shop, NOW).body
    assert body["customers"] == 41
    assert (body["talk"], body["worth"]["points"]) == (None, None), "nobody was kept or lost"


def test_a_shop_without_orders_has_an_empty_report_and_is_not_asked_for() -> None:
    shop = make_shop("none", "EUR")
    claims.ask_where_due(NOW)
    assert claims.find_job(shop) is None
    body = claims.refresh(shop, NOW).body
    assert body == {"customers": 0, "talk": None, "strength": None, "worth": None, "sources": None}
