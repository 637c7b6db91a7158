"""Stages of a relationship: the table of the model step by step, and what holds whatever happened."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.science.dialogue import depth
from kizuna.science.stages import ANSWERS, DAY_US, HIGHEST, Act, Course, Event, contact_rate, course, phase_of

OUT, IN, WISH, LEARNED, DONE = Act.CONTACT_OUT, Act.CONTACT_IN, Act.WISH, Act.LEARNED, Act.FULFILLED


def on(day: float, act: Act, wish: str = "", **more: object) -> Event:
    return Event(round(day * DAY_US), act, wish=wish, **more)  # type: ignore[arg-type]


KNOWN = [on(0, OUT), on(1, IN)]
LEARNT = [*KNOWN, on(2, WISH, "tea"), on(3, OUT), on(3, LEARNED), on(4, IN)]
COMMITTED = [*LEARNT, on(5, DONE, "tea"), on(6, Act.VISIT)]


def steps(events: list[Event]) -> list[tuple[int, int, int]]:
    return [(move.from_stage, move.to_stage, round(move.at_us / DAY_US)) for move in course(events).moves]


def test_a_wish_needs_prior_two_way_contact() -> None:
    assert steps([on(0, OUT), on(2, WISH, "tea")]) == []
    assert steps([on(0, IN), on(2, WISH, "tea")]) == []
    assert steps([*KNOWN, on(2, WISH, "tea")]) == [(0, 1, 2)]


def test_a_wish_that_answers_what_the_shop_wrote_counts_at_once() -> None:
    assert steps([on(0, OUT), on(2, IN), on(2, WISH, "tea")]) == [(0, 1, 2)]


def test_a_wish_in_the_first_message_counts_when_they_write_again_after_the_answer() -> None:
    first = [on(0, IN), on(0, WISH, "tea"), on(1, OUT)]
    assert steps(first) == []
    found = course([*first, on(1, LEARNED), on(2, IN)])
    assert [(move.to_stage, move.at_us // DAY_US) for move in found.moves] == [(1, 2), (2, 2)]
    assert found.moves[0].cause.act is WISH


def test_learning_needs_both_sides_a_record_and_a_second_turn_or_their_word() -> None:
    wished = [*KNOWN, on(2, WISH, "tea")]
    assert steps([*wished, on(3, LEARNED), on(4, IN)]) == [(0, 1, 2)]
    assert steps([*wished, on(3, OUT), on(4, IN)]) == [(0, 1, 2)]
    assert steps([*wished, on(3, OUT), on(3, LEARNED)]) == [(0, 1, 2)]
    assert steps([*wished, on(3, OUT), on(4, Act.AGREED)])[-1] == (1, 2, 4)
    assert steps([*wished, on(3, OUT), on(4, IN), on(7, LEARNED)])[-1] == (1, 2, 7)


def test_commitment_needs_fulfilment_within_capability_and_an_answer_within_30_days() -> None:
    for act in ANSWERS:
        assert steps([*LEARNT, on(5, DONE, "tea"), on(35, act)])[-1] == (2, 3, 35)
        assert steps([*LEARNT, on(5, DONE, "tea"), on(35.1, act)])[-1] == (1, 2, 4)
        assert steps([*LEARNT, on(5, DONE, "tea", within=False), on(6, act)])[-1] == (1, 2, 4)
    assert steps([*LEARNT, on(5, DONE, "tea"), on(9, Act.REACTION)])[-1] == (1, 2, 4)


def test_retention_needs_a_further_wish_fulfilled_and_a_further_purchase() -> None:
    open_before = [*KNOWN, on(2.5, WISH, "cup")]
    both = [*COMMITTED, *open_before]
    assert course([*both, on(8, DONE, "cup")]).highest == 3
    assert course([*both, on(8, Act.PURCHASE)]).highest == 3
    assert course([*both, on(8, DONE, "tea"), on(9, Act.PURCHASE)]).highest == 3
    found = course([*both, on(8, DONE, "cup"), on(9, Act.PURCHASE)])
    assert (found.highest, found.cycles, found.moves[-1].cause.act) == (4, 1, Act.PURCHASE)


def test_a_purchase_that_committed_is_no_further_one() -> None:
    bought = [*LEARNT, on(2.5, WISH, "cup"), on(5, DONE, "tea"), on(6, Act.PURCHASE), on(8, DONE, "cup")]
    assert course(bought).highest == 3
    assert course([*bought, on(9, Act.PURCHASE)]).highest == 4


def test_an_earlier_referral_is_kept_and_counts_when_retention_is_reached() -> None:
    again = [*COMMITTED, on(7, WISH, "cup"), on(8, DONE, "cup")]
    told = on(0.5, Act.REFERRAL, ref="first")
    assert course([*again, told]).highest == 3
    found = course([*again, told, on(20, Act.PURCHASE)])
    assert [(move.from_stage, move.to_stage, move.at_us // DAY_US) for move in found.moves[-2:]] == [
        (3, 4, 20),
        (4, 5, 20),
    ]
    assert found.moves[-1].cause is told


def test_a_new_wish_opens_the_next_cycle_and_the_highest_stays() -> None:
    found = course([*COMMITTED, on(40, WISH, "cup"), on(41, WISH, "pot")])
    assert (found.stage, found.highest, found.cycles) == (1, 3, 2)
    again = [on(42, OUT), on(42, LEARNED), on(43, IN), on(45, DONE, "cup"), on(46, Act.CONFIRMED, "cup")]
    later = course([*COMMITTED, on(40, WISH, "cup"), *again, on(60, WISH, "mug")])
    assert (later.stage, later.highest, later.cycles) == (1, 3, 3)


def test_phases_follow_stages() -> None:
    assert [phase_of(stage) for stage in range(6)] == [0, 1, 1, 2, 3, 3]


def test_contact_rate_of_somebody_who_was_just_met_has_nothing_before() -> None:
    rate = contact_rate([on(10, IN), on(10.5, DONE), on(12, Act.VISIT)], round(10.5 * DAY_US), 60 * DAY_US)
    assert (rate.after, rate.before) == (1.0, None)


def test_depth_rises_level_by_level() -> None:
    assert depth([]) == depth([on(0, IN)]) == 0
    assert depth([on(0, IN), on(1, OUT)]) == 1
    assert depth([on(0, OUT), on(1, Act.REACTION)]) == 2
    assert depth([on(0, IN), on(1, OUT), on(2, IN)]) == 3
    assert depth([on(0, IN), on(1, OUT), on(2, IN), on(3, OUT)]) == 4
    used = [on(3, LEARNED), on(4, DONE)]
    threads = [on(0, IN, thread="a"), on(1, OUT, thread="a"), on(2, IN, thread="a"), on(3, OUT, thread="a")]
    assert depth([*threads, *used]) == 4
    assert depth([*threads, *used, on(5, OUT, thread="b")]) == 5


EVENTS = st.lists(
    st.builds(
        Event,
        at_us=st.integers(0, 120).map(lambda day: day * DAY_US),
        act=st.sampled_from(Act),
        ref=st.sampled_from(["", "a", "b"]),
        wish=st.sampled_from(["tea", "cup", "pot"]),
        within=st.booleans(),
    ),
    max_size=60,
)


def _holds(found: Course) -> None:
    stage, highest, cycle, at_us = 0, 0, 0, -1
    for move in found.moves:
        assert move.at_us >= at_us
        if move.to_stage == 1:
            assert move.cycle == cycle + 1
            assert stage >= 3 or cycle == 0
        else:
            assert move.cycle == cycle
            assert move.to_stage == move.from_stage + 1
            assert move.from_stage in (stage, highest)
        assert max(highest, move.to_stage) <= highest + 1
        stage, highest = move.to_stage, max(highest, move.to_stage)
        cycle, at_us = move.cycle, move.at_us
    assert (found.stage, found.highest, found.cycles) == (stage, highest, cycle)
    assert 0 <= found.stage <= found.highest <= HIGHEST


@given(EVENTS)
@settings(max_examples=300, deadline=None)
def test_one_step_at_a_time_and_the_highest_never_falls(events: list[Event]) -> None:
    _holds(course(events))


@given(EVENTS, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_order_of_arrival_and_repetition_change_nothing(events: list[Event], random: object) -> None:
    mixed = events + events[: len(events) // 2]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert course(mixed) == course(events)
    assert depth(mixed) == depth(events)


@given(EVENTS, st.integers(0, 120))
@settings(max_examples=100, deadline=None)
def test_the_past_does_not_change_with_what_comes_later(events: list[Event], day: int) -> None:
    until = [event for event in events if event.at_us <= day * DAY_US]
    past = course(until).moves
    assert course(events).moves[: len(past)] == past


@given(EVENTS)
@settings(max_examples=100, deadline=None)
def test_nobody_gets_anywhere_without_a_wish(events: list[Event]) -> None:
    silent = [event for event in events if event.act is not WISH]
    assert course(silent).moves == ()
