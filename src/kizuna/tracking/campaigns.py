"""Where a visitor came from, in one word: the source of the campaign, else the host of the page that led here.

Kept with every fact, because only the event itself knows; the shop's own pages lead nowhere and count as no source.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from kizuna.tracking.cleaning import clean_text

LONGEST = 100


def find_source(context: dict[str, Any], properties: dict[str, Any]) -> str:
    """Find the source in what came with an event: `context.campaign`, `utm_source` of the page, else the referrer.

    Lower case, a host without www. What cannot be read is no source, and never a reason to refuse the event.

    >>> find_source({"page": {"url": "https://shop.example/", "referrer": "https://www.Search.example/?q=mug"}}, {})
    'search.example'
    >>> find_source({"campaign": {"source": "Newsletter"}}, {})
    'newsletter'
    """
    campaign = context.get("campaign")
    named = campaign.get("source") if isinstance(campaign, dict) else None
    if isinstance(named, str) and (word := _word(named)):
        return word
    page = context.get("page")
    places = [place for place in (page, properties) if isinstance(place, dict)]
    url = _first(places, "url")
    if "utm_source=" in url and (word := _word(_campaign_in(url))):
        return word
    host = _host(_first(places, "referrer"))
    return "" if host == _host(url) else host


def _first(places: list[dict[str, Any]], name: str) -> str:
    return next((place[name] for place in places if isinstance(place.get(name), str) and place[name]), "")


def _campaign_in(url: str) -> str:
    try:
        return parse_qs(urlsplit(url).query, max_num_fields=100).get("utm_source", [""])[0]
    except ValueError:
        return ""


def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return _word(host.removeprefix("www."))


def _word(text: str) -> str:
    return clean_text(text.strip().lower(), LONGEST)
