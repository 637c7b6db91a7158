"""Response times: machines, reopening, hand-overs and take-backs never corrupt them; working time adds up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kizuna.science import running, spreads, two_means, working_time
from kizuna.science.response_times import Act, Entry, TurnSpan, read_course, read_sittings
from kizuna.science.spreads import Waits

acts = st.lists(st.tuples(st.sampled_from(Act), st.integers(0, 50)), max_size=40)


AGAIN = [(0, 5, True), (90, 91, False)]


def entries(told):
    at, made = 0, []
    for act, gap in told:
        at += gap
        made.append(Entry(act, at, 7 if act == Act.ANSWERED else 0))
    return made


@given(acts)
def test_each_reply_is_owed_to_a_word_of_the_customer(told):
    course = read_course(entries(told))
    heard = {each.at_us for each in entries(told) if each.act == Act.HEARD}
    assert all(reply.from_us in heard and reply.at_us >= reply.from_us for reply in course.replies)
    assert sum(reply.is_first for reply in course.replies) <= 1
    answered = sum(each.act == Act.ANSWERED for each in entries(told))
    assert len(course.replies) <= min(answered, sum(each.act == Act.HEARD for each in entries(told)))
    for one, other in zip(course.replies, course.replies[1:], strict=False):
        assert one.at_us <= other.from_us
    if course.first is not None:
        assert course.first.from_us == course.began_us


@given(acts, st.integers(0, 40), st.integers(0, 50))
def test_words_of_machines_change_nothing(told, place, gap):
    said = entries(told)
    before = read_course(said)
    at = said[min(place, len(said) - 1)].at_us if said else gap
    assert read_course([*said[:place], Entry(Act.MACHINE, at), *said[place:]]) == before


@given(acts)
def test_saying_more_before_the_answer_does_not_move_it(told):
    said = entries(told)
    doubled = [each for entry in said for each in ([entry, entry] if entry.act == Act.HEARD else [entry])]
    assert read_course(doubled).replies == read_course(said).replies


@pytest.mark.parametrize(
    ("told", "replies"),
    [
        ([("HEARD", 0), ("MACHINE", 1), ("ANSWERED", 30)], [(0, 30, True)]),  # a bot hands over
        ([("HEARD", 0), ("ENDED", 10), ("ANSWERED", 20)], []),
        ([("HEARD", 0), ("ENDED", 10), ("HEARD", 500), ("ANSWERED", 505)], [(500, 505, False)]),  # opened again
        ([("HEARD", 0), ("ANSWERED", 5), ("ENDED", 9), ("HEARD", 90), ("ANSWERED", 91)], AGAIN),
        ([("ANSWERED", 0), ("HEARD", 60), ("ANSWERED", 63)], [(60, 63, True)]),  # an operator invited
        ([("HEARD", 10), ("ANSWERED", 4)], [(10, 10, True)]),  # a clock that ran backwards
    ],
)  # fmt: skip
def test_the_complaints_of_others_on_wrong_times(told, replies):
    course = read_course([Entry(Act[act], at) for act, at in told])
    assert [(each.from_us, each.at_us, each.is_first) for each in course.replies] == replies


def test_an_end_counts_once_and_a_word_after_it_opens_again():
    course = read_course([Entry(Act[act], at) for act, at in [("HEARD", 0), ("ENDED", 5), ("ENDED", 9)]])
    assert (course.ended_us, course.reopened) == (5, 0)
    course = read_course([Entry(Act[act], at) for act, at in [("HEARD", 0), ("ENDED", 5), ("HEARD", 9), ("HEARD", 10)]])
    assert (course.ended_us, course.reopened) == (None, 1)


def turn(since, entered, served, answered, ended, end, person=1):
    return TurnSpan(since, entered, served, answered, ended, end, person)


def test_a_transfer_keeps_the_first_wait_and_gives_each_their_own_time():
    [told] = read_sittings([turn(0, 0, 30, 35, 100, "transferred", 1), turn(0, 100, 160, 165, 400, "closed", 2)])
    assert (told.from_us, told.served_us, told.ended_us, told.hand_overs) == (0, 30, 400, 1)
    assert told.held == ((1, 30, 100), (2, 160, 400))


def test_a_silent_operator_has_served_nobody():
    [told] = read_sittings([turn(0, 0, 10, None, 130, "taken_back", 1), turn(0, 130, 140, 150, 300, "closed", 2)])
    assert (told.served_us, told.taken_back, told.hand_overs, told.held) == (140, 1, 0, ((2, 140, 300),))
    [told] = read_sittings([turn(0, 0, 10, None, 130, "taken_back", 1), turn(0, 130, None, None, 190, "abandoned", 0)])
    assert (told.served_us, told.end) == (None, "abandoned")


def test_who_had_said_something_before_it_was_taken_back_has_served_and_again_is_no_hand_over():
    [told] = read_sittings([turn(0, 0, 10, 15, 130, "taken_back", 1), turn(0, 130, 140, 150, 300, "closed", 1)])
    assert (told.served_us, told.hand_overs, told.held) == (10, 0, ((1, 10, 130), (1, 140, 300)))


def test_two_stays_of_one_conversation_are_two_waits():
    told = read_sittings([turn(0, 0, 10, 12, 50, "closed"), turn(900, 900, 905, 907, 990, "closed")])
    assert [(each.from_us, each.served_us) for each in told] == [(0, 10), (900, 905)]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), max_size=8),
    st.lists(st.integers(0, 700), min_size=3, max_size=3),
)
def test_working_time_adds_up_and_never_exceeds_time(gaps, instants):
    at, stretches = 0, []
    for gap, length in gaps:
        stretches.append((at + gap, at + gap + length))
        at += gap + length
    clock, (a, b, c) = working_time.make(stretches), sorted(instants)
    naive = sum(any(opens <= each < closes for opens, closes in stretches) for each in range(a, c))
    assert clock.between([a], [c]).tolist() == [naive]
    assert clock.between([a], [b]) + clock.between([b], [c]) == clock.between([a], [c])


def test_stretches_that_overlap_are_refused():
    with pytest.raises(ValueError, match="apart"):
        working_time.make([(0, 10), (9, 12)])


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 30), st.integers(-9, 9)), max_size=40),
    st.integers(0, 7),
    st.integers(-1, 31),
    st.integers(-1, 31),
)
def test_running_sums_are_sums(rows, who, one, other):
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    sums, low, high = running.make(*table.T), min(one, other), max(one, other)
    told = sums.between(np.array([who]), np.array([low]), np.array([high]))
    assert told.tolist() == [sum(amount for each, at, amount in rows if each == who and low < at <= high)]
    before = [at for each, at, _ in rows if each == who and at <= one]
    assert sums.last(np.array([who]), np.array([one])).tolist() == [max(before, default=-1)]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50))
def test_equal_weights_give_the_lower_median(values):
    found = spreads.weighted_quantile(values, [3] * len(values), 0.5)
    assert found == sorted(values)[(len(values) - 1) // 2]
    told = spreads.spread(values)
    assert told is not None
    assert min(values) <= told.median <= told.p90 <= max(values)


def test_weights_stand_the_mix_of_questions_right():
    slow, quick = [100.0] * 90, [10.0] * 10
    assert spreads.weighted_quantile(slow + quick, [1] * 100, 0.5) == 100
    assert spreads.weighted_quantile(slow + quick, [0.1] * 90 + [9] * 10, 0.5) == 10
    with pytest.raises(ValueError, match="too few"):
        spreads.median_difference(waits(np.ones(9)), waits(np.ones(50)))


def waits(lasted, seen=np.inf):
    return Waits(np.minimum(lasted, seen), np.asarray(lasted <= seen), np.ones(len(lasted)))


def test_a_short_period_whose_last_words_still_wait_does_not_look_quicker():
    """The same law of answers before and now; what was answered so far is the quick part of it."""
    random, quicker = np.random.default_rng(1), 0
    before = waits(random.lognormal(np.log(86_400), 1, 400))
    for _ in range(10):
        now = waits(random.lognormal(np.log(86_400), 1, 60), random.uniform(0, 250_000, 60))
        told = spreads.median_difference(now, before)
        quicker += told is not None and told[2] < 0
    assert quicker <= 1


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50), st.sampled_from([0.1, 0.5, 0.9]))
def test_waits_that_are_all_over_last_as_long_as_their_quantile(values, share):
    lasted = np.array(values, dtype=float)
    assert spreads.lasting(waits(lasted), share) == spreads.weighted_quantile(lasted, np.ones(len(lasted)), share)


def test_two_means_have_the_wider_of_two_known_intervals_and_refuse_the_few():
    random = np.random.default_rng(3)
    quiet, wild = random.gamma(2.0, 10.0, 300), random.gamma(2.0, 30.0, 40)
    for a, b in ((quiet, wild), (np.r_[quiet, wild], quiet[:40])):
        told = two_means.compare(a, b)
        others = [stats.ttest_ind(a, b, equal_var=each).confidence_interval() for each in (False, True)]
        assert told is not None
        assert told.difference == pytest.approx(a.mean() - b.mean())
        assert (told.low, told.high) == pytest.approx((min(e.low for e in others), max(e.high for e in others)))
    assert two_means.compare(quiet[:29], wild) is None


def test_a_small_group_of_seldom_buyers_is_not_told_as_an_effect():
    """No effect, 5 % held out: Welch's interval alone finds one in 10 to 30 of 100 tries."""
    random, found = np.random.default_rng(5), 0
    for _ in range(200):
        money = np.where(random.random(1000) < 0.05, random.lognormal(3, 0.9, 1000), 0.0)
        told = two_means.compare(money[50:], money[:50])
        assert told is not None
        found += not told.low < 0 < told.high
    assert found <= 6
