"""The other end for `./run bench mail`: an SMTP server that takes everything and forgets it, with pipelining."""

import asyncio
import sys

_GREETING = b"220 sink ESMTP\r\n"
_EHLO = b"250-sink\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250 8BITMIME\r\n"


class _Line(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.buffer, self.in_body = transport, b"", False
        transport.write(_GREETING)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        out = b""
        while True:
            if self.in_body:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    break
                self.buffer, self.in_body = self.buffer[end + 5 :], False
                out += b"250 taken\r\n"
                continue
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                break
            self.buffer = rest
            out += self._answer(line[:4].upper())
        if out:
            self.transport.write(out)  # type: ignore[attr-defined]

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"EHLO":
            return _EHLO
        if verb == b"DATA":
            self.in_body = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            self.transport.close()
            return b"221 bye\r\n"
        return b"250 OK\r\n"


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Line, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def serve() -> int:
    """Serve until killed; the first line printed is the port."""
    asyncio.run(_serve())
    return 0


if __name__ == "__main__":
    sys.exit(serve())
