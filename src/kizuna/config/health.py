"""The health page: whether the database answers, how far behind the inbox is, when a worker last showed a sign of life.

Figures only, nothing secret: it is open, because whatever watches an installation has no account.
"""

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

from django.db import close_old_connections

from kizuna.config import version
from kizuna.config.bridge import Send
from kizuna.jobs import leases, queue
from kizuna.tracking.inbox import measure_lag

_WORKER_SILENT_S = 60.0
_BEHIND_S = 60.0


async def answer(send: Send) -> None:
    """Answer 200 where the database answers, else 503; the status in words says what is late or given up.

    Late work is no 503: pages and capture go on, and a balancer that took the process away would lose events.
    """
    figures = await asyncio.to_thread(lambda: measure(datetime.now(UTC)))
    await _send_json(send, 200 if figures["database"] == "ok" else 503, figures)


async def answer_absent(send: Send) -> None:
    """Answer 404 for what this process does not serve."""
    await _send_json(send, 404, {"error": "this process does not serve pages"})


def measure(now: datetime) -> dict[str, Any]:
    """Measure now; never raises."""
    close_old_connections()
    begun = time.perf_counter()
    figures: dict[str, Any] = {"status": "ok", "version": version.get_version(), "database": "ok"}
    try:
        last = leases.find_last_sign()
        figures["worker_seconds_ago"] = None if last is None else round((now - last).total_seconds(), 1)
        figures["dead_jobs"] = queue.count_dead()
        figures["database_ms"] = round((time.perf_counter() - begun) * 1000, 1)
        lag = measure_lag()
    except Exception as problem:
        return {"status": "failing", "database": type(problem).__name__}
    figures["inbox_lag"] = lag.requests
    waits = 0.0 if lag.oldest_us is None else now.timestamp() - lag.oldest_us / 1_000_000
    figures["inbox_lag_seconds"] = round(max(0.0, waits), 1)
    figures["status"] = _describe(figures)
    return figures


def _describe(figures: dict[str, Any]) -> str:
    """The worst that holds, in words."""
    silent = figures["worker_seconds_ago"]
    if silent is None or silent > _WORKER_SILENT_S:
        return "no worker"
    if figures["inbox_lag_seconds"] > _BEHIND_S:
        return "behind"
    return "degraded" if figures["dead_jobs"] else "ok"


async def _send_json(send: Send, status: int, content: dict[str, Any]) -> None:
    body = json.dumps(content).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
