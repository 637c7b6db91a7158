"""Who is one customer: late sign-in, two persons on one device, verified and unverified addresses, any order."""

from itertools import permutations

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from kizuna.customers import identity, links, merging
from kizuna.customers.identity import Claims
from kizuna.customers.models import Customer, Identity, IdentityKind, Link
from kizuna.shops.models import Shop
from tests.conftest import examples
from tests.shops import making

pytestmark = pytest.mark.django_db
NOW_US = 2_000_000


def tell(shop: Shop, *claims: Claims) -> list[identity.Resolved]:
    return identity.resolve(shop.pk, claims, NOW_US).each


def partition(shop: Shop) -> set[frozenset[str]]:
    """The customers as sets of readable identities; generations of a key are told by the user they are bound to."""
    found: dict[int, set[str]] = {}
    for row in Identity.objects.filter(shop=shop):
        name = f"{IdentityKind(row.kind).name[0]}:{row.key}" + (f"/{row.bound_user}" if row.bound_user else "")
        found.setdefault(row.customer_id, set()).add(name)
    return {frozenset(each) for each in found.values()}


def suggested(shop: Shop) -> list[str]:
    return sorted(row.reason for row in merging.list_suggestions(shop.pk, None, 100))


def test_a_visitor_who_signs_in_becomes_known_and_keeps_its_customer() -> None:
    shop = making.make_shop()
    [first] = tell(shop, Claims(1, visitor="v"))
    [signed_in] = tell(shop, Claims(2, user="u", visitor="v"))
    assert signed_in.customer_id == first.customer_id
    assert signed_in.visitor_identity_id == first.identity_id != signed_in.identity_id
    assert partition(shop) == {frozenset({"U:u", "V:v/u"})}


def test_a_late_sign_in_moves_the_visitor_to_the_known_customer_with_a_dated_link() -> None:
    shop = making.make_shop()
    [known] = tell(shop, Claims(1, user="u"))
    [visitor] = tell(shop, Claims(5, visitor="v"))
    [signed_in] = tell(shop, Claims(9, user="u", visitor="v"))
    assert signed_in.customer_id == known.customer_id != visitor.customer_id
    assert dict(zip(*(column.tolist() for column in links.columns(shop.pk, 8)), strict=True)) == {
        known.identity_id: known.customer_id,
        visitor.identity_id: visitor.customer_id,
    }
    assert set(links.columns(shop.pk, 9)[1].tolist()) == {known.customer_id}
    assert Customer.objects.get(pk=visitor.customer_id).merged_into_id == known.customer_id


def test_two_people_on_one_device_never_mix() -> None:
    shop = making.make_shop()
    claims = [("ann", 1), (None, 2), ("bob", 3), (None, 4), ("ann", 5), (None, 6)]
    each = tell(shop, *(Claims(at, user=user, visitor="tablet") for user, at in claims))
    assert partition(shop) == {frozenset({"U:ann", "V:tablet/ann"}), frozenset({"U:bob", "V:tablet/bob"})}
    owners = [resolved.customer_id for resolved in each]
    assert owners[0] == owners[1] == owners[4] == owners[5] != owners[2] == owners[3]
    values = set(Identity.objects.filter(shop=shop, kind=IdentityKind.VISITOR).values_list("value", flat=True))
    assert values == {"tablet", "tablet~2"}


def test_a_key_that_looks_like_a_generation_is_not_one() -> None:
    shop = making.make_shop()
    tell(shop, Claims(1, visitor="k~2"), Claims(2, user="a", visitor="k"), Claims(3, user="b", visitor="k"))
    assert partition(shop) == {frozenset({"V:k~2"}), frozenset({"U:a", "V:k/a"}), frozenset({"U:b", "V:k/b"})}


def test_a_verified_address_merges_who_is_known_by_nothing_stronger_and_that_can_be_undone() -> None:
    shop = making.make_shop()
    [guest] = tell(shop, Claims(1, email="ann@example.com"))
    [known] = tell(shop, Claims(2, user="u"))
    tell(shop, Claims(3, user="u", email="ann@example.com"))
    assert partition(shop) == {frozenset({"U:u", "E:ann@example.com"})}
    [merge] = merging.list_merges(shop.pk, known.customer_id)
    assert (merge.merged_id, merge.cause) == (guest.customer_id, "verified_email")
    merging.unmerge(shop.pk, merge.pk, making.NOW)
    assert len(partition(shop)) == 2
    tell(shop, Claims(4, user="u", email="ann@example.com"))
    assert len(partition(shop)) == 2, "a rule must not merge again what a person has parted"


