"""Merging, un-merging, suggestions, contacts and the folded time line, through the forms of the pages themselves."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kizuna.customers import links, merging, profiles
from kizuna.customers.models import Customer, Merge
from kizuna.relationships import lists
from kizuna.relationships.lists import Filters
from kizuna.tracking.models import Fact
from tests.web.console.shop_with_history import Place


@pytest.fixture
def pair(full: Place) -> tuple[Customer, Customer]:
    """Two placed customers of the shop."""
    first, second = (
        profiles.find_customer(full.shop.pk, dot.public_id)
        for dot in lists.list_dots(full.shop.pk, Filters(segments=("A",)), 2)
    )
    assert first is not None
    assert second is not None
    return first, second


def _identities(place: Place, customer: Customer) -> set[int]:
    return set(links.identities_of(place.shop.pk, [customer.pk])[customer.pk])


def test_a_chosen_customer_is_merged_and_parted_again(full: Place, pair: tuple[Customer, Customer]) -> None:
    kept, other = pair
    before = _identities(full, kept), _identities(full, other)
    orders = {each.pk: lists.find_standing(full.shop.pk, each.pk).orders for each in pair}  # type: ignore[union-attr]
    client, url = full.client("operator"), full.url(f"customers/{kept.public_id}/merge/")
    found = client.get(url, {"q": other.name}).content.decode()
    assert f"?other={other.public_id}" in found
    assert f"?other={kept.public_id}" not in client.get(url, {"q": kept.name}).content.decode()
    look = client.get(url, {"other": str(other.public_id)}).content.decode()
    assert other.name in look
    assert kept.name in look
    assert not Merge.objects.exists()
    client.post(url, {"other": str(other.public_id)})
    assert _identities(full, kept) == before[0] | before[1]
    standing = lists.find_standing(full.shop.pk, kept.pk)
    assert standing is not None
    assert standing.orders == sum(orders.values())
    [merge] = merging.list_merges(full.shop.pk, kept.pk)
    assert merge.person == full.people["operator"]
    undo = full.url(f"customers/merges/{merge.pk}/undo/")
    assert undo in client.get(full.url(f"customers/{kept.public_id}/")).content.decode()
    assert undo in client.get(full.url("customers/merges/")).content.decode()
    client.post(undo, {"back": str(kept.public_id)})
    assert (_identities(full, kept), _identities(full, other)) == before
    again = lists.find_standing(full.shop.pk, kept.pk)
    assert again is not None
    assert again.orders == orders[kept.pk]


def test_nobody_is_merged_with_themselves_or_a_stranger(
    full: Place, strange: Place, pair: tuple[Customer, Customer]
) -> None:
    kept, _ = pair
    theirs = lists.list_dots(strange.shop.pk, Filters(), 1)[0].public_id
    client, url = full.client(), full.url(f"customers/{kept.public_id}/merge/")
    assert client.post(url, {"other": str(theirs)}).status_code == 404
    assert client.post(url, {"other": "nobody"}).status_code == 404
    page = client.post(url, {"other": str(kept.public_id)}, follow=True).content.decode()
    assert "cannot be merged with itself" in page
    assert full.client("reader").post(url, {"other": str(pair[1].public_id)}).status_code == 403
    assert not Merge.objects.exists()


def test_suggestions_are_accepted_and_declined(full: Place, pair: tuple[Customer, Customer]) -> None:
    shop, (first, second) = full.shop, pair
    third = profiles.find_customer(shop.pk, lists.list_dots(shop.pk, Filters(segments=("D",)), 1)[0].public_id)
    assert third is not None
    pairs = [(first.pk, second.pk, "email", "the same e-mail"), (first.pk, third.pk, "phone", "the same phone")]
    merging.suggest(shop.pk, pairs, 0)
    by_reason = {each.reason: each.pk for each in merging.list_suggestions(shop.pk, None, 9)}
    client = full.client("operator")
    client.post(full.url(f"customers/merges/{by_reason['phone']}/decline/"), {"back": str(first.public_id)})
    assert not Merge.objects.exists()
    assert [each.reason for each in merging.list_suggestions(shop.pk, None, 9)] == ["email"]
    refused = full.client("specialist").post(full.url(f"customers/merges/{by_reason['email']}/accept/"))
    assert refused.status_code == 403
    client.post(full.url(f"customers/merges/{by_reason['email']}/accept/"))
    both = _identities(full, Customer.objects.get(pk=min(first.pk, second.pk)))
    assert len(both) >= 2
    assert Merge.objects.get().person == full.people["operator"]
    assert merging.list_suggestions(shop.pk, None, 9) == []


def test_a_contact_is_recorded_once_as_a_fact_of_the_customer(full: Place, pair: tuple[Customer, Customer]) -> None:
    customer, client = pair[0], full.client("specialist")
    url = full.url(f"customers/{customer.public_id}/contact/")
    nine_hours_ago = (datetime.now(UTC) - timedelta(hours=9)).astimezone(ZoneInfo(full.shop.timezone))
    said = {
        "kind": "Phone Call Received",
        "happened_at": nine_hours_ago.strftime("%Y-%m-%dT%H:%M"),
        "subject": "A wish",
        "note": "A teapot without a handle",
        "minutes": "7",
        "token": str(uuid.uuid4()),
    }
    wrong = client.post(url, {**said, "kind": "Smoke Signal"}).content.decode()
    assert 'aria-invalid="true"' in wrong
    for _ in range(2):
        client.post(url, said)
    fact = Fact.objects.get(shop_id=full.shop.pk, name="Phone Call Received", properties__subject="A wish")
    assert fact.identity_id in _identities(full, customer)
    assert fact.properties["minutes"] == 7
    history = client.get(full.url(f"customers/{customer.public_id}/history/"), {"channel": "phone"}).content.decode()
    assert "A wish" in history
    assert full.client("reader").post(url, said).status_code == 403


def test_page_views_of_one_visit_are_folded_and_all_reachable(full: Place, pair: tuple[Customer, Customer]) -> None:
    customer = pair[0]
    identity = min(_identities(full, customer))
    Fact.objects.filter(shop_id=full.shop.pk, identity_id__in=_identities(full, customer)).delete()
    sample = Fact.objects.filter(shop_id=full.shop.pk, name="Page Viewed").first()
    assert sample is not None
    noon = 1_760_000_000_000_000
    names = ["Page Viewed", "Product Viewed", "Product Added", "Page Viewed", "Email Received", "Page Viewed"]
    for step, name in enumerate(names):
        sample.pk, sample.identity_id, sample.name = None, identity, name
        sample.happened_us = noon + step * 4 * 60_000_000
        sample.message_id, sample.properties = f"step-{step}", {"title": f"Step {step}"}
        sample.save(force_insert=True)
    page = full.client().get(full.url(f"customers/{customer.public_id}/history/")).content.decode()
    assert page.count('class="entry is-visit"') == 1
    assert "3 pages, 1 put into the cart, 12 min" in page
    assert [f"Step {step}" in page for step in range(6)] == [True] * 6
    assert len(re.findall(r'class="entry ', page)) == 3 + page.count("is-order") + page.count("is-refund")
