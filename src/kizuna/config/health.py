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


async def answer(send: Send) -> None:
    """Answer 200 where the database answers, else 503; what is merely late is shown as degraded."""
    figures = await asyncio.to_thread(measure)
    await _send_json(send, 200 if figures["database"] == "ok" else 503, figures)


async def answer_absent(send: Send) -> None:
    """Answer 404 for what this process does not serve."""
    await _send_json(send, 404, {"error": "this process does not serve pages"})


def measure() -> dict[str, Any]:
    """Measure now; never raises."""
    close_old_connections()
    begun = time.perf_counter()
    figures: dict[str, Any] = {"status": "ok", "version": version.get_version(), "database": "ok"}
    try:
        last = leases.find_last_sign()
        figures["worker_seconds_ago"] = None if last is None else round((datetime.now(UTC) - last).total_seconds(), 1)
        figures["dead_jobs"] = queue.count_dead()
        figures["database_ms"] = round((time.perf_counter() - begun) * 1000, 1)
        figures["inbox_lag"] = measure_lag()
    except Exception as problem:
        return {"status": "failing", "database": type(problem).__name__}
    silent = figures["worker_seconds_ago"]
    if silent is None or silent > _WORKER_SILENT_S or figures["dead_jobs"]:
        figures["status"] = "degraded"
    return figures


async def _send_json(send: Send, status: int, content: dict[str, Any]) -> None:
    body = json.dumps(content).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
