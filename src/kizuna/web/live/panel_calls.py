"""What a panel asks for, one method a call: read by wire, believed by token, done by one flow each.

Nothing here knows of HTTP but the status of a refusal; streams are in chat_door and hub.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import close_old_connections
from django.utils import timezone

from kizuna.conversations.attachments import Refused as FileRefused
from kizuna.conversations.live import hearsay, shown
from kizuna.conversations.live.invitations import Invited
from kizuna.conversations.live.keys import Chat
from kizuna.flows.live import arriving, marking, saying, telling, vouching
from kizuna.flows.live.arriving import Opening
from kizuna.flows.live.marking import Glance, Marks
from kizuna.flows.live.saying import Said, Stored
from kizuna.flows.live.vouching import Claimed
from kizuna.web.live import tokens, wire
from kizuna.web.live.hub import Hub
from kizuna.web.live.ledger import Ledger
from kizuna.web.live.memory import Memory
from kizuna.web.live.rates import Buckets
from kizuna.web.live.tokens import Token
from kizuna.web.live.wire import Later, Refused
from kizuna.web.live.writer import Full, Writer

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

CONTEXT_BYTES = 4_000
UPLOAD_COST = 5.0
CLOSED = "this conversation is closed: open another one"
_TURNED = {
    "closed": (409, CLOSED),
    "taken": (409, "somebody else serves this chat: ask them to hand it over"),
    "gone": (404, "there is no such conversation"),
    "files": (400, "attach it again"),
}


class PanelCalls:
    """Answers what panels ask."""

    def __init__(self, parts: "Parts") -> None:
        self._threads = parts.threads
        self._memory = parts.memory
        self._writer = parts.writer
        self._ledger = parts.ledger
        self._hub = parts.hub
        self._words = Buckets(2.0, 20.0, time.monotonic)
        self._small = Buckets(10.0, 60.0, time.monotonic)
        self._invitations = Buckets(1 / 60, 20.0, time.monotonic)

    async def read_token(self, text: str, origin: str) -> Token:
        """Believe a token, or refuse it; its shop's panel must be on and allow the site."""
        try:
            token = tokens.read(text, int(time.time()))
        except (tokens.Forged, ValueError, TypeError) as problem:
            raise Refused(401, f"say hello again: {problem}", "token") from None
        await self._check_panel(token.shop_id, origin)
        return token

    def pay(self, token: Token) -> None:
        """Count something small; one visitor may ask for so much of it. Raises Later."""
        self._pay(self._small, token)

    async def hello(self, body: bytes, origin: str) -> dict[str, Any]:
        """Greet a panel: its token, what it shows, the open chat."""
        told = wire.parse(wire.Hello, body)
        source = await self._memory.source(told.key)
        if source is None:
            raise Refused(401, "this write key is unknown or was revoked", "key")
        await self._check_panel(source.shop_id, origin)
        token = self._token_of(told, source.shop_id)
        shop = await self._memory.shop(source.shop_id)
        answer: dict[str, Any] = {}
        if told.user is not None:
            user = told.user
            traits = {name: value for name, value in (("name", user.name), ("email", user.email)) if value}
            claimed = Claimed(source.id, user.identifier, user.identifier_hash, user.jwt, traits)
            token, answer = await self._believe(shop, token, claimed)
        self._glance(token, wire.Glance("-", told.page, told.cart, told.locale))
        answer.update(await self._run(lambda now: arriving.hello(shop, token.visitor, now)))
        return {"token": tokens.write(token), "visitor": token.key, **answer}

    async def open(self, body: bytes, origin: str) -> dict[str, Any]:
        """Open a chat, or find the one that is open."""
        told = wire.parse(wire.Open, body)
        token = await self.read_token(told.token, origin)
        self._pay(self._words, token)
        shop = await self._memory.shop(token.shop_id)
        opening = Opening(
            told.client_id,
            _clean(told.text),
            _clean(told.name),
            told.email.strip(),
            told.language,
            told.invitation,
            read_context(told.context),
        )
        opened = await self._run(lambda now: arriving.open_chat(shop, token.visitor, opening, now))
        chat = opened.chat
        stands = (await self._run(lambda now: telling.states(shop, [chat.id], now))).get(chat.id, {})
        return {"conversation": str(chat.public_id), "number": opened.number, "new": opened.is_new, **stands}

    async def say(self, body: bytes, origin: str) -> dict[str, Any]:
        """Store words; answered after their commit."""
        told = wire.parse(wire.Say, body)
        token = await self.read_token(told.token, origin)
        chat = await self.chat(token, told.conversation)
        text = _clean(told.text)
        if not text and not told.attachments:
            raise Refused(400, "write something first", "text")
        self._pay(self._words, token)
        said = Said(chat.shop_id, chat.id, told.client_id, text, attachments=tuple(told.attachments))
        stored = await store(self._writer, said)
        return {"number": stored.message.number, "at": shown.iso(stored.message.at_us)}

    async def typing(self, body: bytes, origin: str) -> dict[str, Any]:
        """Tell operators that the visitor types."""
        _, chat, _ = await self._in_chat(body, origin)
        self._ledger.of(chat.shop_id).visitors_type.add(chat.id)
        return {}

    async def read(self, body: bytes, origin: str) -> dict[str, Any]:
        """Note up to which entry the panel has shown and the visitor has read."""
        _, chat, told = await self._in_chat(body, origin)
        self._ledger.mark(chat.shop_id, chat.id, Marks(max(told.delivered, told.number), told.number))
        return {}

    async def about(self, body: bytes, origin: str) -> dict[str, Any]:
        """Keep what the page says of the visitor beside their chat."""
        told = wire.parse(wire.About, body)
        token = await self.read_token(told.token, origin)
        self.pay(token)
        chat = await self.chat(token, told.conversation)
        shop = await self._memory.shop(token.shop_id)
        said = hearsay.read(told.attributes, told.labels)
        await self._run(lambda now: arriving.note_hearsay(shop, chat, said))
        return {}

    async def glance(self, body: bytes, origin: str) -> dict[str, Any]:
        """Note which page the visitor looks at."""
        told = wire.parse(wire.Glance, body)
        token = await self.read_token(told.token, origin)
        self.pay(token)
        self._glance(token, told)
        return {}

    async def leave(self, body: bytes, origin: str) -> dict[str, Any]:
        """Note that the visitor left the pages, where this was their last tab."""
        told = wire.parse(wire.Glance, body)
        token = await self.read_token(told.token, origin)
        if self._hub.count_of(token.shop_id, token.key) <= 1:
            self._ledger.of(token.shop_id).gone.add(token.key)
        return {}

    async def invited(self, body: bytes, origin: str) -> dict[str, Any]:
        """Note that a rule invited the visitor, or would have, and whether they declined."""
        told = wire.parse(wire.Invited, body)
        token = await self.read_token(told.token, origin)
        self._pay(self._invitations, token)
        shop = await self._memory.shop(token.shop_id)
        await self._run(lambda now: arriving.note_invited(shop, token.visitor, told_of(told, now)))
        return {}

    async def history(self, body: bytes, origin: str) -> dict[str, Any]:
        """Show an earlier chat of the visitor, or of the user the shop vouched for."""
        told = wire.parse(wire.InChat, body)
        token = await self.read_token(told.token, origin)
        self.pay(token)
        chat = await self.chat(token, told.conversation, past=True)
        shop = await self._memory.shop(token.shop_id)
        described: dict[str, Any] = await self._run(lambda now: telling.describe(shop, chat, arriving.MOST_SHOWN, now))
        return described

    async def admit(self, head: bytes, origin: str) -> None:
        """Let the first line of an upload decide whether the file is read at all."""
        told = wire.parse(wire.Upload, head)
        await self.chat(await self.read_token(told.token, origin), told.conversation)

    async def upload(self, body: bytes, origin: str) -> dict[str, Any]:
        """Keep a file: the first line of the body is JSON {token, conversation, name, type}, the rest is the file."""
        head, _, content = body.partition(b"\n")
        told = wire.parse(wire.Upload, head)
        token = await self.read_token(told.token, origin)
        self._pay(self._words, token, UPLOAD_COST)
        chat = await self.chat(token, told.conversation)
        if not content:
            raise Refused(400, "the file is empty", "file")
        file = (told.name, told.type, content)
        try:
            kept = await self._run(lambda now: saying.upload(chat.shop_id, chat.id, file, _us(now)))
        except FileRefused as refusal:
            raise Refused(413, str(refusal), "file") from None
        described: dict[str, Any] = shown.describe(kept)
        return described

    async def chat(self, token: Token, public_id: UUID, *, past: bool = False) -> Chat:
        """Find a chat this token may read; refused alike where there is none and where it is another's."""
        chat = await self._memory.chat(token, public_id, past=past)
        if chat is None:
            raise Refused(404, "there is no such conversation", "conversation")
        return chat

    async def _in_chat(self, body: bytes, origin: str) -> tuple[Token, Chat, wire.InChat]:
        told = wire.parse(wire.InChat, body)
        token = await self.read_token(told.token, origin)
        self.pay(token)
        return token, await self.chat(token, told.conversation), told

    async def _check_panel(self, shop_id: int, origin: str) -> None:
        view = await self._memory.panel(shop_id)
        if not view.is_on:
            raise Refused(403, "the panel is switched off", "key")
        if not view.allows(origin):
            raise Refused(403, "this site may not show the panel", "origin")

    def _token_of(self, told: wire.Hello, shop_id: int) -> Token:
        """Go on with the token a panel has, unless it is of another shop, forged, or for another visitor key."""
        now_s = int(time.time())
        try:
            token = tokens.read(told.token, now_s)
        except (tokens.Forged, ValueError, TypeError):
            return tokens.fresh(shop_id, told.visitor, now_s)
        if token.shop_id != shop_id or (told.visitor and told.visitor != token.key):
            return tokens.fresh(shop_id, told.visitor, now_s)
        return tokens.renew(token, now_s)

    async def _believe(self, shop: "Shop", token: Token, claimed: Claimed) -> tuple[Token, dict[str, Any]]:
        """Go on as the user whom the shop vouches for; where the page names another one, nothing of the last is kept.

        That holds unsigned and refused too: a shop that changes the account without reset() shows nobody's chats.
        """
        refused: dict[str, Any] = {}
        if claimed.signature or claimed.token:
            try:
                vouched = await self._run(lambda now: vouching.vouch(shop, token.key, claimed, now))
            except vouching.Refused as refusal:
                refused = {"refused": {"error": str(refusal), "field": "user"}}
            else:
                user_s = int(time.time())
                known = replace(token, user_id=vouched.user_id, identity_id=vouched.identity_id, user_s=user_s)
                return known, {}
        named = vouching.read_named(claimed)
        if token.user_id and named != token.user_id and (named or refused):
            return tokens.fresh(token.shop_id, token.key, token.issued_s), refused
        return tokens.forget_user(token) if refused else token, refused

    def _glance(self, token: Token, told: wire.Glance) -> None:
        now_us = time.time_ns() // 1000
        url = told.page.url if told.page.url.startswith(("http://", "https://")) else ""
        self._ledger.glance(
            Glance(
                token.shop_id,
                token.key,
                None,
                None,
                _clean(url)[:500],
                _clean(told.page.title)[:200],
                marking.describe_source(url, told.page.referrer)[:200],
                told.locale[:20],
                told.cart.minor,
                told.cart.currency.upper(),
                now_us,
                now_us,
                now_us,
            )
        )

    def _pay(self, buckets: Buckets, token: Token, amount: float = 1.0) -> None:
        wait = buckets.take((token.shop_id, token.grip), amount)
        if wait:
            raise Later(429, "more is sent than one visitor may send", wait)

    async def _run[T](self, work: Callable[[datetime], T]) -> T:
        return await run(self._threads, work)


