"""Whom a dialogue mail is for, and why a customer is left out: pure rules over what is known of one customer.

The order of the reasons matters: the first that holds is the one that counts and is shown. Mail retains, it does not
acquire (model, section 3): who never bought and never said anything is a stranger and is not written to.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

DAY_US: Final = 86_400_000_000
SEGMENTS: Final = ("A", "B", "C", "D")
MOST_DAYS: Final = 3650
CONSENT_PURPOSE: Final = "email_marketing"
TOPICS: Final[Mapping[str, str]] = {
    "news": "news from the shop",
    "offers": "offers",
    "events": "events",
    "advice": "advice",
    "care": "care of what they bought",
}
"""What a mail can be about, as customers choose among it on the premium site; one without a topic is for everybody."""

REASONS: Final[Mapping[str, str]] = {
    "segment": "in another segment",
    "stage": "at another stage",
    "language": "another language",
    "country": "another country",
    "tag": "without the tag",
    "talked": "we have talked with them since",
    "needs": "their needs are known and fresh",
    "stranger": "no relation yet: never bought, never wrote",
    "no_address": "we have no e-mail address",
    "other_way": "asked to be reached another way",
    "other_topic": "want to read about other things",
    "no_consent": "did not agree to such mail",
    "suppressed": "must not be written to: unsubscribed, complained or bounced",
    "missing": "a field of the mail has no value",
    "written": "has had this mail",
}
"""Why a customer is left out, in words; the first seven are choice, the rest are refusals."""

CHOICE: Final = frozenset({"segment", "stage", "language", "country", "tag", "talked", "needs"})
"""Reasons that only say the customer was not meant."""


@dataclass(frozen=True, slots=True)
class Who:
    """Which customers a play means; an empty condition lets everybody through."""

    segments: tuple[str, ...] = ("A", "B")
    stages: tuple[int, ...] = ()
    silent_days: int | None = 90
    needs_days: int | None = None
    language: str = ""
    country: str = ""
    tag: str = ""
    topic: str = ""

    def stored(self) -> dict[str, Any]:
        """As the table keeps it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of one customer at the moment of choosing."""

    customer_id: int
    identity_id: int
    label: str = ""
    address: str = ""
    segment: str = ""
    stage: int = 0
    depth: int = 0
    orders: int = 0
    country: str = ""
    language: str = ""
    zone: str = ""
    channels: tuple[str, ...] = ()
    pace: str = ""
    topics: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    talked_us: int | None = None
    learned_us: int | None = None
    consents: bool = False
    suppressed: bool = False
    written: bool = False
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_relation(self) -> bool:
        """Whether there is a relation to retain: they bought, or they said something to us."""
        return self.orders > 0 or self.talked_us is not None


def read(kept: Mapping[str, Any]) -> Who:
    """Read what the table keeps; unknown names are passed over."""
    known = {each.name for each in fields(Who)}
    said = {name: value for name, value in kept.items() if name in known}
    for name in ("segments", "stages"):
        if name in said:
            said[name] = tuple(said[name])
    return Who(**said)


def find_reason(who: Who, person: Person, missing: bool, now_us: int) -> str:
    """Say why a customer is left out, by the name of the reason; empty: they are meant and may be written to."""
    return _not_meant(who, person, now_us) or _refused(who, person, missing)


def _not_meant(who: Who, person: Person, now_us: int) -> str:
    if who.segments and person.segment not in who.segments:
        return "segment"
    if who.stages and person.stage not in who.stages:
        return "stage"
    if who.language and not _same_language(person.language, who.language):
        return "language"
    if who.country and person.country.casefold() != who.country.casefold():
        return "country"
    if who.tag and who.tag not in person.tags:
        return "tag"
    if who.silent_days and _within(person.talked_us, who.silent_days, now_us):
        return "talked"
    if who.needs_days and _within(person.learned_us, who.needs_days, now_us):
        return "needs"
    return ""


def _refused(who: Who, person: Person, missing: bool) -> str:
    if not person.has_relation:
        return "stranger"
    if not person.address:
        return "no_address"
    if person.suppressed:
        return "suppressed"
    if person.channels and "email" not in person.channels:
        return "other_way"
    if who.topic and person.topics and who.topic not in person.topics:
        return "other_topic"
    if not person.consents:
        return "no_consent"
    if person.written:
        return "written"
    return "missing" if missing else ""


def _same_language(spoken: str, wanted: str) -> bool:
    return spoken.replace("_", "-").casefold().split("-")[0] == wanted.replace("_", "-").casefold().split("-")[0]


def _within(at_us: int | None, days: int, now_us: int) -> bool:
    return at_us is not None and at_us > now_us - days * DAY_US
