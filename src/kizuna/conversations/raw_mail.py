"""Raw mail: stored before anyone reads it, taken from there once, kept whole where that fails.

What a mail says is conversations.mail's affair, what follows from it flows.mail_in's. Callers hold the transaction.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from django.db.models import F

from kizuna.conversations.models import Message, RawMail, RawState
from kizuna.tables import public_ids

__all__ = ["Arrived", "RawState", "store"]

LONGEST_PROBLEM = 8000
MOST_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail as it reached one team."""

    shop_id: int
    team_id: int
    door: str
    mail_from: str | None
    recipients: tuple[str, ...]
    body: bytes
    sha256: str = ""


def digest(body: bytes) -> str:
    """Name the bytes of a mail."""
    return hashlib.sha256(body).hexdigest()


def store(arrived: Sequence[Arrived], now_us: int) -> list[int]:
    """Store mails; returns their ids in order. What a team was given before, byte for byte, keeps its id."""
    named = [(each.team_id, each.sha256 or digest(each.body)) for each in arrived]
    rows = [
        RawMail(
            shop_id=each.shop_id,
            public_id=public_ids.make(now_us),
            team_id=each.team_id,
            sha256=sha,
            size=len(each.body),
            door=each.door,
            mail_from=None if each.mail_from is None else each.mail_from[:320],
            recipients=list(each.recipients)[:100],
            received_us=now_us,
            body=each.body,
        )
        for each, (_, sha) in zip(arrived, named, strict=True)
    ]
    RawMail.objects.bulk_create(rows, ignore_conflicts=True)
    found = RawMail.objects.filter(sha256__in={sha for _, sha in named}, team_id__in={team for team, _ in named})
    ids = {(team, sha): pk for team, sha, pk in found.values_list("team_id", "sha256", "pk")}
    return [ids[each] for each in named]


def list_pending(limit: int) -> list[int]:
    """List the oldest mails that wait to be read; one that was tried before comes alone."""
    waiting = RawMail.objects.filter(state=RawState.PENDING).order_by("id").values_list("pk", "attempts")[:limit]
    fresh = [pk for pk, _ in takewhile(lambda each: not each[1], waiting)]
    return fresh or [pk for pk, _ in waiting[:1]]


def note_attempt(ids: Iterable[int]) -> None:
    """Note, before reading, that mails are about to be read: one that kills its reader is found by that."""
    RawMail.objects.filter(pk__in=list(ids), state=RawState.PENDING).update(attempts=F("attempts") + 1)


def find_pending(raw_id: int) -> RawMail | None:
    """Find a mail that waits; None where it was taken meanwhile."""
    return RawMail.objects.filter(pk=raw_id, state=RawState.PENDING).first()


def lock_pending(raw_id: int) -> RawMail | None:
    """Lock a mail that still waits, without its bytes."""
    waiting = RawMail.objects.filter(pk=raw_id, state=RawState.PENDING)
    return waiting.select_for_update().defer("body").first()


def find_twin(team_id: int, fingerprint: str) -> RawMail | None:
    """Find the mail of a team that says the same as another that came on another way."""
    return RawMail.objects.filter(team_id=team_id, fingerprint=fingerprint).defer("body").first()


def settle(raw: RawMail, now_us: int) -> None:
    """Store what became of a mail."""
    raw.done_us = now_us
    raw.problem = ""
    raw.save(
        update_fields=[
            *("state", "verdict", "why", "problem", "fingerprint", "from_address", "subject"),
            *("done_us", "conversation", "message"),
        ]
    )


def forgive_attempts(ids: Iterable[int]) -> None:
    """Forget that mails were about to be read: what stopped it was no fault of theirs."""
    RawMail.objects.filter(pk__in=list(ids), state=RawState.PENDING).update(attempts=0)


def name(raw_id: int, from_address: str, subject: str) -> None:
    """Note what a mail is called, for the list of those that could not be taken."""
    RawMail.objects.filter(pk=raw_id).update(from_address=from_address[:320], subject=subject[:300])


def quarantine(raw_id: int, problem: str, now_us: int) -> None:
    """Set a mail aside whole that we could not take, with what went wrong."""
    RawMail.objects.filter(pk=raw_id, state=RawState.PENDING).update(
        state=RawState.QUARANTINED, problem=problem[-LONGEST_PROBLEM:].replace("\x00", ""), done_us=now_us
    )


def keep_html(message: Message, html: str, blocked_images: int) -> None:
    """Keep the cleaned HTML of a message, and how many remote images wait in it."""
    message.html = html
    if blocked_images:
        message.remarks = {**message.remarks, "blocked_images": blocked_images}
    message.save(update_fields=["html", "remarks"])
