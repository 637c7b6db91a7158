"""Safe markup: whatever goes in as text comes out escaped, and figures read as people write them."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.html import figures, icons
from kizuna.html.markup import element


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(), st.text())
def test_no_text_becomes_markup(text: str, value: str) -> None:
    reader = _Reader()
    reader.feed(element("p", text, title=value))
    reader.close()
    assert [tag for tag, _ in reader.tags] == ["p"]
    assert set(reader.tags[0][1]) == {"title"}


def test_children_that_are_safe_stay_and_attributes_get_their_names() -> None:
    inner = element("b", "<x>")
    assert element("i", inner, class_="a", aria_label="q") == '<i class="a" aria-label="q"><b>&lt;x&gt;</b></i>'
    assert element("i", hidden=True, title=None, lang=False) == "<i hidden></i>"


@pytest.mark.parametrize("name", sorted(icons.PATHS))
def test_every_icon_is_one_path_hidden_from_screen_readers(name: str) -> None:
    drawn = icons.icon(name)
    assert 'aria-hidden="true"' in drawn
    assert re.search(r'<path d="M[\dMmLlHhVvCcSsZzAa .\-]+">', drawn)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (950, "950"), (1234, "1.2k"), (-84_000, "−84k"), (3_400_000, "3.4m"), (999_999, "1m"), (0.25, "0.2")],
)
def test_short_numbers(value: float, text: str) -> None:
    assert figures.short(value) == text


def test_changes_read_as_signed_shares() -> None:
    assert figures.change(100, 112.4) == f"+12.4{figures.THIN}%"
    assert figures.change(100, 91) == f"−9.0{figures.THIN}%"
    assert figures.change(-100, -50) == f"+50.0{figures.THIN}%"
    assert figures.change(0, 5) == "new"
    assert figures.change(5, 5) == "no change"


def test_times_in_the_shops_zone() -> None:
    assert figures.moment(0, "Asia/Tokyo") == "1 Jan 1970, 09:00"
    assert figures.moment(None, "UTC") == "never"
    hour = 3_600_000_000
    assert figures.ago(0, hour * 5) == "5 h ago"
    assert figures.ago(0, hour * 25) == "1 day ago"
    assert figures.initials("Zoë Brandt") == "ZB"
    assert figures.initials("👍") == "?"
