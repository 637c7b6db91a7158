"""Caps and quiet hours as properties: whatever the zone, the hour and what was sent before."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from kizuna.outreach.hours import DAY_US, Cap, Window, is_open, next_open, next_within

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"])
INSTANTS = st.integers(1_700_000_000, 1_900_000_000).map(lambda second: second * 1_000_000)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Any window that rules may hold."""
    begins = draw(st.integers(0, 1380))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    return Window(begins, draw(st.integers(begins + 60, 1440)), days)


@given(windows(), ZONES, INSTANTS)
def test_mail_leaves_only_in_the_customers_hours_and_as_soon_as_they_begin(
    window: Window, name: str, at_us: int
) -> None:
    zone = ZoneInfo(name)
    found = next_open(window, zone, at_us)
    local = datetime.fromtimestamp(found / 1e6, UTC).astimezone(zone)
    assert found >= at_us
    assert local.weekday() in window.weekdays
    assert window.from_minute <= local.hour * 60 + local.minute < window.until_minute
    # no earlier quarter of an hour would have done
    for step in range(1, 40):
        earlier = found - step * 900_000_000
        if earlier < at_us:
            break
        assert not is_open(window, zone, earlier)


@given(st.integers(1, 5), st.integers(1, 60), st.lists(st.integers(0, 400 * 24), max_size=30))
def test_nobody_ever_gets_more_than_the_cap(mails: int, days: int, wished: list[int]) -> None:
    cap, sent = Cap(mails, days), list[int]()
    for hour in sorted(wished):
        at_us = next_within(cap, sent, hour * 3_600_000_000)
        if not sent or at_us >= sent[-1]:
            sent.append(at_us)
    for us in sent:
        assert len([each for each in sent if us - days * DAY_US < each <= us]) <= mails


def test_clocks_that_skip_an_hour_move_no_mail_into_the_night() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    window = Window(2 * 60, 3 * 60, frozenset({6}))  # an hour that does not exist on the last Sunday of March
    skipped = datetime(2026, 3, 29, 0, 0, tzinfo=berlin)
    found = next_open(window, berlin, int(skipped.timestamp() * 1e6))
    assert datetime.fromtimestamp(found / 1e6, berlin) == datetime(2026, 4, 5, 2, 0, tzinfo=berlin)
