"""What customers bought last: the product that opens a letter about it."""

from collections.abc import Collection

from django.db import connection

from kizuna.sales.rows import in_batches


def last_products(shop_id: int, identity_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """Read, by identity, when its last completed purchase was and the dearest named thing in it."""
    found: dict[int, tuple[int, str]] = {}
    for part, marks in in_batches(list(identity_ids)):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT o.identity_id, o.placed_us, l.name FROM sales_order o"  # noqa: S608
                " JOIN sales_orderline l ON l.order_id = o.id"
                f" WHERE o.shop_id = %s AND o.identity_id IN ({marks}) AND o.is_purchase AND o.state = 'completed'"
                " AND l.name <> '' ORDER BY o.placed_us, l.amount, l.id DESC",
                [shop_id, *part],
            )
            found.update((identity_id, (at_us, name)) for identity_id, at_us, name in cursor.fetchall())
    return found
