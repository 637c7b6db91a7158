"""Documents that must not fall behind the code: settings, commands, glossary, decisions, changelog, links."""

import re

from django.core.management import get_commands

from kizuna.config import version
from tests.house.source import ROOT, SRC, list_src

DOCS = ROOT / "docs"


def test_every_setting_is_described() -> None:
    read = set(re.findall(r'"(KIZUNA_[A-Z_]+)"', (SRC / "config" / "environment.py").read_text()))
    described = set(re.findall(r"`(KIZUNA_[A-Z_]+)`", (DOCS / "settings.md").read_text()))
    assert read - described == set()
    assert {name for name in described - read if not name.startswith("KIZUNA_TEST_")} == {"KIZUNA_PYTHON"}


def test_every_command_is_described() -> None:
    own = {name for name, app in get_commands().items() if app.startswith("kizuna.")}
    described = set(re.findall(r"`\./run (?:manage )?([a-z_]+)", (DOCS / "operations.md").read_text()))
    assert own - described == set()


def test_glossary_names_exist() -> None:
    source = "\n".join(module.text for module in list_src())
    names = re.findall(r"^\| [^|]+ \| `([a-z_.A-Z]+)`", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    assert len(names) > 20
    assert [name for name in names if name.rsplit(".", 1)[-1] not in source] == []


def test_every_decision_says_why_and_is_listed() -> None:
    listed = (DOCS / "decisions" / "README.md").read_text()
    for path in sorted((DOCS / "decisions").glob("[0-9]*.md")):
        text = path.read_text()
        assert path.name in listed, f"{path.name} is not listed"
        for heading in ("## Context", "## Decision", "## Consequences"):
            assert heading in text, f"{path.name} lacks {heading}"


def test_version_is_the_newest_of_the_changelog() -> None:
    newest = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert version.get_version() == newest.group(1)


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text()):
            if not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)} -> {target}")
    assert broken == []


def test_lock_files_name_no_index() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text), name
        assert "--hash=sha256:" in text
