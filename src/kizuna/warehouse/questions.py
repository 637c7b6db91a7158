"""The named questions as portable SQL files: their text, the numbers each is given and the columns it gives.

Here: reading queries/*.sql and putting numbers in. Not here: asking (face, engines), and what SQL may be written
(docs/engines.md; tests/warehouse/subset.py reads every file).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kizuna.warehouse.schema import Holding

QUERIES = Path(__file__).parent / "queries"
CHAINS = ("ev_fresh", "ev_both", "ev_kept", "event", "line_fresh", "line_both", "line_kept", "order_line")
TYPES = ("BIGINT", "DOUBLE", "TEXT")
_GIVEN = re.compile(r":(\w+)")
_LARGEST = 2**63 - 1


class BadNumber(ValueError):
    """A number that cannot be put into a question."""


@dataclass(frozen=True)
class Question:
    """One file: its statement with :names in it, those names, and the columns of the answer with their types."""

    name: str
    text: str
    given: tuple[str, ...]
    gives: Mapping[str, str]

    def filled(self, **numbers: float) -> str:
        """The statement with every number in its place; raises BadNumber unless all are finite and all are used."""
        if set(numbers) != set(self.given):
            raise BadNumber(f"{self.name} is given {', '.join(self.given) or 'nothing'}, not {', '.join(numbers)}")
        literals = {name: literal(name, number) for name, number in numbers.items()}
        return _GIVEN.sub(lambda found: literals[found.group(1)], self.text)


@dataclass(frozen=True)
class View:
    """One step of the chain: its statement, and the view that stands for it while one of `needs` is empty."""

    name: str
    text: str
    needs: tuple[str, ...]
    instead: str


def literal(name: str, number: float) -> str:
    """Write a whole number or a finite float as every engine reads it; raises BadNumber on anything else."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise BadNumber(f"{name} must be a number, not {number!r}")
    if isinstance(number, int):
        if not -_LARGEST <= number <= _LARGEST:
            raise BadNumber(f"{name} does not fit 64 bits: {number}")
        return str(number) if number >= 0 else f"({number})"
    if not math.isfinite(number):
        raise BadNumber(f"{name} must be finite, not {number}")
    return f"{number:.17e}" if number >= 0 else f"({number:.17e})"


@cache
def get_question(name: str) -> Question:
    """Read one question; its head names what it is given and what it gives."""
    head, text = _read(QUERIES / f"{name}.sql")
    words = " ".join(head.get("gives", [])).replace(",", " ").split()
    gives = dict(zip(words[::2], words[1::2], strict=True))
    return Question(name, text, tuple(" ".join(head.get("given", [])).split()), gives)


def list_questions() -> list[str]:
    """The names of all questions."""
    return sorted(path.stem for path in QUERIES.glob("*.sql"))


@cache
def get_view(name: str) -> View:
    """Read one step of the view chain."""
    head, text = _read(QUERIES / "views" / f"{name}.sql")
    return View(name, text, tuple(" ".join(head["needs"]).split()), " ".join(head["else"]).strip())


def chain(holding: Holding) -> list[tuple[str, str]]:
    """The views over a holding, in order, each with its statement: a step that has nothing to do is passed through.

    So an empty table costs nothing, and the views mean the same as with every step.
    """
    empty = {name for name, table in holding.tables.items() if not count(table)}
    empty |= {f"{dataset}_sealed" for dataset, files in holding.files.items() if not files}
    steps = [get_view(name) for name in CHAINS]
    return [
        (step.name, f"SELECT * FROM {step.instead}" if empty & set(step.needs) else step.text)  # noqa: S608
        for step in steps
    ]


def count(table: Mapping[str, object]) -> int:
    """The rows of a table in memory."""
    return len(next(iter(table.values())))  # type: ignore[arg-type]


def _read(path: Path) -> tuple[dict[str, list[str]], str]:
    """The `-- word: rest` lines by their word, and the statement without its comments."""
    lines = path.read_text(encoding="ascii").splitlines()
    head: dict[str, list[str]] = {}
    for line in lines:
        found = re.fullmatch(r"-- (given|gives|needs|else):(.*)", line)
        if found:
            head.setdefault(found.group(1), []).append(found.group(2))
    return head, "\n".join(line for line in lines if not line.startswith("--"))
