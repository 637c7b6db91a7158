"""Entries of a chat as the visitor's panel sees them: words of both sides, and happenings that concern them.

Notes never leave, nor does what happened among ourselves: a happening is shown where its remarks say `visitor`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Max

from kizuna.conversations.models import Attachment, Author, Kind, Message

FROM = {Author.CUSTOMER: "you", Author.PERSON: "us", Author.MACHINE: "machine"}
EXTRA = ("card", "choices", "happening")


def list_after(conversation_id: int, number: int, most: int) -> list[Message]:
    """List the entries after a number in their order, hidden ones too, with their files and authors."""
    rows = Message.objects.filter(conversation_id=conversation_id, number__gt=number)
    return list(rows.select_related("person").prefetch_related("attachments").order_by("number")[:most])


def last_number(conversation_id: int) -> int:
    """Give the number of a chat's last entry; 0 where there is none."""
    return Message.objects.filter(conversation_id=conversation_id).aggregate(last=Max("number"))["last"] or 0


def list_last(conversation_id: int, most: int) -> list[Message]:
    """List the newest entries in their order."""
    rows = Message.objects.filter(conversation_id=conversation_id)
    return list(rows.select_related("person").prefetch_related("attachments").order_by("-number")[:most])[::-1]


def show(message: Message, files: Iterable[Attachment] = (), name: str = "") -> dict[str, Any] | None:
    """Describe an entry for the panel without asking the database; None where it is not for the visitor's eyes."""
    remarks: Mapping[str, Any] = message.remarks
    if message.kind == Kind.NOTE or (message.kind == Kind.HAPPENING and not remarks.get("visitor")):
        return None
    shown = {
        "number": message.number,
        "client_id": message.client_id,
        "kind": message.kind,
        "from": FROM.get(Author(message.author), "us"),
        "name": "" if message.author == Author.CUSTOMER else message.from_name or name,
        "text": message.text,
        "at": iso(message.at_us),
        "attachments": [describe(each) for each in files],
    }
    shown.update({name: remarks[name] for name in EXTRA if remarks.get(name)})
    return shown


def show_stored(message: Message) -> dict[str, Any] | None:
    """Describe an entry that was read with its files and its author."""
    name = message.person.name if message.person_id is not None and message.person is not None else ""
    return show(message, message.attachments.all(), name)


def describe(file: Attachment) -> dict[str, Any]:
    """Describe a file; who has its address may read it."""
    url = f"{settings.PUBLIC_URL}/files/{file.token}/"
    return {"name": file.name, "url": url, "type": file.content_type, "size": file.size, "token": file.token}


def iso(at_us: int) -> str:
    """Write an instant as browsers read it."""
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
