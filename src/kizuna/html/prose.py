"""Plain writing made into safe markup: headings, lists, quotes, bold, emphasis, code and links, nothing else.

    ## A heading      - a point      1. a step      > a quote      **bold**  *emphasis*  `code`  [words](https://...)

HTML in it stays text; links lead to https, http, mailto, tel or a page of our own. The reader never meets a picture
from elsewhere, which would tell its owner who reads.
"""

import re
from collections.abc import Callable, Iterator

from django.utils.safestring import SafeString, mark_safe

from kizuna.html.markup import element

LONGEST = 50_000
_PIECE = re.compile(
    r"`(?P<code>[^`\n]{1,400})`"
    r"|\[(?P<words>[^\]\n]{1,300})\]\((?P<link>[^()\s]{1,1000})\)"
    r"|\*\*(?P<bold>[^*\n]{1,1000})\*\*"
    r"|\*(?P<soft>[^*\s][^*\n]{0,1000})\*"
)
_HEADING = re.compile(r"(#{1,4})\s+(.+?)\s*#*$")
_POINT = re.compile(r"[-*•]\s+(.+)")
_STEP = re.compile(r"\d{1,3}[.)]\s+(.+)")
_QUOTE = re.compile(r">\s?(.*)")
_SAFE_LINK = re.compile(r"(?:https?://[^\s]+|mailto:[^\s]+|tel:[+\d()\s-]+|/(?![/\\])[^\s]*|#[\w-]+)\Z", re.IGNORECASE)
_KINDS = (("ul", _POINT), ("ol", _STEP), ("blockquote", _QUOTE))


def to_html(text: str) -> SafeString:
    """Write a text as markup.

    >>> str(to_html("## Tea <b>\\n\\n- **one**\\n- [two](/a/)"))
    '<h2>Tea &lt;b&gt;</h2><ul><li><strong>one</strong></li><li><a href="/a/" rel="noopener">two</a></li></ul>'
    """
    # Every piece is made by markup.element, which escapes what it is given.
    return mark_safe("".join(_draw(kind, lines) for kind, lines in _blocks(text)))  # noqa: S308


def to_text(text: str) -> str:
    """Write a text without its marks: for searching, for excerpts, for panels that show no markup.

    >>> to_text("## Tea\\n\\n1. **one** [two](https://a.example/)")
    'Tea\\n\\n1. one two'
    """
    parts = []
    for kind, lines in _blocks(text):
        plain = [_PIECE.sub(_plain, line) for line in lines]
        if kind == "ul":
            plain = [f"- {line}" for line in plain]
        elif kind == "ol":
            plain = [f"{place}. {line}" for place, line in enumerate(plain, 1)]
        parts.append("\n".join(plain))
    return "\n\n".join(part for part in parts if part)


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Cut a text into blocks: (what it is, its lines without their marks)."""
    kind, lines = "", list[str]()
    for raw in text[:LONGEST].replace("\x00", "").splitlines():
        line = raw.strip()
        found, told = _read(line)
        if kind and found != kind:
            yield kind, lines
            lines = []
        kind = found
        if found in ("h2", "h3", "h4", "hr"):
            yield found, [told]
            kind = ""
        elif found:
            lines.append(told)
    if kind:
        yield kind, lines


def _read(line: str) -> tuple[str, str]:
    if not line:
        return "", ""
    heading = _HEADING.match(line)
    if heading:
        return f"h{min(max(len(heading[1]), 2), 4)}", heading[2]
    if set(line) == {"-"} and len(line) > 2:
        return "hr", ""
    for kind, mark in _KINDS:
        told = mark.match(line)
        if told:
            return kind, told[1]
    return "p", line


def _draw(kind: str, lines: list[str]) -> SafeString:
    if kind == "hr":
        return mark_safe("<hr>")
    if kind in ("ul", "ol"):
        return element(kind, [element("li", list(_inline(line))) for line in lines])
    inside: list[str] = []
    for place, line in enumerate(lines):
        if place:
            inside.append(mark_safe("<br>"))
        inside += _inline(line)
    return element(kind, element("p", inside) if kind == "blockquote" else inside)


def _inline(line: str) -> Iterator[str]:
    place = 0
    for found in _PIECE.finditer(line):
        yield line[place : found.start()]
        yield _piece(found)
        place = found.end()
    yield line[place:]


def _piece(found: re.Match[str]) -> str:
    drawn: dict[str, Callable[[str], str]] = {
        "code": lambda text: element("code", text),
        "bold": lambda text: element("strong", text),
        "soft": lambda text: element("em", text),
    }
    for name, draw in drawn.items():
        if found[name] is not None:
            return draw(found[name])
    if not _SAFE_LINK.match(found["link"]):
        return found[0]
    return element("a", found["words"], href=found["link"], rel="noopener")


def _plain(found: re.Match[str]) -> str:
    return str(found["code"] or found["words"] or found["bold"] or found["soft"] or "")
