"""Letters out of rows: what a mail in hand says, read for many at once.

A message of a conversation is put together with its signature, the last words of the customer and its place in the
thread; a notice brings its own words. Bytes are made by composing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import prefetch_related_objects

from kizuna.conversations import attachments, composing
from kizuna.conversations.composing import Letter, Part, Quoted, Words
from kizuna.conversations.models import Attachment, Direction, Kind, Message, Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_FOR_MACHINES = ("X-Auto-Response-Suppress", "All")


@dataclass(frozen=True, slots=True)
class _Before:
    """An earlier message of a thread, as far as an answer needs it."""

    pk: int
    number: int
    mail_id: str
    is_theirs: bool
    who: str
    at_us: int
    text: str = ""


def read(
    rows: Sequence[Outgoing], unsubscribe_url: "Callable[[Outgoing], str]", now: datetime
) -> dict[int, Letter | str]:
    """Give the letter of each mail by its number, or in words why it cannot be written."""
    prefetch_related_objects(rows, "message__conversation__team", "message__attachments", "shop")
    threads = _threads(rows)
    letters: dict[int, Letter | str] = {}
    for row in rows:
        try:
            letters[row.pk] = _letter(row, threads, unsubscribe_url(row) if row.marketing else "", now)
        except (OSError, ValueError) as problem:
            letters[row.pk] = f"The mail could not be written: {problem}"
    return letters


def _letter(row: Outgoing, threads: Mapping[int, Sequence[_Before]], unsubscribe_url: str, now: datetime) -> Letter:
    message = row.message
    before = (
        [each for each in threads.get(message.conversation_id, ()) if each.number < message.number] if message else []
    )
    gathered = [each for each in before if each.pk in row.content.get("gathers", ())]
    before = [each for each in before if each not in gathered]
    text, html = composing.write_body(_words(row, before, gathered, unsubscribe_url))
    answered = _answered(before)
    return Letter(
        message_id=row.mail_id,
        at=now,
        sender=row.sender,
        sender_name=row.sender_name,
        to=[each["address"] for each in row.recipients if each["kind"] == "to"],
        cc=[each["address"] for each in row.recipients if each["kind"] == "cc"],
        reply_to=row.reply_to,
        subject=_subject(row, before),
        text=text,
        html=html,
        in_reply_to=answered.mail_id if answered else "",
        references=composing.trim_references([each.mail_id for each in before]),
        headers=_headers(row, before, unsubscribe_url),
        parts=_parts(message, gathered) if message is not None else (),
    )


def _words(row: Outgoing, before: Sequence[_Before], gathered: Sequence[_Before], unsubscribe_url: str) -> Words:
    message = row.message
    if message is None:
        text, html = row.content.get("text", ""), row.content.get("html", "")
        return Words(text, html, unsubscribe_url=unsubscribe_url)
    theirs = next((each for each in reversed(before) if each.is_theirs), None)
    quoted = None
    if theirs is not None and not row.machine:  # a machine quotes nobody: the sender may be forged
        at = (_EPOCH + timedelta(microseconds=theirs.at_us)).astimezone(ZoneInfo(row.shop.timezone))
        quoted = Quoted(theirs.who, f"{at:%d %b %Y at %H:%M}", theirs.text)
    text = "\n\n".join([*(each.text for each in gathered), message.text])
    html = "" if gathered else message.html  # lines of a chat are plain text
    return Words(text, html, message.conversation.team.signature, quoted, unsubscribe_url)


def _subject(row: Outgoing, before: Sequence[_Before]) -> str:
    if row.message is None:
        return str(row.content.get("subject", ""))
    own = row.message.subject or row.message.conversation.subject or row.shop.name
    answers = any(each.is_theirs for each in before)
    return own if not answers or own[:3].lower() in ("re:", "aw:", "sv:") else f"Re: {own}"


def _answered(before: Sequence[_Before]) -> _Before | None:
    """The mail this one answers: the customer's last, else the last there was."""
    mails = [each for each in before if each.mail_id]
    chosen = [each for each in mails if each.is_theirs] or mails
    return chosen[-1] if chosen else None


def _headers(row: Outgoing, before: Sequence[_Before], unsubscribe_url: str) -> list[tuple[str, str]]:
    headers = [(str(name), str(value)) for name, value in row.headers]
    if row.machine:
        headers.append(("Auto-Submitted", "auto-replied" if before else "auto-generated"))
        headers.append(_NOT_FOR_MACHINES)
    if unsubscribe_url:
        headers.append(("List-Unsubscribe", f"<{unsubscribe_url}>"))
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return headers


def _parts(message: Message, gathered: Sequence[_Before]) -> list[Part]:
    files = list(message.attachments.all())
    if gathered:
        files = [*Attachment.objects.filter(message__in=[each.pk for each in gathered]).order_by("id"), *files]
    return [Part(each.name, each.content_type, attachments.read_bytes(each), each.content_id) for each in files]


def _threads(rows: Sequence[Outgoing]) -> dict[int, list[_Before]]:
    """What was said before, by conversation; only where something was. Words are read only where a mail needs them."""
    answers = [(row.message, row.content.get("gathers", ())) for row in rows if row.message is not None]
    threads: dict[int, list[_Before]] = defaultdict(list)
    answering = {message.conversation_id for message, _ in answers if message.number > 1}
    if not answering:
        return threads
    known = Message.objects.filter(conversation_id__in=answering, kind=Kind.MESSAGE).order_by("number")
    columns = ("conversation_id", "pk", "number", "message_id", "direction", "from_name", "from_address", "at_us")
    for talk, pk, number, mail_id, direction, name, address, at_us in known.values_list(*columns):
        who = name or address or "you"  # in a chat nobody needs an address
        threads[talk].append(_Before(pk, number, mail_id, direction == Direction.IN, who, at_us))
    wanted: set[int] = set()
    for message, gathers in answers:
        before = [each for each in threads[message.conversation_id] if each.number < message.number]
        theirs = next((each.pk for each in reversed(before) if each.is_theirs), None)
        wanted |= {*gathers, *(() if theirs is None else (theirs,))}
    texts = dict(known.filter(pk__in=wanted).values_list("pk", "text"))
    return {
        talk: [replace(each, text=texts[each.pk]) if each.pk in texts else each for each in told]
        for talk, told in threads.items()
    }
