"""NBD, Pareto/NBD, BG/NBD and MBG/NBD against their publications (CDNOW, 2,357 customers, 39 weeks)."""

from dataclasses import astuple

import numpy as np
import pytest

from kizuna.science import bg_nbd, histories, mbg_nbd, nbd, pareto_nbd
from kizuna.science.bg_nbd import BgNbd
from kizuna.science.pareto_nbd import ParetoNbd
from tests.conftest import SHARED, need
from tests.science import cdnow

MODELS = {"nbd": nbd, "pareto_nbd": pareto_nbd, "bg_nbd": bg_nbd, "mbg_nbd": mbg_nbd}


@pytest.fixture(scope="module")
def calibration():
    """The histories of the CDNOW sample at the end of September 1997, in weeks."""
    path = SHARED / "cdnow" / "CDNOW_sample.txt"
    need(path.exists(), "no CDNOW sample beside the checkout")
    rows = cdnow.read(path)
    return histories.from_days(rows.customer, rows.day, cdnow.CALIBRATION_END)[1]


@pytest.fixture(scope="module")
def fits(calibration):
    """Each model as it fits by itself."""
    return {name: model.fit(calibration) for name, model in MODELS.items()}


def test_fader_hardie_lee_2005_cdnow_has_2357_customers_of_whom_946_came_back(calibration):
    assert histories.customers_and_repeaters(calibration) == (2357, 946)


@pytest.mark.parametrize(
    ("name", "parameters", "log_likelihood"),
    [
        ("nbd", (0.3848, 12.072), -9763.66),
        ("pareto_nbd", (0.5533, 10.578, 0.6062, 11.668), -9594.97),
        ("bg_nbd", (0.2426, 4.4135, 0.7929, 2.4258), -9582.43),
        ("mbg_nbd", (0.5248, 6.1830, 0.8914, 1.6140), -9582.13),
    ],
)
def test_published_fits_of_cdnow(fits, name, parameters, log_likelihood):
    """The last printed digit is the publications' own search: ours is the top, within one of it."""
    found = fits[name]
    for ours, printed in zip(astuple(found.model), parameters, strict=True):
        last_digit = 10.0 ** -len(str(printed).partition(".")[2])
        assert abs(ours - printed) < 1.1 * last_digit
    assert found.log_likelihood >= log_likelihood - 0.01
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=0.01)
    assert found.converged
    assert found.notes == ()
    assert all(error > 0 for error in found.standard_errors.values())


def test_fader_hardie_lee_2005_bg_nbd_parameters_as_printed(fits):
    assert [round(each, 3) for each in astuple(fits["bg_nbd"].model)] == [0.243, 4.414, 0.793, 2.426]


def test_fader_hardie_lee_2005_bg_nbd_expected_purchases(fits):
    weeks = np.array([0.1429, 1.0, 3.0, 31.8571, 32.0, 78.0])
    expected = fits["bg_nbd"].model.expected(weeks)
    assert expected.round(4).tolist() == [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.858]


def test_fader_hardie_lee_2005_bg_nbd_conditional_expectation():
    one, model = histories.from_rows([2], [30.43], [38.86]), BgNbd(0.2426, 4.4135, 0.7929, 2.4258)
    assert model.conditional(one, 39.0).round(3).tolist() == [1.226]
    assert model.p_alive(one).round(4).tolist() == [0.7266]


def test_fader_hardie_2005_pareto_nbd_conditional_expectation():
    one, model = histories.from_rows([26], [30.86], [31.0]), ParetoNbd(0.5533, 10.578, 0.6062, 11.668)
    assert model.conditional(one, 52.0).round(2).tolist() == [25.46]
    assert model.p_alive(one).round(4).tolist() == [0.9979]


@pytest.mark.parametrize("name", MODELS)
def test_the_log_likelihood_of_a_fit_is_that_of_its_model(calibration, fits, name):
    found = fits[name]
    assert found.model.log_likelihood(calibration) == pytest.approx(found.log_likelihood, abs=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_a_warm_start_ends_at_the_same_top(calibration, fits, name):
    found = fits[name]
    again = MODELS[name].fit(calibration, start=found.model)
    assert astuple(again.model) == pytest.approx(astuple(found.model), rel=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_the_unit_of_time_does_not_matter(calibration, fits, name):
    days = histories.from_rows(
        calibration.x[calibration.group],
        (calibration.t_x * 7.0)[calibration.group],
        (calibration.T * 7.0)[calibration.group],
    )
    found = MODELS[name].fit(days)
    timed = {"alpha", "beta"} if name == "pareto_nbd" else {"alpha"}
    for parameter, error in found.standard_errors.items():
        unit = 7.0 if parameter in timed else 1.0
        assert getattr(found.model, parameter) == pytest.approx(getattr(fits[name].model, parameter) * unit, rel=1e-6)
        assert error == pytest.approx(fits[name].standard_errors[parameter] * unit, rel=1e-4)
    assert np.allclose(found.model.p_alive(days), fits[name].model.p_alive(calibration), rtol=1e-6)
    assert np.allclose(found.model.conditional(days, 273.0), fits[name].model.conditional(calibration, 39.0), rtol=1e-6)
