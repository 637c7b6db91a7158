"""Sending one message to a browser by web push: the installation's own key, the encryption, and a careful post.

An endpoint is an address that a browser handed over, so it is not trusted: https to a public address only, resolved
once and connected to exactly that, no redirect followed. Services of one's own network are named in KIZUNA_PUSH_HOSTS.
"""

import base64
import contextlib
import http.client
import ipaddress
import json
import os
import secrets
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from kizuna.shops.devices import Subscription
from kizuna.shops.tenants import Refused

KEY_FILE = "push-key.pem"
LONGEST_ENDPOINT = 1_500
PATIENCE_S = 8.0
_WRAPPING = [ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]
TAKEN, GONE, FAILED = "taken", "gone", "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: taken by the push service, the browser is gone for good, or it failed and why."""

    state: str
    problem: str = ""


def public_key() -> str:
    """Give the key that browsers bind their subscription to; the private one never leaves the home folder."""
    return _keys(Path(settings.HOME))[2]


def check(told: Subscription) -> None:
    """Refuse what cannot be a browser's subscription, before anything is kept or sent. Raises Refused."""
    _parts(told.endpoint)
    try:
        from cryptography.hazmat.primitives.asymmetric import ec

        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(told.p256dh))
        if len(_decode(told.auth)) != 16:
            raise ValueError("16 bytes")
    except ValueError:
        raise Refused("keys", "the browser's keys cannot be read") from None


def send(target: Subscription, message: Mapping[str, object], ttl_s: int = 120) -> Outcome:
    """Encrypt a message for a browser and hand it to its push service; never raises for what the far side does."""
    from webpush import WebPush
    from webpush.types import WebPushKeys, WebPushSubscription

    private, public, _ = _keys(Path(settings.HOME))
    try:
        parts = _parts(target.endpoint)
        address = _resolve(parts)
        keys = WebPushKeys(auth=target.auth, p256dh=target.p256dh)
        made = WebPush(private, BytesIO(public), settings.DEFAULT_FROM_EMAIL, ttl=ttl_s).get(
            json.dumps(message), WebPushSubscription.model_validate({"endpoint": target.endpoint, "keys": keys})
        )
        headers = {**made.headers, "content-type": "application/octet-stream", "urgency": "high"}
        status = _post(parts, address, made.encrypted, {key: str(value) for key, value in headers.items()})
    except Refused as refusal:
        return Outcome(FAILED, refusal.message)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return Outcome(FAILED, f"the push service did not answer: {type(problem).__name__}")
    if status in (404, 410):
        return Outcome(GONE, "the browser no longer wants alerts")
    return Outcome(TAKEN) if 200 <= status < 300 else Outcome(FAILED, f"the push service answered {status}")


def _parts(endpoint: str) -> SplitResult:
    """Read an endpoint; anything but a plain https address is refused."""
    if len(endpoint) > LONGEST_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable():
        raise Refused("endpoint", "this is no address of a push service")
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        raise Refused("endpoint", "this is no address of a push service") from None
    if _is_ours(parts):
        return parts
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password or port not in (None, 443):
        raise Refused("endpoint", "a push service is reached by https")
    return parts


def _resolve(parts: SplitResult) -> str:
    """Find the address to connect to: a public one, unless the service was named as our own."""
    found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not addresses:
        raise Refused("endpoint", "the push service has no address")
    if not _is_ours(parts) and not all(_is_public(each) for each in addresses):
        raise Refused("endpoint", "the push service lies in a private network")
    return addresses[0]


def _is_public(address: str) -> bool:
    """Whether an address is one machine of the open network; what only wraps an IPv4 address could wrap ours.

    >>> [_is_public(each) for each in ("8.8.8.8", "127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:a00:1::")]
    [True, False, False, False, False]
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    wraps = any(found.version == each.version and found in each for each in _WRAPPING)
    return found.is_global and not found.is_multicast and not wraps


def _post(parts: SplitResult, address: str, body: bytes, headers: dict[str, str]) -> int:
    assert parts.hostname is not None
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname, _port(parts), timeout=PATIENCE_S)
    try:
        plain = socket.create_connection((address, _port(parts)), timeout=PATIENCE_S)
        wrap = ssl.create_default_context().wrap_socket
        connection.sock = wrap(plain, server_hostname=parts.hostname) if secure else plain
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("POST", path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read(1_000)
        return answer.status
    finally:
        connection.close()


def _is_ours(parts: SplitResult) -> bool:
    return parts.scheme in ("http", "https") and parts.netloc.lower() in settings.PUSH_HOSTS


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


@cache
def _keys(home: Path) -> tuple[bytes, bytes, str]:
    """The installation's own pair, made once and whole; two processes starting together agree on it."""
    from cryptography.hazmat.primitives import serialization
    from webpush.vapid import VAPID

    path = home / KEY_FILE
    if not path.exists():
        mine = home / f"{KEY_FILE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(VAPID.generate_keys()[0])
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
        mine.unlink()
    private = path.read_bytes()
    public = serialization.load_pem_private_key(private, None).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, pem, VAPID.get_application_server_key(public)


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
