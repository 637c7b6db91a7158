"""A few unpacked blobs kept in memory, known by the digest of their content and therefore never stale.

Reference distributions and snapshot columns are read for every event; unpacking them each time would be the work.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock


class Kept[T]:
    """The most recently used values, a bounded number of them; safe between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[str, T] = OrderedDict()
        self._lock = Lock()

    def get(self, digest: str, make: Callable[[], T]) -> T:
        """The value known by this digest, made when it is not at hand."""
        with self._lock:
            if digest in self._values:
                self._values.move_to_end(digest)
                return self._values[digest]
        value = make()
        with self._lock:
            self._values[digest] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


def digest_of(*parts: bytes) -> str:
    """A digest of 32 characters over the parts and their lengths."""
    whole = hashlib.blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "little"))
        whole.update(part)
    return whole.hexdigest()
