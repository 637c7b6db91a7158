"""Words of a text without their endings, so that "returns", "returned" and "return" are one; English and German.

Light rules, made for finding and not for grammar: what matters is that the forms of one word fall together. A language
without rules keeps its words whole. Accents are folded; scripts without spaces give pairs of signs.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

LONGEST_TEXT = 60_000
LONGEST_WORD = 40
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_VOWEL = re.compile(r"[aeiouy]")
_GERMAN_ENDINGS = ("ungen", "ung", "ern", "em", "er", "en", "es", "st", "e", "s", "t", "n")
_SHORTEST_GERMAN = 4

_SILENT_ENGLISH = """
a an and are as at be been but by can could did do does for from get got had has have hello help hey hi how i if in is
it its just like me my need of on or our please so thank thanks that the their them then there these they this to us
was we were what when where which who why will with would you your im id ive dont
"""
_SILENT_GERMAN = """
aber als am an auch auf aus bei bin bis bitte da damit danke das dass dem den der des die dies diese doch du ein eine
einem einen einer eines er es fur geht guten habe haben hallo hat ich ihr ihre im in ist ja kann konnen man mein meine
meinem meinen meiner mich mir mit mochte muss nach nicht noch nun nur ob oder sehr sich sie sind so tag uber um und uns
von vom war was wenn wer wie wird wir wo wurde zu zum zur
"""
SILENT = {"en": frozenset(_SILENT_ENGLISH.split()), "de": frozenset(_SILENT_GERMAN.split())}


def stems_of(text: str, language: str) -> list[str]:
    """Give the stems of a text in its order, without the words that say nothing.

    >>> stems_of("How do I return the shoes?", "en"), stems_of("Bestellungen zurücksenden", "de")
    (['return', 'shoe'], ['bestell', 'zurucksend'])
    """
    short = language.split("-", maxsplit=1)[0]
    return [stem(word, short) for word in _words(text) if not _is_silent(word, short)]


def words_of(text: str, language: str) -> list[tuple[str, str]]:
    """Give (stem, word as written) in the order of a text, for showing which words agreed."""
    short = language.split("-", maxsplit=1)[0]
    found = _WORD.findall(unicodedata.normalize("NFKC", text[:LONGEST_TEXT]))
    return [(stem(fold(word), short), word) for word in found if not _is_silent(fold(word), short)]


def fold(word: str) -> str:
    """Write a word without case and accents.

    >>> fold("Größe")
    'grosse'
    """
    spread = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
    return "".join(sign for sign in spread if not unicodedata.combining(sign))


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """Take the endings off a folded word.

    >>> [stem(each, "en") for each in ("deliveries", "delivery", "shipping", "shipped", "sizes")]
    ['deliveri', 'deliveri', 'ship', 'ship', 'size']
    """
    if any(sign.isdigit() for sign in word) or not word.isascii():
        return word
    if language == "en":
        return _english(word)
    if language == "de":
        return _german(word)
    return word


def _english(word: str) -> str:
    word = word.removesuffix("'s").replace("'", "")
    if len(word) > 4 and word.endswith("ies"):
        word = f"{word[:-3]}y"
    elif len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses", "zzes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) > 2 and _VOWEL.search(rest):
            double = rest[-1] == rest[-2] and rest[-1] not in "lsz"
            word = rest[:-1] if double else rest
            break
    word = word.removesuffix("e") if len(word) > 4 else word
    return f"{word[:-1]}i" if len(word) > 3 and word.endswith("y") else word


def _german(word: str) -> str:
    word = word.replace("'", "")
    for pair, plain in (("ae", "a"), ("oe", "o"), ("ue", "u")):
        word = word.replace(pair, plain)
    for _ in range(3):
        for ending in _GERMAN_ENDINGS:
            rest = word.removesuffix(ending)
            if rest != word and len(rest) >= _SHORTEST_GERMAN:
                word = rest
                break
        else:
            break
    return word


def _words(text: str) -> Iterator[str]:
    for found in _WORD.findall(unicodedata.normalize("NFKC", text[:LONGEST_TEXT])):
        runs = _UNSPACED.findall(found)
        if not runs:
            yield fold(found)[:LONGEST_WORD]
            continue
        for run in runs:
            yield from (run[place : place + 2] for place in range(max(len(run) - 1, 1)))
        yield from (fold(rest)[:LONGEST_WORD] for rest in _WORD.findall(_UNSPACED.sub(" ", found)))


def _is_silent(word: str, language: str) -> bool:
    unspaced = _UNSPACED.fullmatch(word) is not None
    return (len(word) < 2 and not unspaced) or word.replace("'", "") in SILENT.get(language, ())
