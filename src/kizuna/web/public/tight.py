"""Scripts and style sheets as browsers need them: without the remarks, types and blanks that are for their readers.

Names stay as they were written, so that what a shop's console reports can be found. Text, patterns and templates are
copied as they stand.
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"(?P<blank>(?:\s+|//[^\n]*|/\*.*?\*/)+)|(?P<text>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|(?P<word>[\w$]+)|(?P<sign>.)",
    re.DOTALL,
)
_PATTERN = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\[\n])+/\w*")
_PIECE = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*(?:`|\$\{)", re.DOTALL)
# After these an expression begins, so a slash begins a pattern.
_BEFORE_PATTERN = set("(,=:[!&|?{};>")
# No statement ends after the first or before the second, so a line need not end there.
_GOES_ON_AFTER = set("{;,([&|?:=")
_GOES_ON_BEFORE = set("}).]?:&|=,")
_REMARK = re.compile(r"/\*.*?\*/", re.DOTALL)


def tighten_script(text: str) -> str:
    """Leave out remarks and every blank that no two words or statements need between them."""
    kept: list[str] = []
    gap = ""
    for part in _split(text):
        if part[0].isspace() or part.startswith(("//", "/*")):
            gap += part
        else:
            kept += [_needed(kept[-1] if kept else ";", gap, part), part]
            gap = ""
    return "".join(kept)


def tighten_style(text: str) -> str:
    """Leave out remarks, blanks around signs, and quotes around plain words."""
    text = re.sub(r" ?([{};,>]) ?", r"\1", re.sub(r"\s+", " ", _REMARK.sub("", text))).strip()
    return re.sub(r'="(\w+)"\]', r"=\1]", text.replace(": ", ":").replace(";}", "}").replace(" / ", "/"))


def _needed(last: str, gap: str, following: str) -> str:
    """Give what must stay of the blanks between two tokens."""
    before, after = last[-1], following[0]
    if "\n" in gap:
        return "" if before in _GOES_ON_AFTER or after in _GOES_ON_BEFORE else "\n"
    is_pattern = before == "/" and len(last) > 1
    words = (is_pattern or before in "$_" or before.isalnum()) and (after in "$_" or after.isalnum())
    return " " if gap and (words or (before == after and after in "+-")) else ""


def _split(text: str) -> Iterator[str]:
    """Split a script into blanks, words, text, patterns, pieces of templates, and signs."""
    at, last = 0, ";"
    open_braces: list[int] = []  # of each template around this place, how many braces its ${} has open
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found is not None  # any character is a sign
        part = found[0]
        ends_gap = part == "}" and bool(open_braces) and not open_braces[-1]
        if part == "`" or ends_gap:
            if ends_gap:
                open_braces.pop()
            part += _match(_PIECE, text, at + 1)
            if part.endswith("${"):
                open_braces.append(0)
        elif part == "/" and (last[-1] in _BEFORE_PATTERN or last == "return"):
            part = _match(_PATTERN, text, at)
        elif open_braces and part in "{}":
            open_braces[-1] += 1 if part == "{" else -1
        yield part
        at += len(part)
        last = last if found["blank"] else part


def _match(pattern: re.Pattern[str], text: str, at: int) -> str:
    found = pattern.match(text, at)
    if found is None:
        raise ValueError(f"a text without an end: {text[at : at + 60]!r}")
    return found[0]
