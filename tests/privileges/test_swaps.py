"""Two wishes that change places in the same moment: each gets its promise, neither waits for the other for ever."""

import threading
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from kizuna.privileges import capabilities
from kizuna.privileges.capabilities import Asked
from kizuna.privileges.models import CapabilityWeek
from tests.privileges.test_capabilities import NOW_US, make_entry
from tests.processes import PATIENCE_S
from tests.racing import together
from tests.shops.making import make_shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
SWAPS = 12


def test_two_wishes_that_swap_their_entries_never_deadlock() -> None:
    shop = make_shop()
    entries = [make_entry(shop, name, per_week=4).pk for name in ("Engraving", "Lacquer")]
    refs = [uuid4(), uuid4()]
    for ref, entry in zip(refs, entries, strict=True):
        with transaction.atomic():
            capabilities.promise(shop.pk, entry, Asked(ref), NOW_US)
    gate = threading.Barrier(2)

    def swap(ref: UUID, begins: int) -> int:
        for turn in range(1, SWAPS + 1):
            gate.wait(PATIENCE_S)
            try:
                with transaction.atomic():
                    held = capabilities.promise(shop.pk, entries[(begins + turn) % 2], Asked(ref), NOW_US)
            except BaseException:
                gate.abort()
                raise
        return held.capability_id

    assert list(together(lambda: swap(refs[0], 0), lambda: swap(refs[1], 1))) == entries
    assert list(CapabilityWeek.objects.order_by("capability_id").values_list("taken", flat=True)) == [1, 1]
