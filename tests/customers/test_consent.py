"""Consent: the newest word per purpose holds over all identities of a customer; silence is no word."""

import pytest

from kizuna.customers import consent, identity, merging
from kizuna.customers.consent import Decision
from kizuna.customers.identity import Claims
from tests.shops import making

pytestmark = pytest.mark.django_db


def test_the_newest_word_holds_and_follows_a_merge_there_and_back() -> None:
    shop = making.make_shop()
    one, other = identity.resolve(shop.pk, [Claims(1, user="1"), Claims(1, user="2")], 1).each
    consent.record(shop.pk, [Decision(one.identity_id, "email_marketing", True, 10, {"form": "checkout"})])
    consent.record(shop.pk, [Decision(other.identity_id, "email_marketing", False, 20)])
    both = [one.customer_id, other.customer_id]
    assert [consent.current(shop.pk, each)["email_marketing"].granted for each in both] == [True, False]
    assert "analytics" not in consent.current(shop.pk, one.customer_id)
    merged = merging.merge(shop.pk, one.customer_id, other.customer_id, None, making.NOW)
    assert consent.current(shop.pk, one.customer_id)["email_marketing"].granted is False
    merging.unmerge(shop.pk, merged.merge_id, making.NOW)
    held = consent.current(shop.pk, one.customer_id)["email_marketing"]
    assert (held.granted, held.evidence) == (True, {"form": "checkout"})
