"""Where a handful of customers stand, for pages of other rooms that show customers beside their own rows.

A figure of who must be retained first is made here, so that every list sorts by the same one.
"""

from collections.abc import Collection

from django.db.models import F

from kizuna.relationships.models import Standing

RANKS = {"A": 0, "B": 1, "C": 2, "D": 3, "": 4}


def find(shop_id: int, customer_ids: Collection[int]) -> dict[int, Standing]:
    """Find the standing of each of these customers, looked up by key."""
    rows = Standing.objects.annotate(bare_shop=F("shop_id") + 0).filter(bare_shop=shop_id, pk__in=customer_ids)
    return {row.pk: row for row in rows.select_related("customer")}


def ranks(shop_id: int, customer_ids: Collection[int]) -> dict[int, tuple[int, float]]:
    """Give a key per customer that sorts who must be retained first: the segment, then the stronger relationship."""
    rows = Standing.objects.annotate(bare_shop=F("shop_id") + 0).filter(bare_shop=shop_id, pk__in=customer_ids)
    told = rows.values_list("pk", "segment", "rf")
    return {pk: (RANKS.get(segment, 4), -(rf or 0.0)) for pk, segment, rf in told}
