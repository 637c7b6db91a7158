"""Every question on DuckDB against a second computation in plain Python, over shops with and without each part."""

from pathlib import Path

import numpy as np
import pytest

from kizuna.warehouse import questions
from kizuna.warehouse.engines import open_engine
from kizuna.warehouse.engines.session import EngineMissing, WrongAnswer, checked, from_rows
from kizuna.warehouse.face import Warehouse
from kizuna.warehouse.questions import BadNumber
from tests.warehouse.asking import ASKED, assert_rows, every_answer
from tests.warehouse.making import DAY_US, Traits, make_shop
from tests.warehouse.second_way import ORACLES

SHOPS = {
    "whole": Traits(),
    "all sealed": Traits(tail=False),
    "all in the tail": Traits(sealed=False),
    "nothing moved, stale or gone": Traits(moved=False, stale=False, gone=False),
    "no orders": Traits(orders=False),
    "no pages": Traits(pages=False),
    "empty": Traits(customers=0),
    "nothing at all": Traits(customers=0, sealed=False, tail=False),
}


@pytest.mark.parametrize("look", SHOPS)
def test_every_answer_is_what_a_second_computation_says(tmp_path: Path, look: str) -> None:
    made = make_shop(tmp_path, seed=3, traits=SHOPS[look])
    with open_engine("duckdb", made.holding) as session:
        answers = every_answer(Warehouse(session))
    for (name, given), answer in answers.items():
        if name in ORACLES:
            assert_rows(answer, ORACLES[name](made.events, made.lines, *given), (look, name, given))


def test_every_question_is_asked_by_the_face_and_by_this_suite() -> None:
    assert set(ASKED) == set(questions.list_questions())
    assert all(callable(getattr(Warehouse, name)) for name in ASKED)


@pytest.mark.parametrize("number", ["1; DROP TABLE event", True, None, float("nan"), float("inf"), 2**63, -(2**63)])
def test_nothing_but_numbers_gets_into_a_question(number: object) -> None:
    with pytest.raises(BadNumber):
        questions.get_question("purchases").filled(until_us=number)  # type: ignore[arg-type]


def test_a_question_takes_exactly_its_numbers() -> None:
    question = questions.get_question("net_profit")
    with pytest.raises(BadNumber):
        question.filled(from_us=1)
    with pytest.raises(BadNumber):
        question.filled(from_us=1, to_us=2, window_us=3)
    assert ":" not in question.filled(from_us=-5, to_us=2)


@pytest.mark.parametrize(("step", "period"), [(0, DAY_US), (-1, DAY_US), (DAY_US, 1001 * DAY_US)])
def test_transitions_refuse_more_steps_than_they_count(tmp_path: Path, step: int, period: int) -> None:
    made = make_shop(tmp_path, traits=Traits(customers=0))
    with open_engine("duckdb", made.holding) as session, pytest.raises(BadNumber):
        Warehouse(session).transitions(step, 0, period)


def test_an_answer_of_another_type_or_with_a_gap_is_an_error() -> None:
    gives = {"n": "BIGINT"}
    assert checked({"n": np.array([1], dtype=np.int32)}, gives)["n"].dtype == np.int64
    for wrong in (np.array([1.0]), np.array(["1"], dtype=object), np.ma.array([1], mask=[True])):
        with pytest.raises(WrongAnswer):
            checked({"n": wrong}, gives)
    with pytest.raises(WrongAnswer):
        checked({"m": np.array([1])}, gives)
    for row in ([1.0], [None], ["1"], [True]):
        with pytest.raises(WrongAnswer):
            from_rows(["n"], [row], gives)


def test_an_unknown_engine_is_named_with_those_there_are(tmp_path: Path) -> None:
    made = make_shop(tmp_path, traits=Traits(customers=0))
    with pytest.raises(EngineMissing, match="duckdb, sqlite, postgresql, spark, clickhouse"):
        open_engine("abacus", made.holding)
