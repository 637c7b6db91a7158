"""The Segment wire, read from bytes: what a body must be, and what makes one refused. No clock, no database.

Only what can never succeed is refused whole: bytes that are not JSON, an envelope of the wrong shape, a body over the
limits. An event that is bad inside a good batch gives way to a marker, so that its neighbours are kept and the drop
is counted and shown where rows are moved on.
"""

import json
import re
import zlib
from base64 import b64decode
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from kizuna.tracking import wire as tracking_wire
from kizuna.tracking.inbox import Call

LONGEST_BODY = 500 * 1024
LONGEST_EVENT = 32 * 1024
MOST_EVENTS = 2_500
LONGEST_MESSAGE_ID = 100
LONGEST_KEY = 200
MARKER = tracking_wire.MARKER
CALLS: dict[str, Call] = {
    "identify": "identify",
    "track": "track",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
    "batch": "batch",
    "import": "batch",
    "i": "identify",
    "t": "track",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
    "b": "batch",
}


class Refused(Exception):
    """The request can never succeed; says with which status, why, and which field is at fault."""

    def __init__(self, status: int, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field


@dataclass(frozen=True, slots=True)
class Parsed:
    """A body fit to be stored: its write key if it carried one, how many events, and the bytes to keep."""

    write_key: str
    events: int
    body: bytes


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    writeKey: Any = None  # noqa: N815 (the wire's word)


_ESCAPES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_decode = msgspec.json.Decoder().decode
_decode_batch = msgspec.json.Decoder(_Batch).decode


def parse_body(call: Call, body: bytes) -> Parsed:
    """Check a decompressed body and say what to keep of it; raises Refused."""
    if len(body) > LONGEST_BODY:
        raise Refused(413, f"the body is over {LONGEST_BODY // 1024} KB", "body")
    parse = _parse_batch if call == "batch" else _parse_single
    try:
        return parse(body)
    except Refused:
        mended = mend_surrogates(body)
        if mended == body:
            raise
        return parse(mended)


def mend_surrogates(body: bytes) -> bytes:
    """Replace half characters such as \\ud83d alone, which browsers send when a script cuts a text inside an emoji."""
    return _ESCAPES.sub(lambda found: b"\\ufffd" if found.group("half") else found.group(), body)


def _parse_single(body: bytes) -> Parsed:
    if len(body) > LONGEST_EVENT:
        raise Refused(413, f"an event is over {LONGEST_EVENT // 1024} KB", "body")
    event = _parse_json(body)
    if type(event) is not dict:
        raise Refused(400, "the body must be a JSON object", "body")
    message_id = event.get("messageId")
    if isinstance(message_id, str) and len(message_id) > LONGEST_MESSAGE_ID:
        raise Refused(400, f"messageId is over {LONGEST_MESSAGE_ID} characters", "messageId")
    return Parsed(_check_key(event.get("writeKey")), 1, body)


def _parse_batch(body: bytes) -> Parsed:
    try:
        envelope = _decode_batch(body)
    except msgspec.ValidationError:
        raise _explain_envelope(body) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _not_json(body, problem) from None
    count = len(envelope.batch)
    if count > MOST_EVENTS:
        raise Refused(400, f"a batch has at most {MOST_EVENTS} events, this one has {count}", "batch")
    if len(body) > LONGEST_EVENT and any(memoryview(event).nbytes > LONGEST_EVENT for event in envelope.batch):
        body = _replace_bad(body, envelope)
    else:
        try:
            _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            body = _replace_bad(body, envelope)
    return Parsed(_check_key(envelope.writeKey), count, body)


def _replace_bad(body: bytes, envelope: _Batch) -> bytes:
    """Write the batch anew with markers in the places of events that cannot be kept."""
    kept = []
    for raw in envelope.batch:
        piece = bytes(memoryview(raw))
        reason = "too_large" if len(piece) > LONGEST_EVENT else _find_fault(piece)
        kept.append(_mark(piece, reason) if reason else piece)
    rest = _parse_rest(body)
    return b'{"batch":[' + b",".join(kept) + b"]" + b"".join(b"," + field for field in rest) + b"}"


def _find_fault(piece: bytes) -> str:
    try:
        _decode(piece)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "unreadable"
    return ""


def _mark(piece: bytes, reason: str) -> bytes:
    marker: dict[str, object] = {MARKER: reason, "bytes": len(piece)}
    for name in ("type", "event", "messageId"):
        value = _peek(piece, name)
        if isinstance(value, str) and len(value) <= LONGEST_MESSAGE_ID:
            marker[name] = value
    return json.dumps(marker).encode()


def _peek(piece: bytes, name: str) -> object:
    """Read one field of an event that cannot be read whole."""
    shape = msgspec.defstruct("_Peek", [(name, Any, None)])
    try:
        return cast(object, getattr(msgspec.json.decode(piece, type=shape), name))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _parse_rest(body: bytes) -> list[bytes]:
    """Keep the envelope's other fields that can be read; sentAt is the one that matters."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _not_json(body, problem) from None
    kept = []
    for name, raw in fields.items():
        piece = bytes(memoryview(raw))
        if name != "batch" and len(piece) <= LONGEST_EVENT and not _find_fault(piece):
            kept.append(json.dumps(name).encode() + b":" + piece)
    return kept


def _parse_json(body: bytes) -> Any:
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _not_json(body, problem) from None


def _not_json(body: bytes, problem: Exception) -> Refused:
    if isinstance(problem, RecursionError):
        return Refused(400, "the JSON is nested too deeply", "body")
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return Refused(400, f"the body is not UTF-8: byte {error.start}", "body")
    return Refused(400, f"the body is not JSON: {problem}", "body")


def _explain_envelope(body: bytes) -> Refused:
    envelope = _parse_json(body)
    if not isinstance(envelope, dict):
        return Refused(400, "the body must be a JSON object", "body")
    return Refused(400, "batch must be an array of events", "batch")


def _check_key(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_KEY:
        raise Refused(400, "writeKey must be a string", "writeKey")
    return value


def write_json(content: object) -> bytes:
    """Write an answer."""
    return msgspec.json.encode(content)


def parse_basic(authorization: bytes) -> str:
    """Read the write key out of `Basic base64("KEY:")`; empty where there is none."""
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return ""
    try:
        return b64decode(token.strip(), validate=True).decode().partition(":")[0][:LONGEST_KEY]
    except ValueError:
        return ""


def expand_gzip(body: bytes) -> bytes:
    """Decompress a gzip body, never beyond the limit; raises Refused."""
    reader = zlib.decompressobj(wbits=31)
    try:
        expanded = reader.decompress(body, LONGEST_BODY + 1)
    except zlib.error:
        raise Refused(400, "the body is not gzip, though Content-Encoding says so", "Content-Encoding") from None
    if len(expanded) > LONGEST_BODY:
        raise Refused(413, f"the body is over {LONGEST_BODY // 1024} KB after decompression", "body")
    if not reader.eof:
        raise Refused(400, "the gzip body ends early", "body")
    return expanded
