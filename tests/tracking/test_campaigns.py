"""Where a visitor came from, read from what a client sends; nothing a client sends makes it fail."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.tracking.campaigns import LONGEST, find_source
from kizuna.tracking.normalise import Normalised, normalise
from kizuna.tracking.wire import RawEvent

HERE = "https://www.shop.example/mugs"
names = st.sampled_from(["campaign", "source", "page", "url", "referrer"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["campaign", "source", "page", "url", "referrer"]), inner)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("context", "properties", "source"),
    [
        ({"campaign": {"source": " Newsletter "}, "page": {"referrer": "https://a.example"}}, {}, "newsletter"),
        ({"page": {"url": f"{HERE}?utm_source=Ads&x=1", "referrer": "https://a.example"}}, {}, "ads"),
        ({"page": {"url": HERE, "referrer": "https://www.search.example/?q=mug"}}, {}, "search.example"),
        ({}, {"url": HERE, "referrer": "https://search.example/"}, "search.example"),
        ({"page": {"url": HERE, "referrer": "https://shop.example/"}}, {}, ""),
        ({"campaign": {"source": ""}, "page": {"url": HERE, "referrer": ""}}, {}, ""),
        ({"campaign": "summer", "page": {"url": "http://[", "referrer": "http://["}}, {}, ""),
        ({"campaign": {"source": "\x00a" + "b" * 200}}, {}, "a" + "b" * (LONGEST - 1)),
        ({}, {}, ""),
    ],
)
def test_the_campaign_then_the_address_then_the_referrer(
    context: dict[str, Any], properties: dict[str, Any], source: str
) -> None:
    assert find_source(context, properties) == source


@given(context=st.dictionaries(st.sampled_from(["campaign", "page"]), anything), said=anything)
def test_whatever_is_sent_gives_a_short_text(context: dict[str, Any], said: Any) -> None:
    found = find_source(context, said if isinstance(said, dict) else {})
    assert len(found) <= LONGEST
    assert "\x00" not in found


def test_an_event_keeps_it() -> None:
    body = b'{"anonymousId": "a", "context": {"campaign": {"source": "Ads"}}}'
    event = normalise(RawEvent("page", body, 1_700_000_000_000_000), "browser")
    assert isinstance(event, Normalised)
    assert event.came_from == "ads"
