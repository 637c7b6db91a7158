"""Sizes that the house allows at most: files, functions, parameters, public functions of a module."""

import ast

import pytest

from tests.house.source import ROOT, SRC, Module, list_modules, list_src

FILE_LINES = 500
FUNCTION_LINES = 60
PARAMETERS = 7
PUBLIC_FUNCTIONS = 12
FRONT_LINES = {".css": 500, ".js": 500, ".html": 300}


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    words = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return len([word for word in words if word.arg not in {"self", "cls"}])


def test_no_file_is_longer_than_500_lines() -> None:
    long = {m.name: m.text.count("\n") for m in list_modules() if "migrations" not in m.name}
    assert {name: lines for name, lines in long.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    assert [
        f"{m.name}:{f.lineno} {f.name} {_lines(f)} lines"
        for m in list_modules()
        for f in m.functions()
        if _lines(f) > FUNCTION_LINES and "migrations" not in m.name
    ] == []


def test_no_function_takes_more_than_7_parameters() -> None:
    assert [
        f"{m.name}:{f.lineno} {f.name} {_parameters(f)} parameters"
        for m in list_src()
        for f in m.functions()
        if _parameters(f) > PARAMETERS
    ] == []


def _public_functions(module: Module) -> list[str]:
    return [
        node.name
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]


def test_no_module_shows_more_than_12_functions() -> None:
    assert {m.name: n for m in list_src() if len(n := _public_functions(m)) > PUBLIC_FUNCTIONS} == {}


@pytest.mark.parametrize("ending", FRONT_LINES)
def test_front_files_stay_short(ending: str) -> None:
    counts = {
        str(path.relative_to(ROOT)): path.read_text().count("\n")
        for path in SRC.rglob(f"*{ending}")
        if "node_modules" not in path.parts
    }
    assert {name: lines for name, lines in counts.items() if lines > FRONT_LINES[ending]} == {}
