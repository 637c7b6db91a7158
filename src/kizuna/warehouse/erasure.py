"""Identities that are to be in no file: gone for every reader at once, done when the last file that held them is gone.

Only the numbers of identities are kept here. Rewriting the files is the flows' job.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from kizuna.warehouse.models import Erased

type Ints = NDArray[np.int64]


def note(shop_id: int, identity_ids: Collection[int], now_us: int) -> None:
    """Note that identities are erased; asked again for one that is done, its files are looked through again."""
    Erased.objects.bulk_create(
        [Erased(shop_id=shop_id, identity_id=number, asked_us=now_us) for number in sorted(set(identity_ids))],
        update_conflicts=True,
        unique_fields=["shop_id", "identity_id"],
        update_fields=["asked_us", "cleaned_us", "done_us"],
        batch_size=500,
    )


def list_erased(shop_id: int) -> Ints:
    """List every identity ever erased: none of them is written into a file again."""
    return _numbers(shop_id)


def list_uncleaned(shop_id: int) -> Ints:
    """List those that a live segment may still hold."""
    return _numbers(shop_id, cleaned_us=None)


def list_waiting(shop_id: int) -> Ints:
    """List those that any file may still hold, retired ones too."""
    return _numbers(shop_id, done_us=None)


def note_cleaned(shop_id: int, identity_ids: Collection[int], now_us: int) -> None:
    """Note that no live segment holds them any more."""
    _mark(shop_id, identity_ids, cleaned_us=now_us)


def note_done(shop_id: int, identity_ids: Collection[int], now_us: int) -> None:
    """Note that no file at all holds them any more."""
    _mark(shop_id, identity_ids, done_us=now_us)


def _mark(shop_id: int, identity_ids: Collection[int], **when: int) -> None:
    numbers = [int(number) for number in identity_ids]
    for start in range(0, len(numbers), 5_000):
        Erased.objects.filter(shop_id=shop_id, identity_id__in=numbers[start : start + 5_000]).update(**when)


def _numbers(shop_id: int, **which: None) -> Ints:
    found = Erased.objects.filter(shop_id=shop_id, **which).order_by("identity_id")
    return np.fromiter(found.values_list("identity_id", flat=True).iterator(20_000), dtype=np.int64)
