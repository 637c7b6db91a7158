"""An order's revenue and net profit shared out over its lines, to the last minor unit."""

from collections.abc import Sequence

type Line = tuple[int, int | None]
"""What was paid for it in any unit, and its cost in the shop's minor units where it is known."""


def share(total: int, weights: Sequence[int]) -> list[int]:
    """Cut a whole number into parts in proportion to weights; the parts add up to it exactly.

    Cumulative rounding: part i = [total W_i / W] - [total W_(i-1) / W], W_i the sum of the first i weights, [] to the
    nearest, half up. Without any positive sum the parts are as equal as can be.

    >>> share(100, [1, 1, 1]), share(-7, [2, 5]), share(5, [0, 0])
    ([33, 34, 33], [-2, -5], [3, 2])
    """
    whole = sum(weights)
    if whole <= 0:
        weights = [1] * len(weights)
        whole = len(weights)
    parts, before, upto = [], 0, 0
    for weight in weights:
        upto += weight
        reached = (2 * total * upto + whole) // (2 * whole)
        parts.append(reached - before)
        before = reached
    return parts


def share_order(revenue: int, profit: int, goods_cost: int, lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Give (revenue, net profit) of every line; both add up to the order's.

    A line bears its own cost where it is known; what else the goods cost falls on the others, and payment, shipping
    and marketing on all, in proportion to revenue.

    >>> share_order(300, 80, 200, [(100, 50), (200, None)])
    [(100, 43), (200, 37)]
    """
    paid = [amount for amount, _ in lines]
    revenues = share(revenue, paid)
    known = [cost or 0 for _, cost in lines]
    unknown = [amount if cost is None else 0 for amount, cost in lines]
    elsewhere = goods_cost - sum(known) if any(cost is None for _, cost in lines) else 0
    if elsewhere and not any(unknown):
        unknown = [int(cost is None) for _, cost in lines]
    costs = [own + more for own, more in zip(known, share(elsewhere, unknown), strict=True)]
    others = share(revenue - sum(costs) - profit, paid)
    return [(part, part - cost - other) for part, cost, other in zip(revenues, costs, others, strict=True)]
