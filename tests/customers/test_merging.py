"""Merging and taking it back: identities, profiles and search come out as they were, also after later events."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from kizuna.customers import identity, links, merging, profiles, search
from kizuna.customers.identity import Claims
from kizuna.customers.models import Customer
from kizuna.customers.profiles import ProfileChange
from kizuna.shops.models import Shop
from tests.conftest import examples
from tests.shops import making

pytestmark = pytest.mark.django_db
NOW = making.NOW


def known(shop: Shop, user: str, **said: str) -> int:
    [resolved] = identity.resolve(shop.pk, [Claims(1, user=user)], 1).each
    profiles.record(shop.pk, [(resolved.identity_id, ProfileChange(1, **said))])  # type: ignore[arg-type]
    return resolved.customer_id


def seen(shop: Shop, visitor: str, user: str | None = None) -> int:
    [resolved] = identity.resolve(shop.pk, [Claims(2, user=user, visitor=visitor)], 2).each
    return resolved.customer_id


def state(shop: Shop) -> list[tuple[object, ...]]:
    members = links.identities_of(shop.pk, Customer.objects.filter(shop=shop).values_list("id", flat=True))
    rows = Customer.objects.filter(shop=shop).order_by("id")
    fields = ("id", *profiles.FIELDS, "email_verified", "traits", "first_touch", "last_touch", "merged_into_id")
    return [(*row, members[row[0]]) for row in rows.values_list(*fields)]


def test_a_merge_unites_and_an_unmerge_restores() -> None:
    shop = making.make_shop()
    ann, anna = known(shop, "1", name="Ann", email="ann@example.com"), known(shop, "2", phone="+491701234567")
    before = state(shop)
    merged = merging.merge(shop.pk, ann, anna, None, NOW)
    assert merged.customer_ids == {ann, anna}
    card = profiles.cards(shop.pk, [ann, anna])
    assert list(card) == [ann]
    customer = Customer.objects.get(pk=ann)
    assert (customer.name, customer.phone) == ("Ann", "+491701234567")
    assert search.find_customers(shop.pk, "0170", 5) == []
    assert search.find_customers(shop.pk, "+49 170", 5) == [ann]
    lost = Customer.objects.get(pk=anna)
    assert profiles.find_customer(shop.pk, lost.public_id) == customer
    merging.unmerge(shop.pk, merged.merge_id, NOW)
    assert state(shop) == before
    assert search.find_customers(shop.pk, "+49 170", 5) == [anna]


def test_what_came_through_the_merged_one_since_goes_with_it_and_what_came_through_the_kept_one_stays() -> None:
    shop = making.make_shop()
    ann, bob = known(shop, "ann"), known(shop, "bob")
    merged = merging.merge(shop.pk, ann, bob, None, NOW)
    assert seen(shop, "anns-phone", "ann") == seen(shop, "bobs-phone", "bob") == ann
    [row] = identity.resolve(shop.pk, [Claims(3, user="bob", email="bob@example.com")], 3).each
    profiles.record(shop.pk, [(row.identity_id, ProfileChange(3, name="Bob"))])
    merging.unmerge(shop.pk, merged.merge_id, NOW)
    assert seen(shop, "anns-phone") == ann
    assert seen(shop, "bobs-phone") == bob
    assert [Customer.objects.get(pk=each).name for each in (ann, bob)] == ["", "Bob"]
    assert Customer.objects.get(pk=bob).email == "bob@example.com"


def test_merges_can_be_undone_in_any_order() -> None:
    shop = making.make_shop()
    a, b, c = known(shop, "a", name="A"), known(shop, "b", name="B"), known(shop, "c", name="C")
    before = state(shop)
    inner = merging.merge(shop.pk, b, c, None, NOW)
    outer = merging.merge(shop.pk, a, b, None, NOW)
    merging.unmerge(shop.pk, inner.merge_id, NOW)
    assert len(profiles.cards(shop.pk, [a, b, c])) == 2
    merging.unmerge(shop.pk, outer.merge_id, NOW)
    assert state(shop) == before


def test_what_cannot_be_merged_or_undone_is_refused() -> None:
    shop, other = making.make_shop(), making.make_shop()
    a, b, strange = known(shop, "a"), known(shop, "b"), known(other, "x")
    for pair in ((a, a), (a, strange), (strange, a)):
        with pytest.raises(merging.CannotMerge):
            merging.merge(shop.pk, *pair, None, NOW)
    merged = merging.merge(shop.pk, a, b, None, NOW)
    with pytest.raises(merging.CannotMerge):
        merging.merge(shop.pk, a, b, None, NOW)
    with pytest.raises(merging.CannotUnmerge):
        merging.unmerge(other.pk, merged.merge_id, NOW)
    merging.unmerge(shop.pk, merged.merge_id, NOW)
    with pytest.raises(merging.CannotUnmerge):
        merging.unmerge(shop.pk, merged.merge_id, NOW)


def test_the_same_address_said_of_two_is_suggested_once_and_can_be_declined() -> None:
    shop = making.make_shop()
    one, other = known(shop, "1", email="x@example.com"), known(shop, "2", email="x@example.com")
    for _ in range(2):
        merging.suggest_alike(shop.pk, [one, other], 5)
    [suggestion] = merging.list_suggestions(shop.pk, one, 10)
    assert (suggestion.reason, suggestion.evidence) == ("same_email", "x@example.com")
    assert merging.decline(shop.pk, suggestion.pk, NOW)
    assert not merging.decline(shop.pk, suggestion.pk, NOW)
    merging.suggest_alike(shop.pk, [one, other], 6)
    assert merging.list_suggestions(shop.pk, None, 10) == []
    assert merging.kept_apart(shop.pk, [one, other]) == {frozenset((one, other))}


def test_what_a_trusted_source_said_is_not_replaced_by_a_browser() -> None:
    shop = making.make_shop()
    customer = known(shop, "1", name="Ann")
    profiles.update(shop.pk, {customer: ProfileChange(99, trusted=False, name="Mallory", country="DE")})
    row = Customer.objects.get(pk=customer)
    assert (row.name, row.country) == ("Ann", "DE")
    profiles.update(shop.pk, {customer: ProfileChange(50, name="Anna")})
    assert Customer.objects.get(pk=customer).name == "Anna"


def test_searching_finds_by_the_beginning_of_anything() -> None:
    shop, other = making.make_shop(), making.make_shop()
    ann = known(shop, "K-1001", name="Ann Müller", email="ann.mueller@example.com", phone="+49 (170) 1234567")
    known(other, "K-1002", name="Ann Other")
    known(shop, "K-2", name="Anton Meyer")
    [row] = links.identities_of(shop.pk, [ann])[ann]
    search.add_order_numbers(shop.pk, {row: ["ORD-77", "536365"]})
    for text in ("ann mül", "MÜLLER", "mueller", "ann.mu", "example.com ann.", "4917012", "k-1001", "ord-7", "5363"):
        assert search.find_customers(shop.pk, text, 5) == [ann], text
    assert len(search.find_customers(shop.pk, "an", 5)) == 2
    for text in ("", "zzz", "ann meyer", "%", "K-1002"):
        assert search.find_customers(shop.pk, text, 5) == [], text
    search.index(shop.pk, [ann])
    assert search.find_customers(shop.pk, "536365", 5) == [ann]


fields_said = st.sampled_from(["name", "country", "email"])
steps = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]), st.sampled_from(["name", "country", "email"]), st.text("xyz", max_size=3)
    ),
    max_size=8,
)


class TestProperties(TestCase):
    @settings(max_examples=examples(40))
    @given(steps, st.permutations([0, 1, 2]))
    def test_merge_then_unmerge_is_the_identity(self, told: list[tuple[str, str, str]], order: list[int]) -> None:
        shop = making.make_shop()
        people = [known(shop, user) for user in "abc"]
        for at, (user, field, value) in enumerate(told, start=2):
            profiles.update(shop.pk, {people["abc".index(user)]: ProfileChange(at, **{field: value})})  # type: ignore[arg-type]
        before = state(shop)
        first, second, third = (people[number] for number in order)
        one = merging.merge(shop.pk, first, second, None, NOW)
        two = merging.merge(shop.pk, first, third, None, NOW)
        undo = [one.merge_id, two.merge_id] if order[0] % 2 else [two.merge_id, one.merge_id]
        for merge_id in undo:
            merging.unmerge(shop.pk, merge_id, NOW)
        assert state(shop) == before
