"""The project's own source as trees: what the house rules look at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "kizuna"


@dataclass(frozen=True)
class Module:
    """One Python file: where it is, its text and its tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The path from the repository's root, for messages."""
        return str(self.path.relative_to(ROOT))

    @property
    def room(self) -> str:
        """The room of src/kizuna it stands in, or an empty word."""
        parts = self.path.relative_to(SRC).parts if self.path.is_relative_to(SRC) else ()
        return parts[0] if len(parts) > 1 else ""

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def list_modules() -> tuple[Module, ...]:
    """All Python files of src, tests and bench."""
    paths = sorted(path for top in (SRC, ROOT / "tests", ROOT / "bench") for path in top.rglob("*.py"))
    return tuple(Module(path, text := path.read_text(), ast.parse(text)) for path in paths)


def list_src() -> list[Module]:
    """The modules of src, without migrations."""
    return [module for module in list_modules() if module.path.is_relative_to(SRC) and "migrations" not in module.name]
