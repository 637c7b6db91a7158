"""Where nothing has an effect the report finds none: by lot with repeated invitations, and against visitors alike."""

import numpy as np
import pytest

from kizuna.conversations.live.marks import Invited
from kizuna.flows.live_report import loss, lot
from kizuna.flows.live_report.loss import Moments
from kizuna.flows.live_report.lot import Draw
from kizuna.science.periods import DAY_US
from tests.flows.live_report import no_effect

FROM_US, TO_US = 60 * DAY_US, 67 * DAY_US


def drawn_by_lot(seed: int, people: int = 1500, share: float = 0.5) -> dict[str, object]:
    invited, money = no_effect.invite(np.random.default_rng(seed), people, share, TO_US)
    everybody = lot.own(no_effect.first_of_keys(invited), {}, money)
    return lot.by_lot(everybody, Draw(FROM_US, TO_US, share), money)


def covers(told: dict[str, float]) -> bool:
    return told["low"] < 0 < told["high"]


def test_who_is_invited_again_does_not_pass_for_an_effect() -> None:
    told = [drawn_by_lot(seed, 900) for seed in range(8)]
    assert not any(each["odd"] for each in told)
    for figure in ("bought", "profit"):
        assert sum(covers(each[figure]) for each in told) >= 6


@pytest.mark.parametrize(("invited", "held", "odd"), [(352, 348, False), (300, 420, True), (420, 300, True)])
def test_numbers_that_do_not_fit_the_share_are_called_odd(invited: int, held: int, *, odd: bool) -> None:
    people = invited + held
    rows = [Invited(f"v{each}", each + 1, each < held, FROM_US + 1 + each, accepted=False) for each in range(people)]
    money = no_effect.buy(np.random.default_rng(1), np.full(people, 0.2), TO_US)
    drawn = lot.own(rows, {}, money)
    told = lot.by_lot(drawn, Draw(FROM_US, TO_US, 0.5), money)
    assert (told["invited"], told["held"], told["odd"]) == (invited, held, odd)
    assert not lot.by_lot(drawn, Draw(FROM_US, TO_US, 0.0), money)["odd"]


@pytest.mark.long
@pytest.mark.parametrize("share", [0.5, 0.1])
def test_without_effect_the_lot_finds_one_as_seldom_as_it_says(share: float) -> None:
    told = [drawn_by_lot(seed, 3000, share) for seed in range(60)]
    for figure in ("bought", "profit"):
        assert sum(not covers(each[figure]) for each in told) <= 8
    assert not any(each["odd"] for each in told)


def against_alike(seed: int, people: int, days: int, chats: float) -> tuple[dict[str, float], dict[str, float]]:
    served, around, money = no_effect.write(np.random.default_rng(seed), people, days, chats)
    told = loss.against_alike(served, around, money)
    assert told is not None
    return told["profit"], told["bought"]


def pooled(told: list[dict[str, float]]) -> float:
    """How far several differences together lie from nothing, in standard errors."""
    errors = [(each["high"] - each["low"]) / 3.92 for each in told]
    return sum(each["difference"] for each in told) / sum(each**2 for each in errors) ** 0.5


def test_who_writes_often_does_not_pass_for_an_effect() -> None:
    """Others who write later stay among the others."""
    for figure in zip(*(against_alike(seed, 900, 28, 0.3) for seed in range(8)), strict=True):
        assert abs(pooled(list(figure))) < 2.0
        assert sum(covers(each) for each in figure) >= 6


@pytest.mark.parametrize(("after_days", "matched"), [(0, 12), (2, None)])
def test_nobody_is_looked_at_whose_days_after_are_not_over(after_days: int, matched: int | None) -> None:
    settled_us = 70 * DAY_US + 2 * DAY_US
    money = no_effect.buy(np.random.default_rng(1), np.zeros(24), settled_us + loss.AFTER_US)
    served = Moments(np.arange(1, 13), np.full(12, settled_us - 1))
    visits = np.arange(1, 25), np.r_[served.at_us - 1, np.full(12, settled_us + after_days * DAY_US)]
    told = loss.against_alike(served, loss.Around(served, visits, settled_us), money)
    assert (None if told is None else told["profit"]["matched"]) == matched


@pytest.mark.long
@pytest.mark.parametrize(("people", "days", "chats"), [(150, 28, 0.1), (150, 91, 0.3), (1000, 28, 0.05)])
def test_without_effect_others_alike_show_one_as_seldom_as_they_say(people: int, days: int, chats: float) -> None:
    for figure in zip(*(against_alike(seed, people, days, chats) for seed in range(80)), strict=True):
        assert abs(pooled(list(figure))) < 2.6
        assert sum(not covers(each) for each in figure) <= 10
