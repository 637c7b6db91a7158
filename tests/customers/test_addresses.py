"""Whose mailbox an address is: what a browser says of somebody opens no door and closes nobody's."""

import pytest

from kizuna.customers import addresses, erasing, identity, profiles
from kizuna.customers.identity import IdentityKind
from kizuna.customers.models import Identity
from kizuna.customers.profiles import ProfileChange
from tests.shops.making import make_shop

pytestmark = pytest.mark.django_db
NOW_US = 1_790_000_000_000_000


@pytest.fixture
def anna():
    """A customer of the shop, known by a user id only."""
    shop = make_shop()
    return shop, identity.ensure(shop.pk, IdentityKind.USER_ID, ["anna"], [NOW_US])["anna"]


def say(shop, identity_id, email, *, trusted):
    profiles.record(shop.pk, [(identity_id, ProfileChange(NOW_US, trusted=trusted, email=email))])


def test_an_address_that_only_a_browser_said_lets_nobody_in(anna):
    shop, identity_id = anna
    say(shop, identity_id, "mallory@evil.example", trusted=False)
    assert addresses.find_identity(shop.pk, "mallory@evil.example") is None
    say(shop, identity_id, "anna@example.com", trusted=True)
    assert addresses.find_identity(shop.pk, "anna@example.com") == identity_id


def test_who_is_erased_takes_nobody_elses_address_along(anna):
    shop, identity_id = anna
    customer_id = Identity.objects.get(pk=identity_id).customer_id
    say(shop, identity_id, "bert@example.com", trusted=False)
    assert erasing.list_addresses(shop.pk, customer_id) == []
    say(shop, identity_id, "bert@example.com", trusted=True)
    assert erasing.list_addresses(shop.pk, customer_id) == ["bert@example.com"]
    identity.ensure(shop.pk, IdentityKind.EMAIL, ["bert@example.com"], [NOW_US])
    assert erasing.list_addresses(shop.pk, customer_id) == []


def test_an_address_is_found_however_its_letters_were_written(anna):
    shop, identity_id = anna
    say(shop, identity_id, " Anna@Example.COM ", trusted=True)
    assert addresses.find_identity(shop.pk, "anna@example.com") == identity_id
    assert addresses.find_identity(shop.pk, "ANNA@example.com") == identity_id
