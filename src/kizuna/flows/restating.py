"""Stocks of identities whose orders were corrected, reckoned anew from their orders and refunds.

Taking an old weight away would leave rounding of its size behind, which outlasts what is left; a fresh sum does not.
"""

from collections.abc import Collection

import numpy as np

from kizuna.relationships import stocks
from kizuna.relationships.stocks import StockColumns
from kizuna.sales import ledger
from kizuna.science.stocks import NO_PURCHASE, accumulate


def restate(shop_id: int, identity_ids: Collection[int]) -> None:
    """Write R, F and M of identities as their orders and refunds say now; the caller holds the transaction."""
    if not identity_ids:
        return
    owners = np.array(sorted(identity_ids), dtype=np.int64)
    rows = ledger.columns_of(shop_id, identity_ids)
    bought = rows.order_is_purchase
    buyers = np.searchsorted(owners, rows.order_identity)
    last = np.full(len(owners), NO_PURCHASE)
    np.maximum.at(last, buyers[bought], rows.order_us[bought])
    money = np.concatenate((rows.order_revenue, -rows.refund_revenue)).astype(np.float64)
    spenders = np.concatenate((buyers, np.searchsorted(owners, rows.refund_identity)))
    sums = {
        "F": accumulate(buyers[bought], rows.order_us[bought], np.ones(int(bought.sum())), len(owners)),
        "M": accumulate(spenders, np.concatenate((rows.order_us, rows.refund_us)), money, len(owners)),
    }
    stocks.restate(shop_id, StockColumns(owners, last, sums))
