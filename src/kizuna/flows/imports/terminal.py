"""Showing an import on a terminal: a progress bar that redraws one line, the report, and the list of refused rows."""

import csv
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from kizuna.flows.imports.report import Progress, Report

_WIDTH = 28
_EVERY_S = 0.1


def progress_bar(stream: TextIO | None = None) -> Progress | None:
    """Give a progress bar for a terminal; None where nobody would see it."""
    out = stream or sys.stderr
    if not out.isatty():
        return None
    shown, shown_at = "", 0.0

    def show(doing: str, done: int, whole: int) -> None:
        nonlocal shown, shown_at
        finished = done >= whole
        if doing == shown and not finished and time.monotonic() - shown_at < _EVERY_S:
            return
        if shown not in ("", doing):
            out.write("\n")
        shown, shown_at = doing, time.monotonic()
        share = min(1.0, done / whole) if whole else 1.0
        filled = round(share * _WIDTH)
        out.write(f"\r{doing:<18} [{'#' * filled}{'.' * (_WIDTH - filled)}] {share:4.0%}  {done:,}")
        if finished:
            out.write("\n")
            shown = ""
        out.flush()

    return show


def write_report(report: Report, say: Callable[[str], object], as_json: bool, refused: str | None) -> None:
    """Say the report line by line, and write the refused rows to a CSV file where one is named."""
    if refused:
        with Path(refused).open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(("row", "field", "reason"))
            rows.writerows((problem.row, problem.field, problem.reason) for problem in report.in_row_order())
    if as_json:
        say(json.dumps(report.as_plain(), ensure_ascii=False, indent=2))
        return
    for line in report.lines():
        say(line)
