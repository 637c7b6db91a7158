"""What a mail of ours carries that nobody else can make: Message-IDs, reply, bounce and unsubscribe tokens.

All are signed with the installation's secret (HMAC-SHA256, 80 bits of it), each for one purpose only. Pure: no
database, no clock. Letters stay lower case, because mailboxes on the way may change the case of a local part.
"""

import base64
import binascii
import hmac
import re
import struct
from dataclasses import dataclass
from uuid import UUID

REPLY, BOUNCE = "reply", "bounce"
LONGEST_LOCAL_PART = 64
ADDRESS_KEY_BYTES = 16
_MAC_BYTES = 10
_MESSAGE_ID = re.compile(r"<?([0-9a-f]{32})\.([0-9a-f]{20})@[^<>@\s]+>?")
_UNSUBSCRIBE = struct.Struct(f">QQ{ADDRESS_KEY_BYTES}s")


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Who an unsubscribe link is for: the shop, the mail it came with, and the keyed hash of the address."""

    shop_id: int
    outgoing_id: int
    address_key: bytes


def make_message_id(secret: str, public_id: UUID, domain: str) -> str:
    """Make the Message-ID of a mail, without angle brackets; the same for ever for the same mail and domain."""
    return f"{public_id.hex}.{_sign(secret, 'message', public_id.bytes).hex()}@{domain.strip().lower()}"


def read_message_id(secret: str, message_id: str) -> UUID | None:
    """Read which mail of ours a Message-ID names (brackets or not); None where it is foreign or forged."""
    match = _MESSAGE_ID.fullmatch(message_id.strip().lower())
    if match is None:
        return None
    public_id = UUID(hex=match[1])
    mine = _sign(secret, "message", public_id.bytes).hex()
    return public_id if hmac.compare_digest(mine, match[2]) else None


def is_ours(secret: str, message_id: str) -> bool:
    """Whether this installation made a Message-ID."""
    return read_message_id(secret, message_id) is not None


def make_reply_address(secret: str, conversation_id: int, team_address: str) -> str:
    """Make the address that brings an answer back into its conversation: reply+TOKEN at the team's domain."""
    return _make_address(secret, REPLY, conversation_id, team_address)


def read_reply_address(secret: str, address: str) -> int | None:
    """Read the conversation that an address belongs to; None where it carries no token of ours."""
    return _read_address(secret, REPLY, address)


def make_bounce_address(secret: str, outgoing_id: int, team_address: str) -> str:
    """Make the envelope sender of a mail, to which its bounces come back: bounce+TOKEN at the team's domain."""
    return _make_address(secret, BOUNCE, outgoing_id, team_address)


def read_bounce_address(secret: str, address: str) -> int | None:
    """Read which outgoing mail (conversations.outgoing) an address takes the bounces of; None where it is none."""
    return _read_address(secret, BOUNCE, address)


def make_unsubscribe_token(secret: str, unsubscribe: Unsubscribe) -> str:
    """Make what stands in an unsubscribe link; it names no address."""
    told = _UNSUBSCRIBE.pack(unsubscribe.shop_id, unsubscribe.outgoing_id, unsubscribe.address_key)
    return base64.urlsafe_b64encode(told + _sign(secret, "unsubscribe", told)).decode().rstrip("=")


def read_unsubscribe_token(secret: str, token: str) -> Unsubscribe | None:
    """Read an unsubscribe link; None where it is not one of ours."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    told, signed = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(told) != _UNSUBSCRIBE.size or not hmac.compare_digest(_sign(secret, "unsubscribe", told), signed):
        return None
    return Unsubscribe(*_UNSUBSCRIBE.unpack(told))


def domain_of(address: str) -> str:
    """Give what stands after the @, in lower case."""
    return address.rpartition("@")[2].strip().lower()


def _make_address(secret: str, purpose: str, number: int, team_address: str) -> str:
    told = number.to_bytes(8)
    return f"{purpose}+{_token(told + _sign(secret, purpose, told))}@{domain_of(team_address)}"


def _token(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _read_address(secret: str, purpose: str, address: str) -> int | None:
    local = address.strip().lower().strip("<>").rpartition("@")[0]
    word, plus, token = local.partition("+")
    if word != purpose or not plus or len(local) > LONGEST_LOCAL_PART:
        return None
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except (binascii.Error, ValueError):
        return None
    told, signed = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(told) != 8 or not hmac.compare_digest(_sign(secret, purpose, told), signed):
        return None
    # the last letter holds a bit that says nothing: one address has one spelling
    return int.from_bytes(told) if token == _token(told + signed) else None


def _sign(secret: str, purpose: str, told: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"kizuna mail " + purpose.encode() + b"\0" + told, "sha256")[:_MAC_BYTES]
