"""Identities made in bulk for imports: one customer each, found again, and linked from the beginning of time."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kizuna.customers import identity, links, profiles, search
from kizuna.customers.identity import IdentityKind
from tests.shops import making

pytestmark = pytest.mark.django_db


def test_each_new_value_is_a_customer_of_its_own_and_a_known_one_is_found_again() -> None:
    shop = making.make_shop()
    first = identity.ensure(shop.pk, IdentityKind.USER_ID, ["17850", "007", "17850"], [300, 200, 100])
    again = identity.ensure(shop.pk, IdentityKind.USER_ID, ["007", "8"], [900, 50])
    assert first["007"] == again["007"]
    owners = links.customers_of(shop.pk, [*first.values(), *again.values()])
    assert len(set(owners.values())) == 3
    cards = profiles.cards(shop.pk, owners.values())
    assert {card.strongest_value for card in cards.values()} == {"17850", "007", "8"}
    assert cards[owners[first["007"]]].last_seen_us == 900


def test_the_first_link_counts_at_any_instant() -> None:
    shop = making.make_shop()
    made = identity.ensure(shop.pk, IdentityKind.USER_ID, ["a"], [10**15])
    identities, customers = links.columns(shop.pk, as_of_us=0)
    assert identities.tolist() == [made["a"]]
    assert customers.tolist() == links.columns(shop.pk, None)[1].tolist()


def test_addresses_are_one_identity_whatever_their_case_and_are_verified() -> None:
    shop = making.make_shop()
    made = identity.ensure(shop.pk, IdentityKind.EMAIL, ["Ann@Example.com", "ann@example.com"], [1, 2])
    assert len(set(made.values())) == 1
    [customer_id] = links.customers_of(shop.pk, made.values()).values()
    customer = profiles.find_customer(shop.pk, profiles.cards(shop.pk, [customer_id])[customer_id].public_id)
    assert customer is not None
    assert (customer.email, customer.email_verified) == ("ann@example.com", True)


def test_shops_are_strictly_apart() -> None:
    one, other = making.make_shop(), making.make_shop()
    mine = identity.ensure(one.pk, IdentityKind.USER_ID, ["1"], [1])
    theirs = identity.ensure(other.pk, IdentityKind.USER_ID, ["1"], [1])
    assert mine["1"] != theirs["1"]
    assert links.customers_of(one.pk, theirs.values()) == {}
    assert len(search.find_customers(one.pk, "1", 10)) == 1


def test_the_number_of_queries_does_not_grow_with_the_rows() -> None:
    shop = making.make_shop()
    with CaptureQueriesContext(connection) as few:
        identity.ensure(shop.pk, IdentityKind.USER_ID, ["x"], [1])
    with CaptureQueriesContext(connection) as many:
        identity.ensure(shop.pk, IdentityKind.USER_ID, [f"u{number}" for number in range(900)], [1] * 900)
    assert len(many) <= len(few) + 2
