"""BG/NBD and MBG/NBD against their publications, against their own definitions, and where data say little."""

from dataclasses import astuple

import numpy as np
import pytest

from kizuna.science import bg_nbd, histories, mbg_nbd
from kizuna.science.bg_nbd import BgNbd
from kizuna.science.mbg_nbd import MbgNbd
from tests.conftest import SHARED, need
from tests.science import cdnow

PUBLISHED = BgNbd(0.2426, 4.4135, 0.7929, 2.4258)


@pytest.fixture(scope="module")
def calibration():
    """The histories of the CDNOW sample at the end of September 1997, in weeks."""
    path = SHARED / "cdnow" / "CDNOW_sample.txt"
    need(path.exists(), "no CDNOW sample beside the checkout")
    rows = cdnow.read(path)
    return histories.from_days(rows.customer, rows.day, cdnow.CALIBRATION_END)[1]


def test_fader_hardie_lee_2005_bg_nbd_cdnow(calibration):
    assert histories.customers_and_repeaters(calibration) == (2357, 946)
    found = bg_nbd.fit(calibration)
    model = found.model
    assert [round(each, 3) for each in astuple(model)] == [0.243, 4.414, 0.793, 2.426]
    assert astuple(model) == pytest.approx(astuple(PUBLISHED), abs=1.1e-4)
    assert round(found.log_likelihood, 2) == -9582.43
    assert found.converged
    assert found.notes == ()


def test_fader_hardie_lee_2005_bg_nbd_expected_purchases(calibration):
    weeks = np.array([0.1429, 1.0, 3.0, 31.8571, 32.0, 78.0])
    expected = bg_nbd.fit(calibration).model.expected(weeks)
    assert expected.round(4).tolist() == [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.858]


def test_fader_hardie_lee_2005_bg_nbd_conditional_expectation():
    one = histories.from_rows([2], [30.43], [38.86])
    assert PUBLISHED.conditional(one, 39.0).round(3).tolist() == [1.226]
    assert PUBLISHED.p_alive(one).round(4).tolist() == [0.7266]


def test_batislam_et_al_2007_mbg_nbd_cdnow(calibration):
    found = mbg_nbd.fit(calibration)
    model = found.model
    assert astuple(model) == pytest.approx((0.5248, 6.1830, 0.8914, 1.6140), abs=1e-4)
    assert found.log_likelihood == pytest.approx(-9582.13, abs=0.006)
    assert found.converged


@pytest.mark.parametrize("kind", [BgNbd, MbgNbd])
def test_the_log_likelihood_of_the_fit_is_that_of_the_model(calibration, kind):
    found = (bg_nbd if kind is BgNbd else mbg_nbd).fit(calibration)
    assert found.model.log_likelihood(calibration) == pytest.approx(found.log_likelihood, abs=1e-6)
