"""Who must not be written to is found however their address is spelled, and known by a hash only once erased."""

import pytest

from kizuna.outreach import suppression
from kizuna.outreach.suppression import Reason, Scope, Suppression
from tests.shops.making import make_shop

pytestmark = pytest.mark.django_db


def test_every_spelling_of_an_address_is_found() -> None:
    shop = make_shop()
    suppression.suppress(shop.pk, "anna@example.com", Reason.HARD_BOUNCE, Scope.ALL, 1)
    spelled = ["Anna@Example.com", "anna@example.com", " anna@example.com"]
    assert set(suppression.find(shop.pk, [*spelled, "bert@example.com"])) == set(spelled)
    suppression.forget_address(shop.pk, "ANNA@example.com")
    assert not Suppression.objects.exclude(address="").exists()
    assert set(suppression.find(shop.pk, spelled)) == set(spelled)
