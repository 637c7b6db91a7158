"""`./run serve`: bring the database up to date, then answer on one address until told to stop."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

from kizuna.flows import installation


class Command(BaseCommand):
    """Starts the server with the roles of KIZUNA_ROLES."""

    help = "Migrate, then serve pages, capture and live updates and work off jobs (KIZUNA_ROLES chooses)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the address words; they override KIZUNA_HOST and KIZUNA_PORT."""
        parser.add_argument("--host", default=settings.HOST, help="address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare and serve; the address words were made settings before Django started (kizuna.__main__)."""
        installation.prepare()
        self.stdout.write(f"Kizuna serves {', '.join(settings.ROLES)} at {settings.PUBLIC_URL}/  (Ctrl-C ends it)")
        self.stdout.write(f"everything it stores is in {settings.HOME}")
        note = installation.first_run_note()
        if note:
            self.stdout.write(note)
        self.stdout.flush()
        serve(settings.HOST, settings.PORT)


def serve(host: str, port: int) -> None:
    """Answer until a signal ends it; open streams are ended first, requests in flight are answered."""
    settings.STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise wants the folder, files come from the packages
    application = import_string(settings.ASGI_APPLICATION)
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level="warning",
        backlog=2048,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=8,
    )
    server = _Server(config)
    asyncio.run(server.serve(), loop_factory=config.get_loop_factory())
    if not server.started:
        sys.exit(3)


class _Server(uvicorn.Server):
    """Ends streams before it waits for connections."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take a signal as the wish to end; uvicorn would raise it again and so end with an error."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def shutdown(self, sockets: Any = None) -> None:
        """Stop listening, end streams, wait for answers."""
        self.config.app.close_streams()  # type: ignore[union-attr]
        await super().shutdown(sockets)
