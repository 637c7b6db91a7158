"""What is learned of customers, and what follows: the fact that they said it themselves, and a look at their stage.

What is known lives in knowledge.learned; that text is kept only there, so that forgetting it forgets it everywhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kizuna.customers import links
from kizuna.flows import happenings, stages
from kizuna.flows.happenings import Happening
from kizuna.knowledge import learned
from kizuna.knowledge.learned import Learned, LearnedView, LessonSource

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

__all__ = ["Learned", "LessonSource"]


@transaction.atomic
def learn(shop: "Shop", told: Learned, person: "Person | None", now_us: int) -> LearnedView:
    """Remember something of a customer, once however often it is told. Raises tenants.Refused."""
    links.lock(shop.pk)
    view, is_new = learned.learn(shop.pk, replace(told, person_id=None if person is None else person.pk), now_us)
    if is_new and told.source == LessonSource.CUSTOMER:
        _tell(shop, view, now_us)
    _review(shop, [view.identity_id], now_us)
    return view


@transaction.atomic
def confirm(shop: "Shop", customer_id: int, public_id: UUID, person: "Person | None", now_us: int) -> LearnedView:
    """Note that something still holds, by the customer where no person says so. Raises learned.NotThere."""
    links.lock(shop.pk)
    view = learned.confirm(shop.pk, _identities(shop, customer_id), public_id, person is None, now_us)
    _review(shop, [view.identity_id], now_us)
    return view


@transaction.atomic
def correct(
    shop: "Shop", customer_id: int, public_id: UUID, told: Learned, person: "Person | None", now_us: int
) -> LearnedView:
    """Replace something by how it really is. Raises learned.NotThere and tenants.Refused."""
    links.lock(shop.pk)
    source = LessonSource.CUSTOMER if person is None else LessonSource.OPERATOR
    said = replace(told, source=source, person_id=None if person is None else person.pk)
    view = learned.correct(shop.pk, _identities(shop, customer_id), public_id, said, now_us)
    if person is None:
        _tell(shop, view, now_us)
    _review(shop, [view.identity_id], now_us)
    return view


@transaction.atomic
def forget(shop: "Shop", customer_id: int, public_id: UUID, now_us: int) -> None:
    """Delete something for good. Raises learned.NotThere."""
    learned.forget(shop.pk, _identities(shop, customer_id), public_id, now_us)


def _identities(shop: "Shop", customer_id: int) -> list[int]:
    return links.identities_of(shop.pk, [customer_id])[customer_id]


def _tell(shop: "Shop", view: LearnedView, now_us: int) -> None:
    """That the customer said what they prefer is a fact; what it is stays where it can be deleted."""
    key = f"learned-{view.public_id}"
    happenings.record(shop, Happening("Preference Stated", view.identity_id, now_us, key, {"topic": view.kind}), now_us)


def _review(shop: "Shop", identity_ids: Sequence[int], now_us: int) -> None:
    stages.review(shop, links.customers_of(shop.pk, identity_ids).values(), now_us)
