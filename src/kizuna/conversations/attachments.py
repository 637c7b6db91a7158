"""Files of messages: the bytes once per content under the installation's home, the rows with a token each.

A file is on the disk before its row is written. Who has the token may read the file; nothing here serves it.
"""

import contextlib
import hashlib
import os
import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from kizuna.conversations.models import Attachment, Message
from kizuna.tables import durable

LARGEST = 25 * 1024 * 1024
MOST_OF_A_REPLY = 20
MOST_BYTES_OF_A_REPLY = 25 * 1024 * 1024
LONGEST_NAME = 200
YOUNG_S = 600
RASTER = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"})
"""What browsers may show in place: pictures that cannot hold a script."""
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")


class Refused(ValueError):
    """A file cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to store, as its sender names it."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    message_id: int | None = None
    person_id: int | None = None
    conversation_id: int | None = None


def store(shop_id: int, new: NewFile, now_us: int) -> Attachment:
    """Store a file durably and note it; raises Refused when it is too large. Callers hold the transaction."""
    if len(new.content) > LARGEST:
        raise Refused(f"{clean_name(new.name)} is larger than {LARGEST // (1024 * 1024)} MB")
    digest = hashlib.sha256(new.content).hexdigest()
    _keep(digest, new.content)
    return Attachment.objects.create(
        shop_id=shop_id,
        message_id=new.message_id,
        token=secrets.token_urlsafe(32),
        name=clean_name(new.name),
        content_type=_clean_type(new.content_type),
        size=len(new.content),
        sha256=digest,
        content_id=new.content_id.strip("<> ")[:255],
        uploaded_by_id=new.person_id,
        for_conversation=new.conversation_id,
        created_us=now_us,
    )


def keep_bytes(content: bytes) -> None:
    """Put a file's bytes on the disk before the transaction that will note it, so that no lock waits for the disk."""
    if len(content) <= LARGEST:
        _keep(hashlib.sha256(content).hexdigest(), content)


def attach(shop_id: int, attachment_ids: Collection[int], message_id: int, person_id: int | None) -> list[Attachment]:
    """Give files that a person uploaded to a message. Raises Refused where one is not theirs or they are too much."""
    found = list(
        Attachment.objects.select_for_update().filter(
            shop_id=shop_id, id__in=attachment_ids, message=None, uploaded_by_id=person_id
        )
    )
    if len(found) != len(set(attachment_ids)):
        raise Refused("a file is no longer there: attach it again")
    if len(found) > MOST_OF_A_REPLY or sum(each.size for each in found) > MOST_BYTES_OF_A_REPLY:
        raise Refused(f"at most {MOST_OF_A_REPLY} files of {MOST_BYTES_OF_A_REPLY // (1024 * 1024)} MB together")
    for each in found:
        each.message_id = message_id
        each.save(update_fields=["message"])
    return found


def find(token: str) -> Attachment | None:
    """Find a file by the token of its address."""
    return Attachment.objects.filter(token=token).first() if token else None


def detach(message: Message) -> None:
    """Let the files of an answer that was taken back wait for the next one."""
    Attachment.objects.filter(message=message).update(message=None)


def list_waiting(shop_id: int, person_id: int, conversation_id: int) -> list[Attachment]:
    """List what somebody has uploaded in a conversation and not sent."""
    mine = Attachment.objects.filter(shop_id=shop_id, message=None, uploaded_by_id=person_id)
    return list(mine.filter(for_conversation=conversation_id).order_by("id"))


def open_bytes(attachment: Attachment) -> BinaryIO:
    """Open the bytes of a file for reading; raises FileNotFoundError where they were erased."""
    return _path(attachment.sha256).open("rb")


def read_bytes(attachment: Attachment) -> bytes:
    """Read the bytes of a file."""
    with open_bytes(attachment) as file:
        return file.read()


def forget(attachments: Sequence[Attachment]) -> set[str]:
    """Remove the rows of files; returns the hashes that no row needs any more, for `remove_bytes` after the commit."""
    digests = {each.sha256 for each in attachments}
    Attachment.objects.filter(id__in=[each.pk for each in attachments]).delete()
    return digests - set(Attachment.objects.filter(sha256__in=digests).values_list("sha256", flat=True))


def remove_bytes(digests: Collection[str], now_us: int) -> None:
    """Remove contents that no row needs; one that was stored again just now is left for another time."""
    needed = set(Attachment.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
    for digest in set(digests) - needed:
        path = _path(digest)
        with contextlib.suppress(FileNotFoundError):
            if now_us / 1_000_000 - path.stat().st_mtime > YOUNG_S:
                path.unlink()


def list_abandoned(before_us: int, most: int) -> list[Attachment]:
    """List files uploaded before an instant that no message ever took."""
    return list(Attachment.objects.filter(message=None, created_us__lt=before_us).order_by("id")[:most])


def clean_name(name: str) -> str:
    """Make a name that is safe in headers and on any disk: no folders, no control or direction signs."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(sign for sign in unicodedata.normalize("NFC", last) if unicodedata.category(sign)[0] != "C")
    stem, dot, ending = plain.strip(" .").rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: LONGEST_NAME - 1 - len(ending)]}.{ending}"
    return plain.strip(" .")[:LONGEST_NAME] or "file"


def _clean_type(content_type: str) -> str:
    """Keep a media type without parameters; what is none becomes plain bytes."""
    plain = content_type.partition(";")[0].strip().lower()
    return plain if _TYPE.fullmatch(plain) else "application/octet-stream"


def _keep(digest: str, content: bytes) -> None:
    path = _path(digest)
    if path.exists():
        os.utime(path)  # young again: whoever removes contents at this moment leaves it
        return
    durable.make_folder(path.parent)
    unfinished = path.with_suffix(f".{secrets.token_hex(8)}")
    unfinished.write_bytes(content)
    durable.keep(unfinished, path)


def _path(digest: str) -> Path:
    return Path(settings.HOME) / "files" / digest[:2] / digest
