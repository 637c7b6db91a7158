"""Customers as columns: the country and the first campaign of everybody in a shop, for questions about groups."""

from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Everybody:
    """The customers of a shop, ascending by id; country and source are '' where they are not known."""

    customer_id: NDArray[np.int64]
    country: NDArray[np.object_]
    source: NDArray[np.object_]


def everybody(shop_id: int) -> Everybody:
    """Read every customer of a shop, those included whose identities went to another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, country, LOWER(COALESCE(first_touch ->> 'source', ''))"
            " FROM customers_customer WHERE shop_id = %s ORDER BY id",
            [shop_id],
        )
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return Everybody(
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=np.object_),
        np.array(columns[2], dtype=np.object_),
    )
