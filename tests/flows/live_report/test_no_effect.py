"""Where nothing has an effect the report finds none: by lot with repeated invitations, and against visitors alike."""

import numpy as np
import pytest

from kizuna.conversations.live.marks import Invited
from kizuna.flows.live_report import lot
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
