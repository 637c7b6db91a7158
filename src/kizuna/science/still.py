"""Still a customer? When somebody counts as dormant, by likelihood or, in a small shop, by how long nothing came.

Here: the rule and its thresholds. Not here: the likelihood itself (pareto_nbd, mbg_nbd), how long a silence must be
(silence), and the words. Source: model, section 3 (dormant); the steps of certainty are ours.
"""

FEW_BUYERS = 50
DORMANT_BELOW = 0.3
_STEPS = (0.9, 0.7, DORMANT_BELOW, 0.1)


def certainty(likelihood: float) -> int:
    """How certain it is that somebody is still a customer, in five steps: 4 very likely, 2 hard to say, 0 hardly.

    The steps begin at .9, .7, .3 and .1; below .3 a customer is dormant.

    >>> [certainty(each) for each in (0.95, 0.9, 0.71, 0.3, 0.29, 0.05)]
    [4, 4, 3, 2, 1, 0]
    """
    return sum(likelihood >= step for step in _STEPS)


def is_dormant(likelihood: float | None, silent_days: float, buyers: int, quiet: int) -> bool:
    """Whether somebody is dormant: by likelihood, or with under 50 buyers or without an order (None) by silence.

    >>> is_dormant(0.29, 0, 50, 90), is_dormant(0.29, 80, 49, 90), is_dormant(None, 91, 500, 90)
    (True, False, True)
    """
    if likelihood is None or buyers < FEW_BUYERS:
        return silent_days > quiet
    return likelihood < DORMANT_BELOW
