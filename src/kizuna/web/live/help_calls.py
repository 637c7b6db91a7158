"""What a panel asks for around a chat: answers without a person, ending it, going on by mail, saying how it was.

Each is one flow; what a person has to check is checked there. Sending, streams and marks are panel_calls.
"""

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from kizuna.conversations.live.keys import Chat
from kizuna.flows import answers
from kizuna.flows.live import arriving, asking, deferring, ending, reporting
from kizuna.flows.live.arriving import Opening
from kizuna.flows.live.deferring import Deferral
from kizuna.flows.live.reporting import Report
from kizuna.knowledge import articles
from kizuna.shops.tenants import Refused as NotAllowed
from kizuna.web.live import wire
from kizuna.web.live.panel_calls import PanelCalls, Parts, read_context, run
from kizuna.web.live.rates import Buckets
from kizuna.web.live.tokens import Token
from kizuna.web.live.wire import Later, Refused

if TYPE_CHECKING:
    from kizuna.conversations.models import ServiceRequest
    from kizuna.shops.models import Shop

MOST_HITS = 8


class HelpCalls:
    """Answers what panels ask around a chat."""

    def __init__(self, parts: Parts, calls: PanelCalls) -> None:
        self._threads = parts.threads
        self._memory = parts.memory
        self._calls = calls
        self._asked = Buckets(1.0, 20.0, time.monotonic)
        self._mailed = Buckets(1 / 30, 5.0, time.monotonic)

    def all(self) -> dict[str, Callable[[bytes, str], Awaitable[dict[str, Any]]]]:
        """Name every call."""
        return {
            "search": self.search,
            "article": self.article,
            "helpful": self.helpful,
            "close": self.close,
            "defer": self.defer,
            "transcript": self.transcript,
            "rate": self.rate,
            "report": self.report,
        }

    async def search(self, body: bytes, origin: str) -> dict[str, Any]:
        """Find published answers."""
        told = wire.parse(wire.Search, body)
        _, shop = await self._enter(told.token, origin, self._asked)
        found = await run(self._threads, lambda now: answers.search(shop, told.words, told.language, now))
        hits = [
            {"id": str(hit.id), "title": hit.title, "excerpt": hit.excerpt, "url": hit.url} for hit in found[:MOST_HITS]
        ]
        return {"hits": hits}

    async def article(self, body: bytes, origin: str) -> dict[str, Any]:
        """Show a published answer."""
        told = wire.parse(wire.Article, body)
        _, shop = await self._enter(told.token, origin, self._asked)
        try:
            found = await run(self._threads, lambda now: articles.get_public(shop.pk, told.article, told.language))
        except articles.NotThere:
            raise Refused(404, "there is no such article", "article") from None
        return {"id": str(found.id), "title": found.title, "html": found.html, "text": found.text, "url": found.url}

    async def helpful(self, body: bytes, origin: str) -> dict[str, Any]:
        """Note whether an answer helped."""
        told = wire.parse(wire.Article, body)
        token, shop = await self._enter(told.token, origin, self._asked)
        helped = bool(told.helpful)
        try:
            await run(
                self._threads,
                lambda now: answers.note_helpful(shop, told.article, token.key, helped, now, told.language or "en"),
            )
        except articles.NotThere:
            raise Refused(404, "there is no such article", "article") from None
        return {}

    async def close(self, body: bytes, origin: str) -> dict[str, Any]:
        """End the chat by the visitor's own word."""
        told = wire.parse(wire.InChat, body)
        token, shop = await self._enter(told.token, origin, self._asked)
        chat = await self._calls.chat(token, told.conversation)
        await run(self._threads, lambda now: ending.close(shop, chat.id, None, now, ending.LEFT))
        return {}

    async def defer(self, body: bytes, origin: str) -> dict[str, Any]:
        """Let the chat go on by mail; where none is open yet, one begins for it."""
        told = wire.parse(wire.Defer, body)
        token, shop = await self._enter(told.token, origin, self._mailed)
        if told.conversation is None:
            opening = Opening(told.client_id, language=told.language, context=read_context(told.context), waits=False)
            opened = await run(self._threads, lambda now: arriving.open_chat(shop, token.visitor, opening, now))
            chat: Chat = opened.chat
        else:
            chat = await self._calls.chat(token, told.conversation)
        left = Deferral(told.name, told.email, told.text.replace("\x00", ""), told.reason, told.client_id)
        try:
            goes_on = await run(self._threads, lambda now: _name_of(deferring.defer(shop, chat.id, left, now)))
        except NotAllowed as refusal:
            raise Refused(400, refusal.message, refusal.field) from None
        return {"conversation": goes_on or str(chat.public_id)}

    async def transcript(self, body: bytes, origin: str) -> dict[str, Any]:
        """Send what was said to an address."""
        told = wire.parse(wire.InChat, body)
        token, shop = await self._enter(told.token, origin, self._mailed)
        chat = await self._calls.chat(token, told.conversation)
        try:
            sent = await run(self._threads, lambda now: deferring.transcript(shop, chat.id, told.email, now))
        except NotAllowed as refusal:
            raise Refused(400, refusal.message, refusal.field) from None
        return {"sent": sent}

    async def rate(self, body: bytes, origin: str) -> dict[str, Any]:
        """Take how the chat was."""
        told = wire.parse(wire.Rate, body)
        token, shop = await self._enter(told.token, origin, self._asked)
        chat = await self._calls.chat(token, told.conversation)
        said = {name: str(value) for name, value in told.answers.items()}
        try:
            await run(self._threads, lambda now: asking.answer(shop, chat.id, said, now))
        except asking.Answered:
            return {"again": True}
        except asking.Refused as refusal:
            raise Refused(400, str(refusal), "answers") from None
        return {}

    async def report(self, body: bytes, origin: str) -> dict[str, Any]:
        """Take a panel's report on the system."""
        told = wire.parse(wire.Report, body)
        _, shop = await self._enter(told.token, origin, self._asked)
        counted = Report(told.chats, told.reconnects, told.failures, told.delivery_ms)
        await run(self._threads, lambda now: reporting.report(shop, counted, now))
        return {}

    async def _enter(self, text: str, origin: str, buckets: Buckets) -> "tuple[Token, Shop]":
        token = await self._calls.read_token(text, origin)
        wait = buckets.take((token.shop_id, token.grip))
        if wait:
            raise Later(429, "more is asked than one visitor may ask", wait)
        return token, await self._memory.shop(token.shop_id)


def _name_of(wish: "ServiceRequest") -> str:
    """What panels call the chat in which a request goes on."""
    return "" if wish.conversation is None else str(wish.conversation.public_id)
