"""What reading a mail gives: values only, no tables. `problems` and `cut` tell what was wrong and what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kizuna.conversations.mail.headers import Address


class Verdict(StrEnum):
    """What a mail is."""

    HUMAN = "human"
    AUTOMATIC = "automatic"
    AWAY = "away"
    RECEIPT = "receipt"
    LIST = "list"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    LOOP = "loop"


@dataclass(frozen=True, slots=True)
class File:
    """An attachment."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient of a delivery report: what became of the mail, for good or for now, and why."""

    address: str
    action: str
    hard: bool
    code: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report or a complaint, and the Message-ID of the mail it speaks of."""

    failures: tuple[Failure, ...] = ()
    message_id: str = ""
    standard: bool = True
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Meeting:
    """What an invitation says."""

    method: str
    summary: str
    begins: str
    ends: str
    location: str
    organizer: str


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail, read."""

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sender: Address = field(default_factory=lambda: Address(""))
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()
    return_path: str | None = None
    subject: str = ""
    date_us: int | None = None
    text: str = ""
    full_text: str = ""
    html: str = ""
    attachments: tuple[File, ...] = ()
    verdict: Verdict = Verdict.HUMAN
    why: str = ""
    report: Report | None = None
    meeting: Meeting | None = None
    protection: str = ""
    is_forward: bool = False
    forwarded_from: str = ""
    list_headers: Mapping[str, str] = field(default_factory=dict)
    auth_results: tuple[str, ...] = ()
    hops: int = 0
    body_hash: str = ""
    problems: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()

    @property
    def is_automatic(self) -> bool:
        """Whether no human wrote it."""
        return self.verdict not in {Verdict.HUMAN, Verdict.UNSUBSCRIBE}
