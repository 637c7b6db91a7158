"""Cron expressions: what they name, what is refused, and the last tick of a stretch of time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.jobs import cron


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "moment", "named"),
    [
        ("* * * * *", "2026-11-22T09:13", True),
        ("*/15 * * * *", "2026-11-22T09:45", True),
        ("*/15 * * * *", "2026-11-22T09:46", False),
        ("5/20 * * * *", "2026-11-22T09:45", True),
        ("0 0 * * *", "2026-11-22T00:00", True),
        ("0 9-17 * * 1-5", "2026-11-23T17:00", True),
        ("0 9-17 * * 1-5", "2026-11-22T12:00", False),
        ("0 0 * * 0", "2026-11-22T00:00", True),
        ("0 0 * * 7", "2026-11-22T00:00", True),
        ("0 0 13 * 5", "2026-11-13T00:00", True),
        ("0 0 13 * 5", "2026-11-20T00:00", True),
        ("0 0 13 * 5", "2026-12-13T00:00", True),
        ("0 0 13 * 5", "2026-12-14T00:00", False),
        ("1,2 3 4 5 *", "2026-05-04T03:02", True),
    ],
)
def test_an_expression_names_the_minutes_that_cron_names(expression: str, moment: str, named: bool) -> None:
    assert cron.matches(expression, _at(moment)) is named


@pytest.mark.parametrize(
    "bad", ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "a * * * *", "5-1 * * * *", "*/0 * * * *"]
)
def test_nonsense_is_refused(bad: str) -> None:
    with pytest.raises(cron.BadCron):
        cron.parse_cron(bad)


@given(st.integers(0, 3000), st.integers(0, 3000), st.sampled_from(["*/7 * * * *", "0 3 * * *", "30 */6 * * *"]))
def test_the_last_tick_is_the_newest_named_minute(start: int, length: int, expression: str) -> None:
    after = _at("2026-11-22T00:00") + timedelta(minutes=start, seconds=17)
    upto = after + timedelta(minutes=length)
    minutes = [after.replace(second=0) + timedelta(minutes=1 + each) for each in range(length + 1)]
    named = [each for each in minutes if after < each <= upto and cron.matches(expression, each)]
    assert cron.find_last_tick(expression, after, upto) == (named[-1] if named else None)
