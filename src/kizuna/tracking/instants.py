"""When an event happened: ISO 8601 texts read strictly, and the clock of the sender taken out of them.

The rule is Segment's: timestamp = receivedAt - (sentAt - originalTimestamp). Facts before 1990 or more than a day
ahead of their receipt are refused (model, section 2).
"""

from datetime import UTC, datetime

from kizuna.science.periods import DAY_US, epoch_us

EARLIEST_US = 631_152_000_000_000


class BadInstant(ValueError):
    """The text is no date and time, or not one that can be believed."""


def parse_instant(text: object) -> int:
    """Read an ISO 8601 date and time as epoch microseconds; without a zone it is UTC. Raises BadInstant."""
    if not isinstance(text, str):
        raise BadInstant("must be a text such as 2026-01-31T12:00:00Z")
    if len(text) > 40:
        raise BadInstant("is too long for a date and time")
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInstant(f"{text!r} is not a date and time such as 2026-01-31T12:00:00Z") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return epoch_us(instant)


def happened_at(original_us: int | None, sent_us: int | None, received_us: int) -> int:
    """Find when an event happened by the receiver's clock; raises BadInstant where no reading makes sense.

    Where the correction leads out of the believable span (a broken clock at sending), the sender's own time stands.
    """
    if original_us is None:
        return received_us
    if sent_us is not None:
        corrected = received_us - (sent_us - original_us)
        if EARLIEST_US <= corrected <= received_us + DAY_US:
            return corrected
    if original_us < EARLIEST_US:
        raise BadInstant("lies before 1990")
    if original_us > received_us + DAY_US:
        raise BadInstant("lies more than a day after it was received")
    return original_us
