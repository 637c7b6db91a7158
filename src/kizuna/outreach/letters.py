"""The words of a dialogue mail: fields in {{ braces }}, filled from the profile and from what was learned.

A field without a value is never guessed and never left blank: the letter is not written, and the reason says which.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

FIELD: Final = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
_BRACES: Final = re.compile(r"\{\{|\}\}")

FIELDS: Final[Mapping[str, str]] = {
    "first_name": "their first name",
    "name": "their whole name",
    "country": "their country",
    "last_product": "what they bought last",
    "need": "the need or want we learned last",
    "preference": "the preference we learned last",
    "shop": "the name of the shop",
    "team": "the name of the team that writes",
}
"""What may stand in braces, in words."""


class BadLetter(ValueError):
    """A text cannot be sent as a dialogue mail; `field` is subject or text."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Letter:
    """What one customer reads."""

    subject: str
    text: str


def check(subject: str, text: str) -> None:
    """Refuse what could not be sent: unknown fields, a subject of several lines, a text that asks nothing."""
    if not subject.strip() or any(ord(sign) < 32 for sign in subject):
        raise BadLetter("subject", "give a subject on one line")
    if not text.strip():
        raise BadLetter("text", "write the mail")
    for field, words in (("subject", subject), ("text", text)):
        unknown = sorted({name for name in FIELD.findall(words) if name not in FIELDS})
        if unknown:
            raise BadLetter(field, f"there is no field {', '.join(unknown)}; there are {', '.join(FIELDS)}")
        if _BRACES.search(FIELD.sub("", words)):
            raise BadLetter(field, "double braces stand around the name of a field only, as in {{ first_name }}")
    if "?" not in text and "？" not in text:
        raise BadLetter("text", "a dialogue mail asks something: put an open question into it")


def fields_of(*texts: str) -> list[str]:
    """List the fields that texts use, in the order of FIELDS.

    >>> fields_of("{{ shop }} asks", "Dear {{first_name}}, ...")
    ['first_name', 'shop']
    """
    used = {name for text in texts for name in FIELD.findall(text)}
    return [name for name in FIELDS if name in used]


def missing(used: Iterable[str], values: Mapping[str, str]) -> list[str]:
    """List the used fields that have no value for a customer."""
    return [name for name in used if not values.get(name, "").strip()]


def write(subject: str, text: str, values: Mapping[str, str]) -> Letter:
    """Fill in the fields; raises KeyError where one is missing, so that nobody is greeted with a gap.

    >>> write("For {{ first_name }}", "What would help you, {{ first_name }}?", {"first_name": "Yui"}).text
    'What would help you, Yui?'
    """

    def fill(words: str) -> str:
        return FIELD.sub(lambda found: _value(values, found[1]), words)

    return Letter(" ".join(fill(subject).split()), fill(text).strip())


def _value(values: Mapping[str, str], name: str) -> str:
    value = " ".join(values.get(name, "").split())
    if not value:
        raise KeyError(name)
    return value
