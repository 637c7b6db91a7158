"""What a provider posts, read whole: a mail of the largest size that is kept is far above what pages may be sent.

Only the door for providers reads with this limit, and only few large posts at a time, so that memory stays bounded.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters

from kizuna.flows.mail_in.taking import LARGEST

MOST_READ = 2 * LARGEST
"""Bytes of a post that are read as a mail: what is kept, grown by a third as base64, and what stands around it."""
SMALL = 5 * 1024 * 1024
LARGE_AT_ONCE = 2
_PATIENCE_S = 5.0
_MOST_PARTS = 1000
_large = threading.BoundedSemaphore(LARGE_AT_ONCE)


class Busy(RuntimeError):
    """Other large posts are being read; the provider should come back."""


class Form(HttpRequest):
    """A post as django-anymail reads it: its bytes, fields and files, without the limits of pages."""

    def __init__(self, request: HttpRequest, body: bytes) -> None:
        super().__init__()
        self._whole = body
        self.method, self.META = request.method, request.META
        self.content_type, self.content_params = request.content_type, request.content_params
        charset = (self.content_params or {}).get("charset", "utf-8")
        if self.content_type == "multipart/form-data":
            self.POST, self.FILES = _read_parts(body, (self.content_params or {}).get("boundary", ""), charset)
        elif self.content_type == "application/x-www-form-urlencoded":
            self.POST = QueryDict(body, encoding=charset)

    @property
    def body(self) -> bytes:
        """The post as it came."""
        return self._whole


@contextmanager
def reading(length: int) -> Iterator[None]:
    """Hold one of the few places for large posts while one is read. Raises Busy."""
    if length <= SMALL:
        yield
        return
    if not _large.acquire(timeout=_PATIENCE_S):
        raise Busy
    try:
        yield
    finally:
        _large.release()


def _read_parts(body: bytes, boundary: str, charset: str) -> tuple[Any, Any]:
    """Take a form apart at its boundary. Raises ValueError and LookupError where it is none."""
    fields = QueryDict(mutable=True, encoding=charset)
    files: MultiValueDict[str, SimpleUploadedFile] = MultiValueDict()
    if not boundary:
        raise ValueError("the form names no boundary")
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("ascii"), _MOST_PARTS)
    for part in parts[1:]:
        if part.startswith(b"--"):
            break
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = _read_head(head.decode(charset, "replace"))
        _, told = parse_header_parameters(headers.get("content-disposition", ""), 100_000)
        name, file_name = told.get("name", ""), told.get("filename", "")
        if file_name:
            kind = headers.get("content-type", "application/octet-stream").partition(";")[0].strip()
            files.appendlist(name, SimpleUploadedFile(file_name, content, kind))
        elif name:
            fields.appendlist(name, content.decode(charset, "replace"))
    return fields, files


def _read_head(head: str) -> dict[str, str]:
    lines = (line.partition(":") for line in head.split("\r\n"))
    return {name.strip().lower(): value.strip() for name, _, value in lines}
