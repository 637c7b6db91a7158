"""Stored stocks: additions commute, R is a maximum, and what is read is what was added."""

import random

import numpy as np
import pytest
from django.db import transaction

from kizuna.relationships import stocks
from kizuna.relationships.stocks import Change
from kizuna.science import stocks as science

pytestmark = pytest.mark.django_db
DAY = 86_400_000_000
START = 19_000 * DAY


def _changes(seed: int, count: int) -> list[Change]:
    rng = random.Random(seed)
    return [
        Change(
            rng.randint(1, 6), rng.choice("RFMVE"), START + rng.randint(0, 300 * DAY), rng.choice((1.0, -1.0, 250.0))
        )
        for _ in range(count)
    ]


def _expected(changes: list[Change], identity: int, factor: str) -> list[float]:
    return [
        sum(
            change.weight * 2 ** ((change.happened_us - science.LANDMARK_US) / (days * DAY))
            for change in changes
            if (change.identity_id, change.factor) == (identity, factor)
        )
        for days in science.HALF_LIVES
    ]


@pytest.mark.parametrize("cut", [1, 7, 400])
def test_any_order_and_any_cut_give_the_sums_of_the_definition(cut: int) -> None:
    changes = _changes(cut, 400)
    shuffled = changes[:]
    random.Random(1).shuffle(shuffled)
    for start in range(0, len(shuffled), cut):
        stocks.apply(3, shuffled[start : start + cut])
    stored = stocks.columns(3)
    for row, identity in enumerate(stored.identity_id.tolist()):
        bought = [each.happened_us for each in changes if (each.identity_id, each.factor) == (identity, "R")]
        assert stored.last_purchase_us[row] == max(bought, default=science.NO_PURCHASE)
        for factor in "FMVE":
            absolute = [Change(each.identity_id, each.factor, each.happened_us, abs(each.weight)) for each in changes]
            scale = np.array(_expected(absolute, identity, factor))
            off = np.abs(stored.sums[factor][row] - np.array(_expected(changes, identity, factor)))
            assert (off <= 1e-12 * scale).all()


def test_an_identity_without_purchase_reads_as_such_and_other_shops_are_not_read() -> None:
    stocks.apply(1, [Change(5, "V", START, 1)])
    stocks.apply(2, [Change(6, "R", START, 1)])
    stored = stocks.columns(1)
    assert stored.identity_id.tolist() == [5]
    assert stored.last_purchase_us.tolist() == [science.NO_PURCHASE]
    assert stored.sums["V"][0, 2] > 0
    assert not stored.sums["F"].any()


def test_an_earlier_purchase_never_lowers_the_last() -> None:
    stocks.apply(1, [Change(5, "R", START, 1)])
    stocks.apply(1, [Change(5, "R", START - DAY, 1)])
    assert stocks.columns(1, [5]).last_purchase_us.tolist() == [START]


def test_the_newer_purchase_wins_over_none() -> None:
    stocks.apply(1, [Change(5, "V", START, 1)])
    stocks.apply(1, [Change(5, "R", START, 1)])
    assert stocks.columns(1).last_purchase_us.tolist() == [START]


def test_replacing_writes_what_it_is_given_over_what_was_there() -> None:
    stocks.apply(1, _changes(3, 50))
    before = stocks.columns(1)
    stocks.apply(1, _changes(4, 50))
    stocks.restate(1, before)
    after = stocks.columns(1, before.identity_id.tolist())
    assert (after.last_purchase_us == before.last_purchase_us).all()
    assert all((after.sums[factor] == before.sums[factor]).all() for factor in "FMVE")


def test_a_factor_that_is_none_of_the_five_is_refused_before_anything_is_written() -> None:
    with pytest.raises(stocks.UnknownFactorError, match="'X'"), transaction.atomic():
        stocks.apply(1, [Change(5, "F", START, 1), Change(5, "X", START, 1)])
    assert not len(stocks.columns(1).identity_id)


def test_columns_come_in_portions_without_losing_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    from kizuna.relationships import bulk

    stocks.apply(1, [Change(identity, "F", START, identity) for identity in range(1, 24)])
    monkeypatch.setattr(bulk, "READ_ROWS", 5)
    assert stocks.columns(1).identity_id.tolist() == list(range(1, 24))
    assert stocks.columns_between(1, 4, 20).identity_id.tolist() == list(range(4, 20))
