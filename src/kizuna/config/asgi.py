"""The one ASGI application: capture and live are raw doors, everything else goes over the bridge to Django's pages.

It also starts and stops what lives as long as the process: the inbox, the bus and the worker.
"""

import asyncio
import logging
import threading

import django

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

from kizuna.bus import notes  # noqa: E402
from kizuna.config import health  # noqa: E402
from kizuna.config.bridge import Bridge, Receive, Scope, Send, find_client  # noqa: E402
from kizuna.jobs import worker  # noqa: E402
from kizuna.tracking.inbox import open_inbox  # noqa: E402
from kizuna.web.capture.door import CaptureDoor  # noqa: E402
from kizuna.web.capture.keys import KeyRing  # noqa: E402
from kizuna.web.live.chat_door import ChatDoor, open_parts  # noqa: E402
from kizuna.web.live.desk_door import DeskDoor  # noqa: E402
from kizuna.web.live.door import LiveDoor  # noqa: E402
from kizuna.web.mail.doors import Doors, open_doors  # noqa: E402

_log = logging.getLogger(__name__)


class Kizuna:
    """Dispatches by path, as far as the roles of this process permit."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        self.roles = roles
        self._bridge: Bridge | None = None
        self._capture: CaptureDoor | None = None
        self._live = LiveDoor()
        self._chat: ChatDoor | None = None
        self._desk: DeskDoor | None = None
        self._stop = threading.Event()
        self._worker: threading.Thread | None = None
        self._mail: Doors | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if path.startswith("/v1/") and self._capture is not None:
                await self._capture(scope, receive, send)
            elif path == "/healthz":
                await health.answer(send)
            elif self._bridge is None or self._chat is None or self._desk is None:
                await health.answer_absent(send)
            elif path.startswith("/chat/v1/"):
                await self._chat(scope, receive, send)
            elif path.startswith("/live/") and scope["method"] == "POST":
                await self._desk(scope, receive, send)
            elif path.startswith("/live/"):
                await self._live(scope, receive, send)
            else:
                await self._bridge(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live_through(receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    def close_streams(self) -> None:
        """End the open streams, so that a stopping server need not wait for them."""
        self._live.close()
        if self._chat is not None:
            self._chat.close()

    async def _live_through(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await asyncio.to_thread(self._start)
        except Exception as problem:
            _log.exception("cannot start")
            await send({"type": "lifespan.startup.failed", "message": str(problem)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(self._finish)
        await send({"type": "lifespan.shutdown.complete"})

    def _start(self) -> None:
        if "web" in self.roles:
            self._bridge = Bridge(get_wsgi_application(), trusted_proxies=settings.TRUSTED_PROXIES)
            parts = open_parts()
            self._chat = ChatDoor(parts, _find_client, settings.CHAT_RATE)
            self._desk = DeskDoor(parts)
        if "capture" in self.roles:
            self._capture = CaptureDoor(open_inbox(), KeyRing(), settings.CAPTURE_RATE)
        if "worker" in self.roles:
            self._worker = threading.Thread(target=worker.run, args=(self._stop,), name="kizuna worker", daemon=True)
            self._worker.start()
            self._mail = open_doors(settings.LMTP)

    def _finish(self) -> None:
        if self._mail is not None:
            self._mail.stop()
        self._stop.set()
        self._live.close()
        if self._chat is not None:
            self._chat.finish()
        notes.close()
        if self._worker is not None:
            self._worker.join(12.0)
        if self._capture is not None:
            self._capture.close()
        if self._bridge is not None:
            self._bridge.close()


def _find_client(scope: Scope) -> str:
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    return find_client(scope, forwarded, settings.TRUSTED_PROXIES)


application = Kizuna(settings.ROLES)
