"""A push service on this machine: takes messages over real HTTP, checks who signed them and decrypts as browsers do."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kizuna.shops.devices import Subscription


@dataclass
class PushService:
    """One browser's push service: the browser's keys, what arrived and what it answers."""

    url: str = ""
    netloc: str = ""
    status: int = 201
    location: str = ""
    arrived: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"0123456789abcdef"

    def subscription(self, path: str = "browser-1", name: str = "Firefox") -> Subscription:
        """Give what the browser hands over."""
        return Subscription(f"{self.url}/{path}", _text(_point(self.private.public_key())), _text(self.auth), name)

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt a message as RFC 8291 says, independently of the library that made it."""
        salt, length = body[:16], body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        info = b"WebPush: info\0" + _point(self.private.public_key()) + theirs
        secret = _derive(self.private.exchange(ec.ECDH(), known), self.auth, info, 32)
        key = _derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        assert plain.endswith(b"\x02")
        return json.loads(plain[:-1])


def signed_by(header: str, audience: str) -> str:
    """Check who signed a message for this service; gives the public key it names."""
    told = dict(part.strip().split("=", 1) for part in header.removeprefix("vapid ").split(","))
    point = base64.urlsafe_b64decode(told["k"] + "=" * (-len(told["k"]) % 4))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(told["t"], public, algorithms=["ES256"], audience=audience)
    assert claims["sub"].startswith("mailto:")
    return told["k"]


@contextmanager
def push_service() -> Iterator[PushService]:
    """Run a push service until the block ends."""
    service = PushService()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.headers.append({name.lower(): value for name, value in self.headers.items()})
            if 200 <= service.status < 300:
                service.arrived.append(service.read(body))
            self.send_response(service.status)
            if service.location:
                self.send_header("Location", service.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    service.netloc = f"127.0.0.1:{server.server_port}"
    service.url = f"http://{service.netloc}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
