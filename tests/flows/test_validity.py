"""The check of the criterion: alarms where a simulated shop shifts and none where it does not; stored, asked for."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kizuna.flows import criterion as criterion_flow
from kizuna.flows import origins, portfolio, validity
from kizuna.jobs import queue
from kizuna.jobs.models import Job
from kizuna.relationships import criterion as criteria
from kizuna.relationships import reference
from kizuna.relationships import validity as kept
from kizuna.relationships.criterion import DEFAULT, CriterionView
from kizuna.relationships.population import Links
from kizuna.relationships.validity import OURS, Missing
from kizuna.science.periods import instant_at
from tests.flows.making import DAY, START, make_books
from tests.flows.selling import sell
from tests.flows.simulated import FROM, UNTIL, Plan, Shift, simulate

UTC = ZoneInfo("UTC")
ON_VISITS = CriterionView(1, 1, DEFAULT.half_lives, {"R": 0.1, "F": 0.1, "M": 0.1, "V": 0.6, "E": 0.1})


def examined(plan: Plan, seed: int, last: int = 2) -> kept.Findings:
    """What a check of the last origins finds in a simulated shop."""
    spans = origins.plan(FROM, UNTIL, UTC)
    assert not isinstance(spans, Missing)
    return validity.examine(simulate(plan, seed), spans[-last:], np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(3))
def test_a_shop_without_a_shift_raises_no_alarm(seed):
    found = examined(Plan(), seed)
    assert found.state == "good"
    assert set(found.drift) == {*DEFAULT.half_lives, validity.RELATIONSHIP}


@pytest.mark.long
def test_false_alarms_stay_near_their_nominal_rate():
    assert sum(examined(Plan(), seed).state == "alarm" for seed in range(100, 200)) <= 6


def test_a_factor_that_stopped_telling_lets_rivals_win_and_is_recalibrated_away():
    found = examined(Plan(1000, Shift(month=15, blind=True), ON_VISITS), 1, last=6)
    by_kind = {alarm.kind: alarm for alarm in found.alarms}
    assert found.state == "alarm"
    assert "decayed_money" in by_kind["rival"].names
    assert by_kind["rival"].since_us < UNTIL
    assert "V" in by_kind["drift"].names
    best = found.best_option
    assert best is not None
    assert best.kind in ("weights", "both")
    assert best.weights["V"] < 0.3
    assert best.after > best.before


def test_customers_who_buy_less_are_drift_and_a_fresh_reference_is_offered():
    found = examined(Plan(shift=Shift(month=20, times=0.4)), 2)
    drifted = next(alarm for alarm in found.alarms if alarm.kind == "drift")
    assert {"R", "F", validity.RELATIONSHIP} <= set(drifted.names)
    assert drifted.since_us == UNTIL
    assert found.drift["F"].above_middle < 0.4 < found.drift["F"].above_before <= 0.5
    assert "reference" in {option.kind for option in found.options}


def test_drift_that_goes_on_keeps_its_first_date():
    stand = simulate(Plan(shift=Shift(month=20, times=0.4)), 2)
    moved = validity.drifted(stand, np.random.default_rng(1))
    first = {name: replace(each, alarmed_since_us=UNTIL - DAY) for name, each in moved.items()}
    before = kept.CheckView(1, UNTIL - DAY, 90, 0, 1, "alarm", instant_at(UNTIL), kept.Findings(drift=first))
    again = validity.drifted(replace(stand, before=before), np.random.default_rng(1))
    assert again["F"].alarmed_since_us == UNTIL - DAY


def test_validity_that_fell_twice_below_its_baseline_alarms():
    found = examined(Plan(), 3)
    baseline = found.origins[0]
    high = replace(baseline.scores[OURS], gini=kept.Figure(0.99, 0.01, 0.97, 1.0))
    best = replace(baseline, at_us=FROM, scores={**baseline.scores, OURS: high})
    stand = simulate(Plan(), 3)
    checked = kept.CheckView(1, UNTIL, 90, 0, 1, "good", instant_at(UNTIL), kept.Findings([best], best))
    fallen = validity.examine(
        replace(stand, before=checked),
        [(each.at_us, each.until_us) for each in found.origins],
        np.random.default_rng(3),
    )
    assert [each.fallen for each in fallen.origins] == [True, True]
    assert ("fallen", found.origins[0].until_us) in {(alarm.kind, alarm.since_us) for alarm in fallen.alarms}
    other = replace(checked, criterion_version=7)
    started = validity.examine(
        replace(stand, before=other), [(each.at_us, each.until_us) for each in found.origins], np.random.default_rng(3)
    )
    assert not any(each.fallen for each in started.origins)


def test_origins_are_a_month_apart_six_at_most_and_need_half_a_year():
    spans = origins.plan(0, 2000 * DAY, UTC)
    assert not isinstance(spans, Missing)
    assert len(spans) == 6
    assert spans[-1] == (1910 * DAY, 2000 * DAY)
    assert spans[-1][0] - spans[-2][0] == 30 * DAY
    assert origins.plan(0, 179 * DAY, UTC) == Missing("history", 179, 180)
    assert len(origins.plan(0, 180 * DAY, UTC)) == 1
    assert len(origins.plan(0, 215 * DAY, UTC)) == 2


def test_what_came_later_from_an_identity_linked_later_belongs_to_its_customer_of_then():
    stand = simulate(Plan(30), 1)
    facts = stand.history.facts
    newcomer = 9_000
    when = np.array([UNTIL - DAY])
    who, happened, profit = facts.profit
    facts = replace(
        facts,
        profit=(np.append(who, newcomer), np.append(happened, when), np.append(profit, 555)),
    )
    own = np.arange(1, 31)
    linked = Links(np.append(own, newcomer), np.append(own, 7))
    apart = replace(stand.history, facts=facts)
    later = replace(apart, current=linked)
    span = UNTIL - 90 * DAY, UNTIL
    difference = origins.gained(later, own, *span) - origins.gained(apart, own, *span)
    assert difference.tolist() == [555.0 if customer == 7 else 0.0 for customer in own]


@pytest.mark.django_db
def test_rf_at_an_origin_is_the_stateless_portfolios():
    shop, until_us = sell(150, 200)
    stand = validity.gather(shop, until_us)
    at_us = until_us - 90 * DAY
    measured = origins.measure(stand.history, at_us, until_us, np.random.default_rng(1))
    then = portfolio.measure_as_of(shop, at_us)
    seen = origins.see(stand.history, at_us, stand.history.reference_at(at_us))
    assert seen.people.customer_id.tolist() == then.customer_id.tolist()
    assert seen.scores.rf.tolist() == then.rf.tolist()
    assert measured.customers == len(then.customer_id)
    after = portfolio.measure_as_of(shop, until_us, from_us=at_us)
    known = np.isin(after.customer_id, then.customer_id)
    brought = origins.gained(stand.history, then.customer_id, at_us, until_us)
    assert brought.tolist() == after.net_profit[known].tolist()


@pytest.mark.django_db
def test_a_check_is_stored_as_it_was_found_and_repeats():
    shop, until_us = sell(150, 215)
    reference_day = instant_at(until_us - 60 * DAY)
    from kizuna.flows import taking

    taking.freeze(shop, until_us - 60 * DAY, None, reference_day)
    now = instant_at(until_us)
    first = validity.check(shop, now, np.random.default_rng(5))
    second = validity.check(shop, now, np.random.default_rng(5))
    assert kept.find_last(shop.pk) == second
    assert second.findings.origins == first.findings.origins
    assert [each.id for each in kept.list_checks(shop.pk)] == [second.id, first.id]
    assert len(first.findings.origins) == 2
    assert (first.criterion_version, first.reference_version) == (0, 1)
    assert set(first.findings.drift) == {"R", "F", "M", validity.RELATIONSHIP, "V", "E"}
    assert all(each.since_us == until_us - 60 * DAY for each in first.findings.drift.values())


@pytest.mark.django_db
def test_a_short_history_and_a_small_shop_say_what_is_missing():
    young, until_us = sell(120, 100)
    assert validity.check(young, instant_at(until_us), np.random.default_rng(1)).findings.missing == Missing(
        "history", 100, 180
    )
    small, until_us = sell(40, 200)
    found = validity.check(small, instant_at(until_us), np.random.default_rng(1))
    assert (found.state, found.findings.missing) == ("short", Missing("customers", 40, 100))
    empty = make_books().shop
    assert validity.check(empty, instant_at(START), np.random.default_rng(1)).state == "short"


@pytest.mark.django_db
def test_a_factor_that_joined_the_reference_later_keeps_its_own_date():
    shop, until_us = sell(120, 100)
    from kizuna.flows import taking

    first = taking.freeze(shop, until_us - 50 * DAY, None, instant_at(until_us))
    known = dict(reference.load(first))
    known["V", 90] = known["F", 90]
    joined = reference.Frozen(known, until_us, 120, True)
    second = reference.freeze(shop.pk, joined, None, instant_at(until_us) + timedelta(seconds=1))
    dated = reference.dates(shop.pk, second, {("F", 90), ("V", 90)})
    assert dated == {("F", 90): first.as_of_us, ("V", 90): second.as_of_us}


@pytest.mark.django_db
def test_many_who_ask_get_one_job_and_a_job_stores_one_check():
    shop, until_us = sell(20, 200)
    now = instant_at(until_us)
    validity.ask(shop, now)
    validity.ask(shop, now)
    assert Job.objects.filter(task__endswith="run_check").count() == 1
    waiting = validity.find_job(shop)
    assert waiting is not None
    assert (waiting.state, waiting.progress) == ("ready", 0.0)
    validity.run_check.func(shop_id=shop.pk, now_us=until_us)
    assert kept.find_last(shop.pk) is not None
    validity.check_monthly(now)
    assert queue.find_unfinished(f"validity:{shop.pk}") is not None


@pytest.mark.django_db
def test_a_new_version_of_the_criterion_is_what_the_next_check_measures():
    shop, until_us = sell(150, 200)
    now = instant_at(until_us)
    before = validity.check(shop, now, np.random.default_rng(1))
    criterion_flow.change_weights(shop, {"M": 1.0}, None, now)
    after = validity.check(shop, now, np.random.default_rng(1))
    assert (before.criterion_version, after.criterion_version) == (0, criteria.get_current(shop.pk).version)
    assert before.findings.origins[0].scores[OURS] != after.findings.origins[0].scores[OURS]
    assert before.findings.origins[0].scores["rfm"] == after.findings.origins[0].scores["rfm"]
