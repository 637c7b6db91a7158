"""Raw requests of the Segment wire cut into single events, before anything is believed.

A batch is cut without reading its events, so that one bad event cannot take the others with it; each is decoded on
its own. What an event means is tracking.normalise.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

MARKER = "kizunaDropped"
"""What the capture door puts in the place of an event of a batch that it could not keep: the reason, by this name."""
_STRUCK = json.dumps({MARKER: "erased"}).encode()
SHORT_CALLS = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias", "b": "batch"}


class _Envelope(msgspec.Struct):
    batch: list[msgspec.Raw] = []
    sentAt: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815 (the wire's own name)
    context: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One event as it came: its bytes, the call it came by, and what its envelope says for all."""

    call: str
    body: bytes
    received_us: int
    sent_at: Any = None
    context: Any = None


class Unreadable(ValueError):
    """The bytes are not a JSON object."""


_envelopes = msgspec.json.Decoder(_Envelope)
_values = msgspec.json.Decoder()


def split(call: str, body: bytes, received_us: int) -> Iterator[RawEvent]:
    """Cut a request into its events; a single call is one event, a batch as many as it holds.

    A batch that cannot be cut is given as one event, which then is dropped with the reason.
    """
    call = SHORT_CALLS.get(call, call)
    if call != "batch":
        yield RawEvent(call, body, received_us)
        return
    try:
        envelope = _envelopes.decode(body)
        sent_at, context = read_value(bytes(envelope.sentAt)), read_value(bytes(envelope.context))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Unreadable):
        yield RawEvent(call, body, received_us)
        return
    for raw in envelope.batch:
        yield RawEvent("", bytes(raw), received_us, sent_at, context)


def strike(call: str, body: bytes, parts: Collection[int], *, context_too: bool = False) -> bytes:
    """Write a request anew with marks in the place of some events (by number, as `split` gives them).

    Every other event stays byte for byte and keeps its number, because cursors count. context_too: what the envelope
    says for all goes as well.
    """
    try:
        if SHORT_CALLS.get(call, call) != "batch":
            return _STRUCK
        envelope = _envelopes.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _STRUCK
    events = [msgspec.Raw(_STRUCK) if number in parts else raw for number, raw in enumerate(envelope.batch)]
    context = msgspec.Raw(b"null") if context_too else envelope.context
    return msgspec.json.encode(_Envelope(events, envelope.sentAt, context))


def read_object(body: bytes) -> dict[str, Any]:
    """Decode one event; raises Unreadable where it is no JSON object."""
    value = read_value(body)
    if not isinstance(value, dict):
        raise Unreadable(f"expected an object, found {kind_of(value)}")
    return value


def read_value(body: bytes) -> Any:
    """Decode JSON; numbers beyond a double and names like NaN are kept, so that the field can be named later."""
    try:
        return _values.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(str(problem)[:200]) from None


def kind_of(value: object) -> str:
    """Name the JSON type of a value in plain words."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return "nothing" if value is None else names.get(type(value), type(value).__name__)
