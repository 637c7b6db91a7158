"""The languages of the chat panel: one JSON file each in chat-languages, named by its code, such as de.json.

A file has its name in its own language, its direction (ltr or rtl) and its words; a word that counts may have a form
for each plural category of the language (one, few, many, other). What a file leaves out is said in English.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "chat-languages"
FIRST = "en"


def list_languages() -> dict[str, str]:
    """List the languages there are as {code: name in its own words}, English first."""
    codes = sorted((path.stem for path in FOLDER.glob("*.json")), key=lambda code: (code != FIRST, code))
    return {code: str(read(code)["name"]) for code in codes}


@cache
def read(code: str) -> dict[str, Any]:
    """Read a language file; raises LookupError where there is none of this code."""
    path = FOLDER / f"{code}.json"
    if not code.replace("-", "").isalnum() or not path.is_file():
        raise LookupError(code)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def say(code: str, word: str) -> str:
    """Say one word of the panel in a language, in English where the language does not have it."""
    known = code if code in list_languages() else FIRST
    said = read(known)["words"].get(word) or read(FIRST)["words"][word]
    return str(said)
