"""Columns as compact bytes and back, bit for bit: a version, how many rows, then each column by significance of byte.

The bytes of all values by significance deflate far better than value by value. What a column means is the caller's.
"""

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_HEAD = struct.Struct("<BQ")
_LEVEL = 6


class Unreadable(ValueError):
    """The stored columns are damaged, or not of a version that this code knows."""


def pack(version: int, columns: Sequence[NDArray[np.generic]]) -> bytes:
    """Pack columns of one length; little-endian whatever the machine.

    >>> bytes(pack(1, [np.array([7], dtype="<i8")])[:9]).hex()
    '010100000000000000'
    """
    content = b"".join(_planes(column) for column in columns)
    return _HEAD.pack(version, len(columns[0])) + zlib.compress(content, _LEVEL)


def unpack(packed: bytes, version: int, kinds: Sequence[str]) -> list[NDArray[np.generic]]:
    """Unpack what `pack` wrote, each column of its kind such as "<i8" or "<f4".

    >>> [column.tolist() for column in unpack(pack(1, [np.array([7, 8]), np.array([0.5, 1.0])]), 1, ["<i8", "<f8"])]
    [[7, 8], [0.5, 1.0]]
    """
    try:
        found, count = _HEAD.unpack_from(packed)
        content = zlib.decompress(packed[_HEAD.size :]) if found == version else b""
    except (struct.error, zlib.error) as error:
        raise Unreadable("the stored columns are damaged") from error
    widths = [np.dtype(kind).itemsize for kind in kinds]
    if found != version or len(content) != count * sum(widths):
        raise Unreadable(f"the stored columns have version {found}, this code reads {version}")
    columns, place = [], 0
    for kind, width in zip(kinds, widths, strict=True):
        columns.append(_whole(content[place : place + count * width], kind))
        place += count * width
    return columns


def _planes(column: NDArray[np.generic]) -> bytes:
    little = np.ascontiguousarray(column.astype(column.dtype.newbyteorder("<")))
    return np.ascontiguousarray(little.view(np.uint8).reshape(-1, column.dtype.itemsize).T).tobytes()


def _whole(planes: bytes, kind: str) -> NDArray[np.generic]:
    width = np.dtype(kind).itemsize
    rows = np.ascontiguousarray(np.frombuffer(planes, dtype=np.uint8).reshape(width, -1).T)
    return rows.view(kind).ravel()
