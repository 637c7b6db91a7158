"""Identities that are to be in no file: gone for every reader at once, done when the last file that held them is gone.

Only the numbers of identities are kept here. Rewriting the files is the flows' job.
"""

from collections.abc import Collection, Sequence

import numpy as np
from django.db.models import Max
from numpy.typing import NDArray

from kizuna.warehouse.models import Erased

type Ints = NDArray[np.int64]


def note(shop_id: int, identity_ids: Collection[int], now_us: int) -> None:
    """Note that identities are erased; asked again for one that is done, its files are looked through again."""
    Erased.objects.bulk_create(
        [Erased(shop_id=shop_id, identity_id=number, asked_us=now_us) for number in sorted(set(identity_ids))],
        update_conflicts=True,
        unique_fields=["shop_id", "identity_id"],
        update_fields=["asked_us", "cleaned_serial", "done_us"],
        batch_size=500,
    )


def list_erased(shop_id: int) -> Ints:
    """List every identity ever erased: none of them is written into a file again."""
    return _numbers(shop_id)


def list_uncleaned(shop_id: int) -> Ints:
    """List those that a live segment may still hold."""
    return _numbers(shop_id, cleaned_serial=None)


def list_waiting(shop_id: int) -> Ints:
    """List those that any file may still hold, retired ones too."""
    return _numbers(shop_id, done_us=None)


def last_asked_us(shop_id: int) -> int:
    """Give when an erasure was last asked for; 0 where none ever was."""
    return Erased.objects.filter(shop_id=shop_id).aggregate(last=Max("asked_us"))["last"] or 0


def note_cleaned(shop_id: int, identity_ids: Sequence[int], last_serial: int) -> None:
    """Note that no live segment holds them any more, and none will after this one."""
    for start in range(0, len(identity_ids), 5_000):
        part = identity_ids[start : start + 5_000]
        Erased.objects.filter(shop_id=shop_id, identity_id__in=part).update(cleaned_serial=last_serial)


def note_done(shop_id: int, oldest_retired: int | None, now_us: int) -> None:
    """Note those done that no file can hold any more, as the oldest retired segment is younger than their cleaning."""
    cleaned = Erased.objects.filter(shop_id=shop_id, done_us=None, cleaned_serial__isnull=False)
    if oldest_retired is not None:
        cleaned = cleaned.filter(cleaned_serial__lt=oldest_retired)
    cleaned.update(done_us=now_us)


def look_again(shop_id: int) -> None:
    """Look through the files for every erased identity again, because other files took the place of all."""
    Erased.objects.filter(shop_id=shop_id).update(cleaned_serial=None, done_us=None)


def _numbers(shop_id: int, **which: None) -> Ints:
    found = Erased.objects.filter(shop_id=shop_id, **which).order_by("identity_id")
    return np.fromiter(found.values_list("identity_id", flat=True).iterator(20_000), dtype=np.int64)
