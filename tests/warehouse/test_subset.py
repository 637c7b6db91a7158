"""Every SQL file keeps to the subset that all engines read alike, and the lint finds what it must."""

import re

import pytest

from kizuna.warehouse import questions
from kizuna.warehouse.questions import QUERIES, TYPES
from tests.warehouse import subset

FILES = sorted(QUERIES.glob("*.sql"))
VIEWS = sorted((QUERIES / "views").glob("*.sql"))

BAD = {
    "characters": [
        'SELECT "day" FROM event',
        "SELECT `day` FROM event",
        "SELECT name || source AS a FROM event",
        "SELECT day FROM event; SELECT day FROM event",
        "SELECT day FROM event WHERE name = 'o''brien'",
        "SELECT day FROM event WHERE name = 'a\\n'",
        "SELECT day FROM event WHERE name = 'ä'",
        "SELECT day::bigint FROM event",
        "SELECT day FROM event WHERE day != 3",
        "SELECT day ^ 2 AS a FROM event",
    ],
    "words": [
        "SELECT day FROM event WHERE name LIKE 'a'",
        "SELECT MEDIAN(day) AS a FROM event",
        "SELECT median(day) AS a FROM event",
        "SELECT day FROM event LIMIT 3",
        "SELECT Day FROM event",
        "SELECT day FROM event WHERE EXISTS (SELECT day FROM event)",
        "SELECT day FROM event ORDER BY day NULLS FIRST",
        "SELECT a.day AS day FROM event AS a JOIN who AS b USING (customer_id)",
        "SELECT FLOOR(day) AS a FROM event",
    ],
    "lag_defaults": [
        "SELECT LAG(day) OVER (ORDER BY ev_id) AS a FROM event",
        "SELECT LEAD(day, 1) OVER (ORDER BY ev_id) AS a FROM event",
    ],
    "frames": ["SELECT SUM(day) OVER (ORDER BY ev_id) AS a FROM event"],
    "ties": [
        "SELECT LAG(day, 1, -1) OVER (PARTITION BY ev_id ORDER BY ts_us) AS a FROM event",
        "SELECT MAX(day) OVER (ORDER BY ev_id, ts_us DESC ROWS UNBOUNDED PRECEDING) AS a FROM event",
        "SELECT CAST(ROW_NUMBER() OVER (ORDER BY revenue_minor) AS BIGINT) AS a FROM event",
    ],
    "casts": ["SELECT CAST(day AS double) AS a FROM event", "SELECT CAST(day AS text) AS a FROM event"],
    "floats": ["SELECT day * 0.5 AS a FROM event", "SELECT day * 2. AS a FROM event"],
    "big_integers": ["SELECT -9223372036854775808 AS a FROM event"],
    "sums_of_instants": ["SELECT SUM(ts_us) AS a FROM event", "SELECT SUM(e.ts_us - 5) AS a FROM event AS e"],
    "counts": [
        "SELECT COUNT(*) AS a FROM event",
        "SELECT ROW_NUMBER() OVER (ORDER BY ev_id) - 2 AS a FROM event",
    ],
    "divisions": [
        "SELECT day / 7 AS a FROM event",
        "SELECT CAST(day / 7 AS BIGINT) AS a FROM event",
        "SELECT CAST((day - day % 7) / 8 AS BIGINT) AS a FROM event",
        "SELECT day / month AS a FROM event",
    ],
    "joins": [
        "SELECT a.day AS day FROM event AS a JOIN event AS b ON a.day < b.day",
        "SELECT a.day AS day FROM event AS a LEFT JOIN event AS b ON a.day = b.day AND b.day > 3",
        "SELECT a.day AS day FROM event AS a JOIN event AS b ON a.day = b.day OR a.month = b.month",
    ],
    "unions": ["SELECT day FROM event UNION SELECT day FROM event"],
    "stars": ["SELECT * FROM event", "SELECT a.* FROM event AS a"],
    "sources": ["SELECT day FROM ev_sealed", "SELECT a.day AS day FROM event AS a JOIN moved AS m ON m.day = a.day"],
}


@pytest.mark.parametrize("path", [*FILES, *VIEWS], ids=lambda path: path.stem)
def test_every_file_keeps_to_the_subset(path: object) -> None:
    tables = subset.BELOW if path in VIEWS else subset.TABLES
    text = path.read_text(encoding="ascii")  # type: ignore[attr-defined]
    assert subset.problems(subset.read(text, tables)) == {}


@pytest.mark.parametrize(("rule", "sample"), [(rule, sample) for rule, each in BAD.items() for sample in each])
def test_a_bad_sample_is_refused_by_its_rule_alone(rule: str, sample: str) -> None:
    assert list(subset.problems(subset.read(sample))) == [rule]


def test_every_rule_has_a_sample_that_only_it_refuses() -> None:
    assert set(BAD) == {rule.__name__ for rule in subset.RULES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_head_of_a_question_says_what_it_is_given_and_gives(path: object) -> None:
    question = questions.get_question(path.stem)  # type: ignore[attr-defined]
    assert set(re.findall(r":(\w+)", question.text)) == set(question.given)
    assert question.gives
    assert set(question.gives.values()) <= set(TYPES)
    assert path.read_text().startswith("-- ")  # type: ignore[attr-defined]


def test_every_view_stands_in_the_chain() -> None:
    assert {path.stem for path in VIEWS} == set(questions.CHAINS)
    for name in questions.CHAINS:
        view = questions.get_view(name)
        assert {view.instead, *view.needs} <= subset.BELOW
