"""What people copy and paste to connect a source: our tracker, the Segment clients, a plain HTTP request.

Texts only. The wire they speak is answered by the capture door.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from kizuna.shops import sources

PLACE = "YOUR_WRITE_KEY"


@dataclass(frozen=True)
class Snippet:
    """One way to connect."""

    id: str
    title: str
    hint: str
    text: str


def write(address: str, key: str, kind: str, *, honour_do_not_track: bool = True) -> list[Snippet]:
    """Write the ways to connect a source of this kind, with its key in place."""
    browser = [_tracker(address, key, honour_do_not_track), write_panel(address, key), _segment_browser(address, key)]
    server = [_segment_python(address, key), _segment_node(address, key), _plain_request(address, key)]
    return browser if kind == sources.BROWSER else server


def write_panel(address: str, key: str) -> Snippet:
    """Write how a page shows the chat panel."""
    text = f'<script async src="{address}/kizuna-chat.js" data-write-key="{key}"></script>'
    hint = "Beside the tracker, with the same key: both then speak of the same visitor. Its look is set under Panel."
    return Snippet("panel", "The chat panel", hint, text)


def _tracker(address: str, key: str, honour_do_not_track: bool) -> Snippet:
    wishes = "" if honour_do_not_track else ' data-do-not-track="ignore"'
    text = f'<script async src="{address}/kizuna.js" data-write-key="{key}"{wishes}></script>'
    respects = "respects" if honour_do_not_track else "does not ask for"
    hint = f"Put it into the head of every page. It records page views by itself and {respects} Do-Not-Track."
    return Snippet("tracker", "Our own tracker", hint, text)


def _segment_browser(address: str, key: str) -> Snippet:
    parts = urlsplit(address)
    text = f"""import {{ AnalyticsBrowser }} from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load(
  {{ writeKey: "{key}", cdnURL: "{address}" }},
  {{ integrations: {{ "Segment.io": {{ apiHost: "{parts.netloc}/v1", protocol: "{parts.scheme}" }} }} }},
);
analytics.page();"""
    return Snippet("browser", "Segment's browser client", "npm install @segment/analytics-next", text)


def _segment_node(address: str, key: str) -> Snippet:
    text = f"""import {{ Analytics }} from "@segment/analytics-node";

const analytics = new Analytics({{ writeKey: "{key}", host: "{address}", path: "/v1/batch" }});
analytics.track({{ userId: "17850", event: "Product Viewed", properties: {{ product_id: "85123A" }} }});"""
    return Snippet("node", "Segment's Node client", "npm install @segment/analytics-node", text)


def _segment_python(address: str, key: str) -> Snippet:
    text = f"""import segment.analytics as analytics

analytics.write_key = "{key}"
analytics.host = "{address}"
analytics.track("17850", "Product Viewed", {{"product_id": "85123A"}})
analytics.flush()"""
    return Snippet("python", "Segment's Python client", "pip install segment-analytics-python", text)


def _plain_request(address: str, key: str) -> Snippet:
    text = f"""curl {address}/v1/track -u {key}: -H "Content-Type: application/json" -d '{{
  "messageId": "first-1", "userId": "17850", "event": "Order Completed",
  "properties": {{"order_id": "1001", "currency": "EUR", "total": 59.90,
    "products": [{{"product_id": "85123A", "price": 59.90, "quantity": 1}}]}}
}}'"""
    return Snippet("curl", "A plain request", "Any language that speaks HTTP will do.", text)
