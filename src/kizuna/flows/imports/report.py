"""What an import did, in numbers and words: lines read, taken, left out, refused; refusals with row and field."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

SHOWN = 20
KEPT = 200_000

type Progress = Callable[[str, int, int], None]
"""Called with what is being done, how far it is, and how far it goes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One row that was refused, as the spreadsheet numbers it, with the column and the reason."""

    row: int
    field: str
    reason: str

    def __str__(self) -> str:
        """Write it as one sentence."""
        return f"row {self.row}, {self.field}: {self.reason}"


@dataclass
class Report:
    """The account of one import; `counts` are named in the order in which they are shown."""

    title: str
    dry_run: bool = False
    notes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    refused_rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, by: int = 1) -> None:
        """Count something."""
        self.counts[name] = self.counts.get(name, 0) + by

    def refuse(self, row: int, column: str, reason: str, rows: int = 1) -> None:
        """Note a row (or, with `rows`, an order of several) that was not taken and why."""
        self.refused_rows += rows
        self.reasons[column] += rows
        if len(self.problems) < KEPT:
            self.problems.append(Problem(row, column, reason))

    def in_row_order(self) -> list[Problem]:
        """List the refusals as the file has them: rows are refused while they are read, orders once they are whole."""
        return sorted(self.problems, key=lambda problem: problem.row)

    def as_plain(self) -> dict[str, object]:
        """Give the report as plain values, for JSON."""
        return {
            "title": self.title,
            "dry_run": self.dry_run,
            "notes": self.notes,
            "counts": self.counts,
            "refused": self.refused_rows,
            "problems": [{"row": each.row, "field": each.field, "reason": each.reason} for each in self.in_row_order()],
        }

    def lines(self) -> list[str]:
        """Write the report for a terminal."""
        width = max((len(name) for name in self.counts), default=0)
        text = [self.title, *self.notes]
        text += [f"  {name:<{width}}  {count:>12,}" for name, count in self.counts.items()]
        if self.refused_rows:
            text.append(f"Refused {self.refused_rows:,} rows; everything beside them was taken:")
            text += [f"  {problem}" for problem in self.in_row_order()[:SHOWN]]
            hidden = self.refused_rows - min(SHOWN, len(self.problems))
            if hidden > 0:
                fields = ", ".join(f"{name} {count:,}" for name, count in self.reasons.most_common(8))
                text.append(f"  ... and {hidden:,} more ({fields}); --refused FILE lists them")
        if self.dry_run:
            text.append("This was a dry run: nothing was written.")
        return text