class Parts:
    """What the doors of live chat share within one process."""

    def __init__(self, origin: str, threads: ThreadPoolExecutor) -> None:
        self.origin = origin
        self.threads = threads
        self.hub = Hub(origin, threads)
        self.writer = Writer(origin, self.hub.deliver)
        self.ledger = Ledger(origin, threads)
        self.memory = Memory(threads)


async def run[T](threads: ThreadPoolExecutor, work: Callable[[datetime], T]) -> T:
    """Do something with the database in a thread, now."""

    def doing() -> T:
        close_old_connections()
        return work(timezone.now())

    return await asyncio.get_running_loop().run_in_executor(threads, doing)


async def store(writer: Writer, said: Said) -> Stored:
    """Store words and wait for their commit. Raises Refused and Later."""
    try:
        outcome = await writer.put(said)
    except Full:
        raise Later(503, "more is being said than can be stored", 2) from None
    if isinstance(outcome, Stored):
        return outcome
    status, message = _TURNED[outcome.reason]
    raise Refused(status, message, "attachments" if outcome.reason == "files" else "conversation")


def told_of(told: wire.Invited, now: datetime) -> Invited:
    """What a panel says of an invitation, at this instant."""
    return Invited("", told.client_id, told.rule, told.url, _us(now), outcome=told.outcome)


def _clean(text: str) -> str:
    return text.strip().replace("\x00", "")


def read_context(context: dict[str, Any]) -> dict[str, Any]:
    """Keep what the page says of itself only as far as it is short; of the visitor what fits of it."""
    rest = {name: value for name, value in context.items() if name not in ("attributes", "labels")}
    said = hearsay.read(context.get("attributes"), context.get("labels"))
    return (rest if len(wire.write(rest)) <= CONTEXT_BYTES else {}) | said


def _us(now: datetime) -> int:
    return round(now.timestamp() * 1_000_000)
