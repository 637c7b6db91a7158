"""Numbers, shares and times written for people: locale-free, with real minus signs and spaces that never break.

Money is written by money.currency; only what needs no currency lives here.
"""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

THIN = "\u202f"
MINUS = "−"
_STEPS = ((1_000_000_000, "bn"), (1_000_000, "m"), (1_000, "k"))


def whole(value: float) -> str:
    """Write a whole number with thin spaces between thousands."""
    return f"{round(value):,}".replace(",", THIN).replace("-", MINUS)


def short(value: float) -> str:
    """Write a number in at most four characters and a unit letter: 950, 1.2k, 84k, 3.4m."""
    size = abs(value)
    sign = MINUS if value < 0 else ""
    for step, letter in _STEPS:
        if size >= step * 0.9995:
            return f"{sign}{_trim(size / step)}{letter}"
    return sign + _trim(size)


def share(value: float | None, digits: int = 1) -> str:
    """Write a ratio as per cent; None is undefined."""
    if value is None:
        return "undefined"
    text = f"{abs(value) * 100:.{digits}f}"
    sign = MINUS if value < 0 and float(text) else ""
    return f"{sign}{text}{THIN}%"


def change(before: float, after: float) -> str:
    """Write the change from one figure to the next as signed per cent, or say that there is nothing to compare."""
    if not before:
        return "new" if after else "no change"
    ratio = (after - before) / abs(before)
    if abs(ratio) < 0.0005:
        return "no change"
    text = f"{abs(ratio) * 100:.1f}" if abs(ratio) < 10 else f"{abs(ratio) * 100:.0f}"
    return f"{'+' if ratio > 0 else MINUS}{text}{THIN}%"


def moment(us: int | None, zone: str, *, with_time: bool = True) -> str:
    """Write an instant in the shop's zone: 22 Nov 2026, 07:12."""
    if us is None:
        return "never"
    local = datetime.fromtimestamp(us / 1_000_000, UTC).astimezone(ZoneInfo(zone))
    day = f"{local.day} {local:%b} {local.year:04d}"
    return f"{day}, {local:%H:%M}" if with_time else day


def iso(us: int) -> str:
    """Write an instant for machines: ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(us: int | None, now_us: int) -> str:
    """Write how long ago an instant was, in one unit: 3 min, 5 h, 2 days, 4 months."""
    if us is None:
        return "never"
    seconds = (now_us - us) // 1_000_000
    if seconds < 0:
        return "in the future"
    if seconds < 60:
        return "just now"
    for limit, size, word in (
        (3600, 60, "min"),
        (86400, 3600, "h"),
        (86400 * 60, 86400, "day"),
        (86400 * 730, 2_629_800, "month"),
    ):
        if seconds < limit:
            return _counted(seconds // size, word)
    return _counted(seconds // 31_557_600, "year")


def clock(us: int, zone: str) -> str:
    """Write the time of day of an instant in a zone, to the second."""
    return datetime.fromtimestamp(us / 1_000_000, UTC).astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")


def pretty(text: str) -> str:
    """Indent JSON for reading; anything else stays as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def pretty_object(value: object) -> str:
    """Write a value as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def initials(name: str) -> str:
    """Take at most two letters that stand for a name or an address."""
    words = [word for word in name.replace("@", " ").replace(".", " ").replace("_", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][0] + (words[1][0] if len(words) > 1 else "")
    return letters.upper()


def _counted(count: int, word: str) -> str:
    plural = "s" if count != 1 and word in {"day", "month", "year"} else ""
    return f"{count} {word}{plural} ago"


def _trim(value: float) -> str:
    text = f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
    return text.removesuffix(".0")
