"""Choice by holdout: the model that made the data is among the best, and the words say what happened."""

import numpy as np
import pytest

from kizuna.science import choice
from kizuna.science.choice import choose
from kizuna.science.histories import from_days
from tests.conftest import SHARED, need
from tests.science import cdnow


def shop(random, customers, days, leaves):
    """Purchases of customers at Gamma rates who leave after each purchase with a probability of their own, or never."""
    who, when = [], []
    for customer in range(customers):
        rate, coin = random.gamma(0.8) / 30, random.beta(1.0, 2.0) if leaves else 0.0
        day = random.uniform(0, days / 4)
        while day < days:
            who.append(customer)
            when.append(int(day))
            if random.random() < coin:
                break
            day += random.exponential(1 / rate) + 1
    return np.array(who), np.array(when)


def test_where_customers_leave_the_nbd_loses():
    made = choose(*shop(np.random.default_rng(1), 800, 400, True), 400, 120)
    assert made.name != "NBD"
    scores = {score.name: score for score in made.scores}
    assert not scores["NBD"].as_good
    assert scores["NBD"].log_likelihood < scores[made.name].log_likelihood
    assert made.notes[0].startswith(f"{made.name} is taken: of the {made.actual:,} purchases")
    assert any("NBD told clearly less well" in note for note in made.notes)


def test_where_nobody_leaves_the_nbd_is_as_good():
    made = choose(*shop(np.random.default_rng(2), 500, 400, False), 400, 120)
    assert {score.name: score for score in made.scores}["NBD"].as_good
    assert made.fit.model.expected(np.array([10.0]))[0] > 0


def test_cdnow_by_its_holdout():
    path = SHARED / "cdnow" / "CDNOW_sample.txt"
    need(path.exists(), "no CDNOW sample beside the checkout")
    rows = cdnow.read(path)
    made = choose(rows.customer, rows.day, cdnow.LAST_DAY, 273)
    assert made.actual == 1882
    scores = {score.name: score for score in made.scores}
    assert scores["NBD"].foretold > 1.5 * made.actual
    assert all(abs(scores[name].foretold / made.actual - 1) < 0.2 for name in scores if name != "NBD")
    assert made.name != "NBD"


@pytest.mark.parametrize(
    ("who", "when"),
    [([], []), ([1], [5]), ([1, 2, 3], [90, 95, 99]), ([1, 2, 3], [0, 1, 2]), (list(range(9)) * 2, [0] * 9 + [99] * 9)],
)
def test_too_little_to_choose_by_is_said(who, when):
    made = choose(np.array(who, dtype=np.int64), np.array(when, dtype=np.int64), 100, 30)
    assert made.name == "MBG/NBD"
    assert made.scores == ()
    assert made.notes[0].startswith("Too few customers bought in the last 30 days")


def test_a_very_large_shop_is_sampled_and_fitted_whole(monkeypatch):
    who, when = shop(np.random.default_rng(3), 600, 300, True)
    monkeypatch.setattr(choice, "ENOUGH", 250)
    made = choose(who, when, 300, 90)
    assert any(note.startswith("Chosen by an even sample of 200 customers") for note in made.notes)
    assert made.actual < 0.6 * np.unique(np.stack((who, when))[:, when > 210], axis=1).shape[1]
    assert made.fit.log_likelihood == pytest.approx(made.fit.model.log_likelihood(from_days(who, when, 300)[1]))


def test_purchases_of_newcomers_and_after_the_end_do_not_count():
    who, when = shop(np.random.default_rng(4), 400, 300, True)
    made = choose(who, when, 300, 90)
    newcomers = np.arange(400, 500)
    more = choose(np.r_[who, newcomers, who], np.r_[when, np.full(100, 295), np.full(who.size, 301)], 300, 90)
    assert more.actual == made.actual
    assert [score.foretold for score in more.scores] == pytest.approx([score.foretold for score in made.scores])


def test_a_holdout_has_days():
    with pytest.raises(ValueError, match="holdout_days"):
        choose(np.array([1]), np.array([1]), 10, 0)
