"""Names and words of the house: banned words, module openings, one reader of the environment, no Django signals."""

import ast
import re

from tests.house.source import Module, list_modules, list_src

BANNED = {"services", "utils", "helpers", "base", "common", "manager", "handler", "processor", "data", "info"}
FRAMEWORK_MODULES = {"src/kizuna/config/sqlite/base.py"}
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def _chosen_names(module: Module) -> list[tuple[int, str]]:
    """Definitions by their words; variables and parameters only when the whole name is a banned word."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, DEFINITIONS) and _words(node.name) & BANNED:
            found.append((node.lineno, node.name))
        elif isinstance(node, ast.arg) and node.arg in BANNED:
            found.append((node.lineno, node.arg))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in BANNED:
            found.append((node.lineno, node.id))
    return found


def test_no_banned_names() -> None:
    assert [f"{m.name}:{line} {name}" for m in list_src() for line, name in _chosen_names(m)] == []


def test_no_banned_module_names() -> None:
    names = [m.name for m in list_src() if m.name not in FRAMEWORK_MODULES]
    assert [name for name in names if set(re.split(r"[/_.]", name)) & BANNED] == []


def test_every_module_says_what_lives_there() -> None:
    bare = {"__init__.py"}
    assert [
        m.name
        for m in list_modules()
        if "migrations" not in m.name
        and not ast.get_docstring(m.tree)
        and not (m.path.name in bare and not m.text.strip())
    ] == []


def test_public_functions_and_classes_say_what_they_do() -> None:
    missing = []
    for module in list_src():
        for node in module.tree.body:
            if isinstance(node, DEFINITIONS) and not node.name.startswith("_") and not ast.get_docstring(node):
                missing.append(f"{module.name}:{node.lineno} {node.name}")
    assert missing == []


def test_only_config_environment_reads_the_environment() -> None:
    reads = re.compile(r"os\.environ|os\.getenv|from os import .*(environ|getenv)")
    allowed = {"src/kizuna/config/environment.py", "src/kizuna/__main__.py"}
    assert [m.name for m in list_src() if reads.search(m.text) and m.name not in allowed] == []


def test_no_signals_carry_business() -> None:
    assert [m.name for m in list_src() if re.search(r"django\.(db\.models\.|dispatch|core\.)signals?", m.text)] == []


def test_packages_never_open_a_transaction() -> None:
    rooms = {
        "shops",
        "customers",
        "tracking",
        "sales",
        "relationships",
        "conversations",
        "outreach",
        "privileges",
        "knowledge",
        "web",
    }
    opens = re.compile(r"transaction\.(atomic|commit|rollback|on_commit)")
    assert [m.name for m in list_src() if m.room in rooms and opens.search(m.text)] == []


def test_clock_is_read_only_in_doors_commands_and_workers() -> None:
    reads = re.compile(r"timezone\.now\(\)|datetime\.now\(|time\.time(_ns)?\(\)|date\.today\(")
    rooms = {
        "shops",
        "customers",
        "tracking",
        "sales",
        "relationships",
        "conversations",
        "outreach",
        "privileges",
        "knowledge",
        "science",
        "money",
        "html",
    }
    flows = [m for m in list_src() if m.room == "flows" and "management" not in m.name]
    inner = [m for m in list_src() if m.room in rooms and m.name != "src/kizuna/tracking/inbox.py"]
    assert [m.name for m in [*inner, *flows] if reads.search(m.text)] == []
