"""Serves the real page Live with its real scripts, and a stream that says one thing once and then waits."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.contrib.staticfiles import finders
from django.test import Client

TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


@contextmanager
def served(whole: dict[str, Any]) -> Iterator[str]:
    """Serve the page of the owner of the shop `bench` until the block ends."""
    from kizuna.shops.models import Person

    client = Client()
    client.force_login(Person.objects.get(email="kim@bench.example"))
    page = client.get("/s/bench/live/", HTTP_HOST="localhost").content
    first = b"event: whole\ndata: " + json.dumps(whole).encode() + b"\n\n"
    ended = threading.Event()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/live/bench/desk":
                self._answer("text/event-stream", first)
                self.wfile.flush()
                ended.wait()
            elif path == "/s/bench/live/":
                self._answer("text/html", page)
            elif path.startswith("/static/") and (found := finders.find(path.removeprefix("/static/"))):
                with open(str(found), "rb") as file:
                    self._answer(TYPES.get(path.rpartition(".")[2], "text/plain"), file.read())
            else:
                self._answer("application/json", b'{"entries": [], "read": 0, "delivered": 0}')

        def do_POST(self) -> None:
            self._answer("application/json", b"{}")

        def _answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Nothing is written for each request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/s/bench/live/"
    finally:
        ended.set()
        server.shutdown()
