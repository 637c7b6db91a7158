"""Words for customers in their own language: English in the code, every other language in a JSON file beside it.

The English sentence is the key, as in gettext, but nothing is compiled. Braces in a sentence are filled in after
translating. Words of the console are English and do not pass through here.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LANGUAGES = {"en": "English", "de": "Deutsch"}
ENGLISH = "en"
FOLDER = Path(__file__).parent / "languages"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Read every sentence of a language; English is written in the code, and so empty here."""
    path = FOLDER / f"{language}.json"
    if language not in LANGUAGES or language == ENGLISH or not path.is_file():
        return {}
    return {str(key): str(value) for key, value in json.loads(path.read_text(encoding="utf-8")).items()}


def say(language: str, sentence: str, **values: object) -> str:
    """Say an English sentence in a language; one that was never translated stays English."""
    said = catalogue(language).get(sentence, sentence)
    return said.format(**values) if values else said


def choose(wanted: Iterable[str], offered: Iterable[str]) -> str:
    """Choose the first wanted language that is offered ("de-AT" is "de"), else the first offered."""
    known = [each for each in offered if each in LANGUAGES] or [ENGLISH]
    for each in wanted:
        short = each.strip().lower().replace("_", "-").split("-")[0].split(";")[0]
        if short in known:
            return short
    return known[0]
