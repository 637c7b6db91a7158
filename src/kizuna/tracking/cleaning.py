"""Values of strangers made fit to be stored: texts, numbers, identifiers, e-mail addresses, phone numbers.

Pure functions; what cannot be mended is refused with the field that is to blame. Used by tracking.normalise.
"""

import math
import re
from typing import Any

from kizuna.tracking.wire import kind_of

LONGEST_TEXT = 4000
LONGEST_KEY = 100
LONGEST_ID = 255
DEEPEST = 12
LARGEST = 2**63 - 1
NOBODY = frozenset(
    (
        *("null", "undefined", "nil", "none", "nan", "(null)", "[object object]", "true", "false", "anonymous"),
        *("guest", "unknown", "0", "-1", "00000000-0000-0000-0000-000000000000"),
    )
)
"""What broken snippets send instead of an id; taken at its word it would make one customer of many."""
_ADDRESS = re.compile(r"[^\s@<>\"(),;:\\\[\]]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
_UNFIT = re.compile("[\x00\ud800-\udfff]")


class Unfit(ValueError):
    """A value that cannot be taken; `field` is its path in the event."""

    def __init__(self, field: str, reason: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.reason = reason
        self.message = message


def clean(value: Any, field: str, depth: int = 0) -> Any:
    """Copy a JSON value for storage: texts cut and freed of NUL and broken characters; raises Unfit.

    Numbers that are not finite or beyond 64 bits are refused, because nobody could compute with them.
    """
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unfit(field, "bad_number", f"{value} is not a number one can store")
        return value
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise Unfit(field, "bad_number", f"{str(value)[:30]}... is absurdly large")
        return value
    if value is None:
        return None
    if depth >= DEEPEST:
        raise Unfit(field, "too_deep", f"is nested more than {DEEPEST} deep")
    if isinstance(value, dict):
        return {clean_text(key, LONGEST_KEY): clean(each, f"{field}.{key}", depth + 1) for key, each in value.items()}
    return [clean(each, f"{field}[{place}]", depth + 1) for place, each in enumerate(value)]


def clean_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """Cut a text and take out what databases refuse: NUL and halves of surrogate pairs."""
    if not text.isascii() or "\x00" in text:
        text = _UNFIT.sub("", text)
    return text if len(text) <= longest else text[:longest]


def read_object(event: dict[str, Any], name: str) -> dict[str, Any]:
    """Give an object of the event, empty where there is none; raises Unfit where it is something else."""
    value = event.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unfit(name, "wrong_type", f"must be an object, found {kind_of(value)}")
    return value


def read_id(value: object, field: str) -> str | None:
    """Read an identifier as text: integral floats lose ".0"; nobody's ids such as "undefined" count as none."""
    if value is None:
        return None
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Unfit(field, "wrong_type", f"must be text or a number, found {kind_of(value)}")
    text = clean_text(value, LONGEST_ID + 1).strip()
    if len(text) > LONGEST_ID:
        raise Unfit(field, "too_long", f"has more than {LONGEST_ID} characters")
    return None if not text or text.casefold() in NOBODY else text


def find_address(value: object) -> str | None:
    """Read an e-mail address in lower case; None where it is not one."""
    if not isinstance(value, str):
        return None
    text = clean_text(value, 300).strip().lower()
    return text if len(text) <= 254 and _ADDRESS.fullmatch(text) else None


def find_phone(value: object) -> str | None:
    """Read a phone number as digits with a leading + where it is international; None where it is not one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > 60 or re.search(r"[^\d\s()./+-]", value):
        return None
    digits = re.sub(r"\D", "", value)
    if value.strip().startswith("+"):
        digits = "+" + digits
    elif digits.startswith("00"):
        digits = "+" + digits[2:]
    return digits if 6 <= len(digits) <= 16 else None
