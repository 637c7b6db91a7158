"""The door of the chat panel: one script of several files, small, cached, and language files that say everything."""

import gzip
import json
import re

import pytest
from django.test import Client

from kizuna.html import chat_words
from kizuna.web.public import panel

LARGEST = 30 * 1024
GAP = re.compile(r"\{\w+\}")


def test_the_script_is_small_and_cached(client: Client) -> None:
    answer = client.get("/kizuna-chat.js", headers={"Accept-Encoding": "gzip"})
    assert len(answer.content) < LARGEST
    assert gzip.decompress(answer.content).decode() == panel.script()
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert client.get("/kizuna-chat.js", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert client.get("/kizuna-chat.js").content.decode() == panel.script()


def test_the_script_holds_every_file_and_none_of_its_remarks() -> None:
    text = panel.script()
    for path in panel.FOLDER.glob("[1-9]-*.js"):
        first = re.search(r"^(?:async )?function \w+\(", path.read_text(), re.MULTILINE)
        assert first is not None
        assert first[0] in text
    assert "@param" not in text
    assert "innerHTML" not in text
    assert "eval(" not in text


@pytest.mark.parametrize("code", list(chat_words.list_languages()))
def test_a_language_says_every_word_with_its_gaps(code: str, client: Client) -> None:
    english, other = chat_words.read("en")["words"], client.get(f"/chat-languages/{code}.json").json()
    assert other["direction"] in ("ltr", "rtl")
    assert other["name"]
    assert set(other["words"]) == set(english)
    for name, word in other["words"].items():
        forms = list(word.values()) if isinstance(word, dict) else [word]
        wanted = english[name]["other"] if isinstance(english[name], dict) else english[name]
        assert isinstance(word, dict) == isinstance(english[name], dict), name
        assert all(set(GAP.findall(form)) == set(GAP.findall(wanted)) for form in forms), name


@pytest.mark.parametrize("code", ["xx", "de.json", "..", "en%2f..%2f", "-"])
def test_no_other_file_can_be_had_there(code: str, client: Client) -> None:
    assert client.get(f"/chat-languages/{code}.json").status_code == 404


def test_every_word_that_the_script_says_is_in_the_english_file() -> None:
    said = set(re.findall(r'\bsay\("(\w+)"', panel.script()))
    own = {"title"}
    assert said - own <= set(chat_words.read("en")["words"])
    assert json.dumps(chat_words.read("en"), ensure_ascii=False, separators=(",", ":")) in panel.script()
