"""What operators say in live chats: POST /live/SLUG/say, typing and seen, with the session's cookie and X-CSRFToken.

The words take the same way as a visitor's, through the one writing thread, so that both sides are numbered alike. A
chat that somebody else serves takes them from supervisors alone, so that one visitor is not answered by two.
"""

import contextlib
import logging
import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.cookie import parse_cookie
from django.middleware.csrf import CsrfViewMiddleware

from kizuna.conversations.live import keys, shown
from kizuna.conversations.live.keys import Chat
from kizuna.flows.live.marking import Marks
from kizuna.flows.live.saying import Author, Said
from kizuna.web.live import wire
from kizuna.web.live.chat_door import Gone, read_body, send_json
from kizuna.web.live.entry import Entry, find_entry
from kizuna.web.live.panel_calls import Parts, run, store
from kizuna.web.live.wire import Later, Refused
from kizuna.web.live.writer import Failed

_PATH = re.compile(r"/live/([-\w]{1,40})/(say|typing|seen)")
_ASKED = (b"cookie", b"x-csrftoken", b"origin", b"host")
_log = logging.getLogger(__name__)


class DeskDoor:
    """Answers what consoles say."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        try:
            body = await read_body(scope, receive, wire.LONGEST_BODY)
            await send_json(send, 200, await self._answer(scope, body))
        except Refused as refusal:
            await _refuse(send, refusal.status, str(refusal), refusal.field)
        except (Later, Failed) as fault:
            await _refuse(send, 503, str(fault) or "it could not be stored just now; send it again")
        except Gone:
            return
        except Exception:
            _log.exception("the desk's door failed")
            await _refuse(send, 500, "something went wrong here; please send it again")

    async def _answer(self, scope: Any, body: bytes) -> dict[str, Any]:
        found = _PATH.fullmatch(scope["path"])
        if found is None:
            raise Refused(404, "there is no such address", "path")
        slug, what = found.groups()
        entry = await self._enter(scope, slug)
        if what == "say":
            return await self._say(entry, wire.parse(wire.DeskWords, body))
        told = wire.parse(wire.DeskMark, body)
        chat = await self._chat(entry, told)
        if what == "typing":
            self._parts.hub.tell_chat(chat.id, "typing", {"name": entry.name})
            self._parts.ledger.of(entry.shop_id).people_type[chat.id] = entry.name
        else:
            self._parts.ledger.mark(entry.shop_id, chat.id, Marks(seen=min(told.number, chat.last_number)))
        return {}

    async def _enter(self, scope: Any, slug: str) -> Entry:
        """Ask who it is at most every few seconds: a session that ended, or a role that was taken, stops then."""
        told = tuple((name, value) for name, value in scope["headers"] if name in _ASKED)
        entry: Entry = await self._parts.memory.remember(("entry", slug, told), lambda: _enter(scope, slug))
        return entry

    async def _say(self, entry: Entry, told: wire.DeskWords) -> dict[str, Any]:
        chat = await self._chat(entry, told, remembered=True)
        text = told.text.strip().replace("\x00", "")
        if not text and not told.attachments and not told.card:
            raise Refused(400, "write something first", "text")
        remarks = {name: value for name, value in (("card", told.card), ("choices", told.choices)) if value}
        said = Said(
            chat.shop_id,
            chat.id,
            told.client_id,
            text,
            author=Author.PERSON,
            person_id=entry.person_id,
            name=entry.name,
            attachments=tuple(told.attachments),
            remarks=remarks,
            supervises=entry.supervises,
        )
        stored = await store(self._parts.writer, said)
        return {"number": stored.message.number, "at": shown.iso(stored.message.at_us)}

    async def _chat(self, entry: Entry, told: wire.DeskWords | wire.DeskMark, *, remembered: bool = False) -> Chat:
        """Find a chat of the shop; for words what was known a moment ago will do, they are checked when stored."""
        public_id = told.conversation
        chat: Chat | None
        if remembered:
            chat = await self._parts.memory.remember(("desk", public_id), lambda: keys.find_chat(public_id))
        else:
            chat = await run(self._parts.threads, lambda now: keys.find_chat(public_id))
        if chat is None or chat.shop_id != entry.shop_id:
            raise Refused(404, "there is no such conversation", "conversation")
        return chat


def _enter(scope: Any, slug: str) -> Entry:
    """Who asks; whoever may not answer for the shop is refused, strangers as if there were nothing."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    cookie = headers.get(b"cookie", "")
    entry = find_entry(cookie, slug)
    if entry is None:
        raise Refused(404, "there is no such address", "path")
    if find_entry(cookie, slug, "answer") is None:
        raise Refused(403, "you may not answer here")
    request = HttpRequest()
    request.method = "POST"
    request.COOKIES = parse_cookie(cookie)
    request.META = {
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": headers.get(b"host", ""),
        "HTTP_X_CSRFTOKEN": headers.get(b"x-csrftoken", ""),
    }
    if b"origin" in headers:
        request.META["HTTP_ORIGIN"] = headers[b"origin"]
    guard = CsrfViewMiddleware(lambda request: HttpResponse())
    guard.process_request(request)
    if guard.process_view(request, lambda request: HttpResponse(), (), {}) is not None:
        raise Refused(403, "reload the page: its token does not fit", "X-CSRFToken")
    return entry


async def _refuse(send: Any, status: int, message: str, field: str = "") -> None:
    headers = [(b"retry-after", b"1")] if status == 503 else []
    content = {"error": message, "field": field} if field else {"error": message}
    with contextlib.suppress(OSError, RuntimeError):
        await send_json(send, status, content, headers)
