"""Recalibration in one action, and its undo: versions, records, what is offered and what is refused."""

import pytest

from kizuna.flows import criterion, recalibration, snapshots, taking, validity
from kizuna.flows.recalibration import CannotRecalibrate
from kizuna.jobs.models import Job
from kizuna.relationships import criterion as criteria
from kizuna.relationships import reference
from kizuna.relationships import validity as kept
from kizuna.relationships.validity import CheckDraft, Figure, Findings, OptionFigures
from kizuna.science.periods import instant_at
from kizuna.science.stocks import FACTORS
from kizuna.shops.models import AuditEntry
from tests.flows.making import DAY
from tests.flows.selling import sell
from tests.shops.making import make_person

pytestmark = pytest.mark.django_db

WEIGHTS = {"R": 0.1, "F": 0.2, "M": 0.6, "V": 0.1, "E": 0.0}
SLOWER = {**dict.fromkeys(FACTORS, 90), "F": 180}
EQUAL = dict.fromkeys(FACTORS, 0.2)


def option(kind, half_lives=None, weights=None, *, proven=True):
    gain = Figure(0.05, 0.01, 0.03, 0.07)
    same = dict.fromkeys(FACTORS, 90)
    return OptionFigures(kind, half_lives or same, weights or EQUAL, 0.7, 0.75, gain, 3, proven)


OFFERED = (
    option("weights", weights=WEIGHTS),
    option("half_lives", half_lives=SLOWER),
    option("both", half_lives=SLOWER, weights=WEIGHTS),
    option("reference"),
)


def checked(shop, until_us, options=OFFERED):
    """A stored check that offers these options under the criterion and reference of now."""
    current = reference.find_current(shop.pk)
    version = criteria.get_current(shop.pk).version
    frozen = None if current is None else current.version
    kept.store(shop.pk, CheckDraft(until_us, 90, version, frozen, Findings(options=options)), instant_at(until_us))


@pytest.fixture
def world():
    shop, until_us = sell(30, 60)
    taking.freeze(shop, until_us - 30 * DAY, None, instant_at(until_us))
    checked(shop, until_us)
    return shop, make_person(shop, "marketer"), instant_at(until_us)


def holding(shop):
    current = criteria.get_current(shop.pk)
    return dict(current.half_lives), {name: round(weight, 3) for name, weight in current.weights.items()}


def jobs(name):
    return Job.objects.filter(task__endswith=name).count()


@pytest.mark.parametrize(
    ("kind", "half_lives", "weights", "method"),
    [
        ("weights", dict.fromkeys(FACTORS, 90), WEIGHTS, "learned"),
        ("half_lives", SLOWER, EQUAL, "equal"),
        ("both", SLOWER, WEIGHTS, "learned"),
    ],
)
def test_one_action_recalibrates_and_one_takes_it_back(world, kind, half_lives, weights, method):
    shop, person, now = world
    before = holding(shop)
    done = recalibration.recalibrate(shop, kind, person, now)
    assert holding(shop) == (half_lives, weights)
    assert criteria.get_current(shop.pk).method == method
    assert (jobs("run_check"), jobs("replace_everybody")) == (1, 1)
    assert (done.expected.before, done.expected.after) == (0.7, 0.75)
    assert recalibration.may_undo(shop, done)
    assert recalibration.undo(shop, done.id, person, now) is True
    assert holding(shop) == before
    assert criteria.get_current(shop.pk).version == done.version_after + 1
    (listed,) = kept.list_recalibrations(shop.pk)
    assert listed.undone_at == now
    with pytest.raises(CannotRecalibrate):
        recalibration.undo(shop, done.id, person, now)


def test_a_fresh_reference_and_back(world):
    shop, person, now = world
    old = reference.find_current(shop.pk)
    done = recalibration.recalibrate(shop, "reference", person, now)
    fresh = reference.find_current(shop.pk)
    assert (done.version_before, done.version_after) == (old.version, fresh.version)
    assert fresh.as_of_us > old.as_of_us
    assert reference.load(fresh)["R", 90].to_bytes() != reference.load(old)["R", 90].to_bytes()
    recalibration.undo(shop, done.id, person, now)
    again = reference.find_current(shop.pk)
    assert (again.version, again.as_of_us, again.customers) == (fresh.version + 1, old.as_of_us, old.customers)
    assert reference.load(again)["R", 90].to_bytes() == reference.load(old)["R", 90].to_bytes()
    assert AuditEntry.objects.filter(shop=shop, action="reference_restored", person=person).count() == 1
    assert jobs("replace_everybody") == 1


def test_only_what_is_proven_and_still_fits_is_offered(world):
    shop, person, now = world
    assert {each.kind for each in recalibration.list_options(shop)} == {each.kind for each in OFFERED}
    kept.store(
        shop.pk,
        CheckDraft(1, 90, 0, 1, Findings(options=[option("weights", weights=WEIGHTS, proven=False), option("both")])),
        now,
    )
    assert recalibration.list_options(shop) == []
    with pytest.raises(CannotRecalibrate, match="not offered"):
        recalibration.recalibrate(shop, "weights", person, now)


def test_a_check_of_another_version_offers_nothing(world):
    shop, person, now = world
    criterion.change_weights(shop, {"M": 1.0}, person, now)
    assert recalibration.list_options(shop) == []


def test_a_newer_reference_withdraws_the_offer_of_one(world):
    shop, person, now = world
    snapshots.freeze_reference(shop, person, now)
    assert "reference" not in {each.kind for each in recalibration.list_options(shop)}


def test_undo_after_another_change_is_refused(world):
    shop, person, now = world
    done = recalibration.recalibrate(shop, "weights", person, now)
    criterion.change_half_lives(shop, {"R": 30}, person, now)
    assert not recalibration.may_undo(shop, done)
    with pytest.raises(CannotRecalibrate, match="changed after it"):
        recalibration.undo(shop, done.id, person, now)


def test_another_shops_recalibration_is_none(world):
    shop, person, now = world
    done = recalibration.recalibrate(shop, "weights", person, now)
    other, _ = sell(3, 5)
    assert recalibration.undo(other, done.id, person, now) is None
    assert validity.find_job(other) is None