def test_two_user_ids_are_never_merged_but_suggested() -> None:
    shop = making.make_shop()
    tell(shop, Claims(1, user="a", email="x@example.com"), Claims(2, user="b", email="x@example.com"))
    tell(shop, Claims(3, user="a", phone="+49170"), Claims(4, user="b", phone="+49170"))
    assert partition(shop) == {frozenset({"U:a", "E:x@example.com", "P:+49170"}), frozenset({"U:b"})}
    assert suggested(shop) == ["same_email"]


def test_a_shared_phone_does_not_merge_two_addresses() -> None:
    shop = making.make_shop()
    tell(shop, Claims(1, email="a@example.com", phone="+49170"), Claims(2, email="b@example.com", phone="+49170"))
    assert len(partition(shop)) == 2
    assert suggested(shop) == ["same_phone"]


def test_two_verified_addresses_on_one_device_stay_two() -> None:
    shop = making.make_shop()
    tell(shop, Claims(1, email="a@example.com", visitor="v"), Claims(2, email="b@example.com", visitor="v"))
    assert len(partition(shop)) == 2


def test_an_alias_links_the_former_visitor_and_only_suggests_between_user_ids() -> None:
    shop = making.make_shop()
    tell(shop, Claims(1, visitor="v"), Claims(2, user="u", visitor="v", is_alias=True))
    assert partition(shop) == {frozenset({"U:u", "V:v/u"})}
    tell(shop, Claims(3, user="w"), Claims(4, user="u", visitor="w", is_alias=True))
    assert partition(shop) == {frozenset({"U:u", "V:v/u"}), frozenset({"U:w"})}
    assert suggested(shop) == ["alias"]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_identify_and_pages_give_one_customer_in_any_order(order: tuple[int, ...]) -> None:
    shop = making.make_shop()
    told = [
        Claims(1, visitor="v"),
        Claims(2, user="u", visitor="v"),
        Claims(3, user="u", visitor="w"),
        Claims(4, user="u", email="u@example.com"),
    ]
    for number in order:
        tell(shop, told[number])
    assert partition(shop) == {frozenset({"U:u", "V:v/u", "V:w/u", "E:u@example.com"})}


def test_a_portion_costs_few_queries_however_many_claims(django_assert_max_num_queries: object) -> None:
    shop = making.make_shop()
    claims = [Claims(number, visitor=f"v{number}") for number in range(300)]
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        tell(shop, *claims)
    lock = 1 if connection.vendor == "postgresql" else 0  # taken before anything is read; SQLite has its write lock
    with django_assert_max_num_queries(3 + lock):  # type: ignore[operator]
        tell(shop, *claims)


events = st.lists(
    st.tuples(st.sampled_from(["u1", "u2", None]), st.sampled_from(["v1", "v2", "v3"]), st.booleans()),
    min_size=1,
    max_size=10,
)


class TestProperties(TestCase):
    @settings(max_examples=examples(50))
    @given(events, st.randoms(use_true_random=False), st.integers(1, 10))
    def test_known_facts_come_to_the_same_partition_in_any_order_and_portion(
        self, told: list[tuple[str | None, str, bool]], random: object, size: int
    ) -> None:
        claims = [
            Claims(at, user, f"{user}@example.com" if user and vouched else None, None, visitor)
            for at, (user, visitor, vouched) in enumerate(told, start=1)
        ]
        mixed = list(claims)
        random.shuffle(mixed)  # type: ignore[attr-defined]
        one, other = making.make_shop(), making.make_shop()
        for claim in claims:
            tell(one, claim)
        for start in range(0, len(mixed), size):
            tell(other, *mixed[start : start + size])
        assert partition(one) == partition(other)
        for shop in (one, other):
            open_links = Link.objects.filter(shop=shop, to_us=None)
            assert dict(open_links.values_list("identity_id", "customer_id")) == dict(
                Identity.objects.filter(shop=shop).values_list("id", "customer_id")
            )
