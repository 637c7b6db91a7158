"""What the wire tests share: reading the inbox of a served installation, event by event."""

import json
import sqlite3
from typing import Any

from tests.journeys.conftest import LiveKizuna


def read_events(live: LiveKizuna) -> list[tuple[str, dict[str, Any]]]:
    """Read every stored event with the call it came in; the installation must have no worker that moves them on."""
    with sqlite3.connect(live.home / "inbox.sqlite3") as inbox:
        rows = inbox.execute("SELECT call, body FROM inbox ORDER BY id").fetchall()
    events = []
    for call, body in rows:
        content = json.loads(body)
        events += [(call, event) for event in (content["batch"] if call == "batch" else [content])]
    return events
