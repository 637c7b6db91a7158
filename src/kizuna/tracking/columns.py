"""The journal and the visits as columns: whose and when, for everything that is reckoned from facts.

Read-only, in no promised order except where a function says so.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from kizuna.tracking.models import Fact, Visit

type Ints = NDArray[np.int64]

_CHUNK = 20_000
_PAIR = np.dtype([("identity", np.int64), ("at", np.int64)])


def email_columns(shop_id: int, until_us: int | None) -> tuple[Ints, Ints]:
    """Read the mails that count for E, up to and including an instant."""
    rows = _until(Fact.objects.filter(shop_id=shop_id, counts_email=True), until_us)
    return _pairs(rows.values_list("identity_id", "happened_us"))


def indicator_columns(
    shop_id: int, event_names: Sequence[str], direction: int | None, until_us: int | None
) -> tuple[Ints, Ints]:
    """Read the facts of these names, in one direction or both."""
    rows = _until(Fact.objects.filter(shop_id=shop_id, name__in=list(event_names)), until_us)
    rows = rows if direction is None else rows.filter(direction=direction)
    return _pairs(rows.values_list("identity_id", "happened_us"))


def message_ids(shop_id: int, event_name: str, from_us: int) -> set[str]:
    """Read which messages told of facts of a name, from an instant on."""
    rows = Fact.objects.filter(shop_id=shop_id, name=event_name, happened_us__gte=from_us)
    return set(rows.values_list("message_id", flat=True).iterator(_CHUNK))


def visit_columns(shop_id: int, until_us: int | None) -> tuple[Ints, Ints]:
    """Read the visits by their first page, up to and including an instant."""
    rows = Visit.objects.filter(shop_id=shop_id)
    rows = rows if until_us is None else rows.filter(first_us__lte=until_us)
    return _pairs(rows.values_list("identity_id", "first_us"))


def page_activity_columns(shop_id: int) -> tuple[Ints, Ints]:
    """Read the page activity of visitor keys, from which visits are cut; whoever the fact itself belongs to."""
    rows = Fact.objects.filter(shop_id=shop_id, is_page_activity=True, visitor_id__isnull=False)
    return _pairs(rows.values_list("visitor_id", "happened_us"))


def last_fact_us(shop_id: int) -> int | None:
    """Find when the last fact of a shop happened."""
    return Fact.objects.filter(shop_id=shop_id).order_by("-happened_us").values_list("happened_us", flat=True).first()


def visit_rows(shop_id: int, from_identity: int, to_identity: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Read the visits of identities in [from, to): whose, first and last page, number of pages."""
    rows = Visit.objects.filter(shop_id=shop_id, identity_id__gte=from_identity, identity_id__lt=to_identity)
    values = rows.values_list("identity_id", "first_us", "last_us", "pages").iterator(_CHUNK)
    table = np.fromiter(values, dtype=np.dtype([(name, np.int64) for name in ("identity", "first", "last", "pages")]))
    return table["identity"].copy(), table["first"].copy(), table["last"].copy(), table["pages"].copy()


def replace_visits(shop_id: int, from_identity: int, to_identity: int, visits: tuple[Ints, Ints, Ints, Ints]) -> None:
    """Store the visits of identities in [from, to) as given, in place of those there are."""
    Visit.objects.filter(shop_id=shop_id, identity_id__gte=from_identity, identity_id__lt=to_identity).delete()
    rows = zip(*(column.tolist() for column in visits), strict=True)
    Visit.objects.bulk_create(
        (Visit(shop_id=shop_id, identity_id=a, first_us=b, last_us=c, pages=d) for a, b, c, d in rows), batch_size=1000
    )


def _until(rows: QuerySet[Fact], until_us: int | None) -> QuerySet[Fact]:
    return rows if until_us is None else rows.filter(happened_us__lte=until_us)


def _pairs(rows: QuerySet[Any, Any]) -> tuple[Ints, Ints]:
    pairs: Iterable[tuple[int, int]] = rows.iterator(_CHUNK)
    table = np.fromiter(pairs, dtype=_PAIR)
    return table["identity"].copy(), table["at"].copy()
