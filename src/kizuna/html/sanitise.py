"""Foreign HTML made safe to show: what mails bring is cleaned when stored, remote images wait to be asked for.

Scripts, styles, forms, frames, SVG and event attributes go; images of the mail itself (cid:) get the address they are
kept at. Text for people without HTML is made here too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

import nh3

LONGEST = 1_000_000
MOST_TAGS = 10_000
LONGEST_TAG = 8_000
BLOCKED = "data-blocked-src"
_TAGS = {
    *("a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center"),
    *("cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption"),
    *("figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li"),
    *("main", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike"),
    *("strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u"),
    *("ul", "var", "wbr"),
}
_GONE = {"script", "style", "title", "svg", "math", "noscript", "template", "iframe", "object", "textarea", "select"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"title", "lang", "dir", "align", "valign"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "width", "bgcolor"},
    "th": {"colspan", "rowspan", "width", "bgcolor", "scope"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "tr": {"bgcolor"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "ol": {"start", "type"},
    "li": {"value"},
    "font": {"color", "face", "size"},
    "time": {"datetime"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_IMAGE = re.compile(r'<img\b([^>]*?)\ssrc="([^"]*)"', re.IGNORECASE)
_BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr", "table", "dd"}
_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "ul", "ol"}
_HEAVY = re.compile(r"data:[a-z0-9.+/-]{0,80}(?:;[a-z0-9=-]{1,40})*;base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,8000}>")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Safe markup, and how many remote images wait in it."""

    html: str
    blocked_images: int


def clean(html: str, cids: Mapping[str, str] | None = None) -> Cleaned:
    """Clean a mail's HTML; `cids` maps content ids to the addresses of the mail's own images."""
    held = _HEAVY.sub("", html[:LONGEST])
    if is_hostile(held):
        return Cleaned(f"<pre>{_escape(to_text(held))}</pre>", 0)
    safe = nh3.clean(
        held,
        tags=_TAGS,
        clean_content_tags=_GONE,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        url_relative="deny",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return _map_images(safe, {key.lower(): value for key, value in (cids or {}).items()})


def show_images(html: str) -> str:
    """Give cleaned markup with its remote images: for a person who asked for them."""
    return html.replace(f'{BLOCKED}="', 'src="')


def is_hostile(html: str) -> bool:
    """Whether markup would take a browser's parser quadratic time: very many tags, or a tag that does not end."""
    if html.count("<") > MOST_TAGS:
        return True
    return any(0 <= piece.find("<") < len(piece) - LONGEST_TAG for piece in html.split(">"))


def to_text(html: str) -> str:
    """Write HTML as text: paragraphs apart, quotes behind marks, links with their address where it says more."""
    held = _HEAVY.sub("", html[:LONGEST])
    if is_hostile(held):
        return unescape(_TAG.sub(" ", held)).strip()
    reader = _Text()
    reader.feed(nh3.clean(held, tags=_TAGS, clean_content_tags=_GONE, attributes={"a": {"href"}}, link_rel=None))
    reader.close()
    return reader.text()


def _map_images(html: str, cids: Mapping[str, str]) -> Cleaned:
    blocked = 0

    def place(found: re.Match[str]) -> str:
        nonlocal blocked
        address = unescape(found[2])
        if address.lower().startswith("cid:"):
            kept = cids.get(address[4:].strip().strip("<>").lower())
            return f'<img{found[1]} src="{_escape(kept)}"' if kept else f"<img{found[1]}"
        if address.lower().startswith(("http://", "https://")):
            blocked += 1
            return f'<img{found[1]} {BLOCKED}="{found[2]}"'
        return f"<img{found[1]}"

    return Cleaned(_IMAGE.sub(place, html), blocked)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


class _Text(HTMLParser):
    """Collects what a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._silent = 0
        self._quotes = 0
        self._pre = 0
        self._link = ""
        self._linked = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what a tag begins."""
        if tag in _GONE:
            self._silent += 1
        if tag == "blockquote":
            self._break(paragraph=True)
            self._quotes = min(self._quotes + 1, 20)
        elif tag in _BREAKS:
            self._break(paragraph=tag in _PARAGRAPHS)
        if tag == "li":
            self._lines[-1] += "- "
        elif tag in {"td", "th"} and self._lines[-1].strip("> "):
            self._lines[-1] += "  "
        elif tag == "a":
            self._link, self._linked = dict(attrs).get("href") or "", ""
        elif tag == "pre":
            self._pre += 1

    def handle_endtag(self, tag: str) -> None:
        """End what a tag ends."""
        if tag in _GONE and self._silent:
            self._silent -= 1
        if tag == "a":
            if self._link.startswith(("http://", "https://")) and self._linked.strip() not in self._link:
                self._lines[-1] += f" ({self._link[:500]})"
            self._link = ""
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        if tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
        if tag in _BREAKS and tag != "br":
            self._break(paragraph=tag in _PARAGRAPHS)

    def _hear(self, text: str) -> None:
        if self._silent:
            return
        self._linked += text
        parts = text.split("\n") if self._pre else [re.sub(r"[ \t\r\n\f]+", " ", text)]
        for number, part in enumerate(parts):
            if number:
                self._break()
            if not self._lines[-1].strip("> "):
                self._lines[-1] = self._mark()
                self._lines[-1] += part if self._pre else part.lstrip(" ")
            else:
                self._lines[-1] += part

    handle_data = _hear  # type: ignore[assignment]

    def text(self) -> str:
        """Give what was collected, without runs of empty lines."""
        lines = [line.rstrip() for line in self._lines]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")

    def _mark(self) -> str:
        return "> " * self._quotes

    def _break(self, *, paragraph: bool = False) -> None:
        if self._lines[-1].strip("> "):
            self._lines.append(self._mark())
        if paragraph and len(self._lines) > 1 and self._lines[-2].strip("> "):
            self._lines.insert(-1, self._mark().rstrip())
            self._lines[-1] = self._mark()
