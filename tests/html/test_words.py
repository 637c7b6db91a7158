"""Words for customers: every sentence of the premium site and its mails is said in every language, with its gaps."""

import ast
import re

import pytest

from kizuna.html import words
from kizuna.knowledge import questions
from kizuna.privileges import tiers
from tests.house.source import SRC

PORTAL = SRC / "web" / "portal"
TABLES = {"PRIVILEGES", "KINDS", "DONE", "STATES", "CHANNELS", "FREQUENCIES", "TOPICS", "PURPOSES", "SECTIONS"}
OTHERS = [name for name in words.LANGUAGES if name != words.ENGLISH]


def _in_templates():
    for path in PORTAL.rglob("*.html"):
        for double, single in re.findall(r"{% say \"([^\"]*)\"|{% say '([^']*)'", path.read_text()):
            yield double or single


def _in_code():
    for path in [*PORTAL.rglob("*.py"), *(SRC / "flows").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"say", "Step"}:
                yield from (arg.value for arg in node.args if _is_sentence(arg))
            if path.is_relative_to(PORTAL) and isinstance(node, ast.Assign | ast.AugAssign):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if getattr(target, "id", "") in TABLES or getattr(target, "id", "") == "later":
                    yield from (each.value for each in ast.walk(node.value) if _is_sentence(each))
            if isinstance(node, ast.FunctionDef) and node.name == "_greeting":
                yield from (each.value for each in ast.walk(node) if _is_sentence(each))


def _is_sentence(node):
    said = getattr(node, "value", None)
    return isinstance(node, ast.Constant) and isinstance(said, str) and bool(re.match(r"[A-Z{].*[a-z]", said))


def _standing():
    for title, intro, asked in questions.STANDING.values():
        yield from (title, intro)
        for each in asked:
            yield from (each.text, *each.ends)
    yield from questions.CHANNEL_WORDS.values()
    for tier in tiers.DEFAULTS:
        yield from (tier.name, tier.promise, tier.earned_by)


def test_the_finder_finds():
    found = {*_in_templates(), *_in_code()}
    assert {"Your wishes", "We promised a day", "Good evening", "Your way in to {shop}"} <= found
    assert len(found) > 150


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_said_in_every_language(language):
    known = words.catalogue(language)
    assert sorted({*_in_templates(), *_in_code(), *_standing()} - set(known)) == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_gaps_of_their_sentence(language):
    gaps = lambda text: sorted(re.findall(r"{(\w+)}", text))  # noqa: E731
    assert [key for key, said in words.catalogue(language).items() if gaps(key) != gaps(said) or not said] == []


def test_languages_are_chosen_by_what_is_offered():
    assert words.choose(["", "de-AT;q=0.9", "en"], ("en", "de")) == "de"
    assert words.choose(["fr"], ("de",)) == "de"
    assert words.choose([], ()) == "en"
    assert words.say("de", "by {day}", day="morgen") == "bis morgen"
    assert words.say("de", "never translated") == "never translated"
