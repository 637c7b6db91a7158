"""Pictures of the products, drawn as SVG from a few shapes, patterns and colours; no image files, all our own.

One picture is a square of 400 units on a tinted ground. Drawing is pure: the same product gives the same picture.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

_INK, _PAPER, _GOLD, _CLAY = "#2d2a26", "#fbf7ef", "#c9a24b", "#a4553a"
_INDIGO, _RED, _MOSS, _PLUM, _ASH, _TEAL = "#31507c", "#c5472f", "#6d7f45", "#7c3f63", "#8b8a83", "#2f6b6a"
_GROUNDS = {
    _INDIGO: "#dfe6ef",
    _RED: "#f6e0d8",
    _MOSS: "#e7ebd8",
    _PLUM: "#efe0e8",
    _ASH: "#e9e6df",
    _TEAL: "#dbe9e6",
    _CLAY: "#f2e2d6",
    _GOLD: "#f5ecd3",
}

_LOOKS: Final = {
    "KW-101": ("sheet", _INDIGO, "waves"), "KW-102": ("sheet", _TEAL, "hemp"), "KW-103": ("sheet", _RED, "rings"),
    "KW-104": ("sheet", _ASH, "fibres"), "KW-105": ("sheet", _INK, "fibres"), "KW-106": ("sheet", _INDIGO, "dip"),
    "KW-107": ("crane", _RED, "rings"), "KW-108": ("stack", _MOSS, "hemp"),
    "KN-201": ("book", _TEAL, "grid"), "KN-202": ("book", _INDIGO, "plain"), "KN-203": ("book", _MOSS, "dots"),
    "KN-204": ("folds", _RED, "waves"), "KN-205": ("book", _CLAY, "fibres"), "KN-206": ("book", _MOSS, "plain"),
    "KN-207": ("stack", _GOLD, "grid"), "KN-208": ("book", _CLAY, "plain"),
    "KL-301": ("stack", _ASH, "lines"), "KL-302": ("envelope", _INDIGO, "waves"), "KL-303": ("card", _PLUM, "hemp"),
    "KL-304": ("crane", _INDIGO, "waves"), "KL-305": ("seal", _RED, "plain"), "KL-306": ("box", _CLAY, "lines"),
    "KL-307": ("envelope", _RED, "rings"),
    "KP-401": ("pen", _INK, "plain"), "KP-402": ("brush", _INDIGO, "plain"), "KP-403": ("pen", _TEAL, "plain"),
    "KP-404": ("pen", _RED, "plain"), "KP-405": ("pencil", _GOLD, "plain"), "KP-406": ("brush", _CLAY, "plain"),
    "KP-407": ("pens", _ASH, "plain"), "KP-408": ("stone", _INK, "plain"),
    "KI-501": ("bottle", _INDIGO, "plain"), "KI-502": ("bottle", _RED, "plain"), "KI-503": ("bottle", _MOSS, "plain"),
    "KI-504": ("bottle", _PLUM, "plain"), "KI-505": ("bottles", _TEAL, "plain"), "KI-506": ("bottle", _INK, "plain"),
    "KT-601": ("pouch", _MOSS, "waves"), "KT-602": ("pouch", _TEAL, "hemp"), "KT-603": ("tin", _MOSS, "rings"),
    "KT-604": ("pouch", _CLAY, "lines"), "KT-605": ("pouch", _GOLD, "dots"), "KT-606": ("pouch", _ASH, "fibres"),
    "KT-607": ("tin", _RED, "waves"), "KT-608": ("box", _INDIGO, "grid"),
    "KC-701": ("pot", _CLAY, "plain"), "KC-702": ("bowl", _ASH, "fibres"), "KC-703": ("whisk", _GOLD, "plain"),
    "KC-704": ("scoop", _GOLD, "plain"), "KC-705": ("tin", _CLAY, "lines"), "KC-706": ("cups", _TEAL, "fibres"),
    "KC-707": ("pot", _INK, "dots"), "KC-708": ("bowl", _MOSS, "waves"),
    "KS-801": ("tape", _RED, "lines"), "KS-802": ("tape", _INDIGO, "rings"), "KS-803": ("stamp", _CLAY, "plain"),
    "KS-804": ("seal", _RED, "dots"), "KS-805": ("cloth", _PLUM, "hemp"), "KS-806": ("incense", _MOSS, "plain"),
    "KS-807": ("tools", _GOLD, "plain"), "KS-808": ("clips", _GOLD, "plain"),
}  # fmt: skip

_PATTERNS: Final = {
    "waves": (40, 20, "<g fill='none' stroke='{c}' stroke-width='1.6'><circle cx='20' cy='20' r='18'/>"
     "<circle cx='20' cy='20' r='12'/><circle cx='20' cy='20' r='6'/><circle cx='0' cy='10' r='18'/>"
     "<circle cx='40' cy='10' r='18'/></g>"),
    "hemp": (40, 46, "<path d='M20 0v46M0 11.5l40 23M40 11.5l-40 23M0 11.5L20 0l20 11.5M0 34.5L20 46l20-11.5"
     "M0 11.5v23M40 11.5v23' fill='none' stroke='{c}' stroke-width='1.4'/>"),
    "rings": (36, 36, "<g fill='none' stroke='{c}' stroke-width='1.6'><circle cx='18' cy='18' r='18'/>"
     "<circle cx='0' cy='0' r='18'/><circle cx='36' cy='0' r='18'/><circle cx='0' cy='36' r='18'/>"
     "<circle cx='36' cy='36' r='18'/></g>"),
    "fibres": (60, 60, "<path d='M4 8c12 6 20-4 30 4M34 30c8 8 16-2 24 6M8 46c10-8 14 6 26 0M46 8c4 8-4 12 2 18'"
     " fill='none' stroke='{c}' stroke-width='1'/>"),
    "grid": (16, 16, "<path d='M0 0h16M0 0v16' stroke='{c}' stroke-width='1.2'/>"),
    "dots": (16, 16, "<circle cx='8' cy='8' r='1.7' fill='{c}'/>"),
    "lines": (40, 14, "<path d='M0 7h40' stroke='{c}' stroke-width='1.6'/>"),
    "dip": (400, 400, "<path d='M0 0h400v150c-60 30-120-20-200 6S60 150 0 170z' fill='{c}' opacity='.55'/>"),
    "plain": (40, 40, ""),
}  # fmt: skip


@cache
def draw(sku: str) -> str:
    """Draw a product's picture as an SVG document; what is unknown is drawn as a plain sheet."""
    shape, colour, pattern = _LOOKS.get(sku, ("sheet", _ASH, "plain"))
    ground = _GROUNDS.get(colour, "#e7e4dd")
    light = "#ffffff" if colour in (_INK, _INDIGO, _TEAL, _PLUM, _MOSS, _CLAY, _RED) else _INK
    width, height, tile = _PATTERNS[pattern]
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 400'><defs>"
        f"<pattern id='p' width='{width}' height='{height}' patternUnits='userSpaceOnUse'>"
        f"{tile.format(c=light)}</pattern>"
        "<radialGradient id='g' cx='.35' cy='.25' r='1'><stop offset='0' stop-color='#fff' stop-opacity='.75'/>"
        "<stop offset='1' stop-color='#fff' stop-opacity='0'/></radialGradient></defs>"
        f"<rect width='400' height='400' fill='{ground}'/><rect width='400' height='400' fill='url(#g)'/>"
        f"{_SHAPES[shape](colour)}</svg>"
    )


def _filled(path: str, colour: str, cover: str = "url(#p)") -> str:
    return f"<path d='{path}' fill='{colour}'/><path d='{path}' fill='{cover}' opacity='.5'/>"


def _shadow(x: int, y: int, wide: int) -> str:
    return f"<ellipse cx='{x}' cy='{y}' rx='{wide}' ry='{max(8, wide // 9)}' fill='{_INK}' opacity='.13'/>"


def _sheet(c: str) -> str:
    under = f"<path d='M92 96l200-18 26 226-200 18z' fill='{_PAPER}'/>"
    return _shadow(205, 330, 120) + under + _filled("M104 84l196 8-10 224-196-8z", c)


def _stack(c: str) -> str:
    sheets = "".join(
        f"<path d='M96 {250 - step}l108-44 100 44-108 48z' fill='{colour}' stroke='{_INK}' stroke-opacity='.12'/>"
        for step, colour in ((0, _PAPER), (16, c), (32, _PAPER), (48, c), (64, _PAPER))
    )
    return _shadow(200, 305, 125) + sheets + _filled("M96 170l108-44 100 44-108 48z", c)


def _crane(c: str) -> str:
    wing = _filled("M200 235L96 118l88 52z", c)
    other = f"<path d='M200 235l98-128-70 70z' fill='{c}' opacity='.82'/>"
    body = f"<path d='M200 235l-16-65 22 16 22-9z' fill='{_PAPER}'/><path d='M200 235l82 34-12-62-42-30z' fill='{c}'/>"
    return (
        _shadow(205, 312, 80)
        + other
        + wing
        + body
        + f"<path d='M200 235l-86 44 50-74 36-28z' fill='{c}' opacity='.9'/>"
    )


def _book(c: str) -> str:
    pages = f"<rect x='118' y='86' width='180' height='240' rx='6' fill='{_PAPER}'/>"
    cover = _filled("M112 80h170a8 8 0 018 8v222a8 8 0 01-8 8H112z", c)
    spine = f"<rect x='108' y='80' width='26' height='238' fill='{_INK}' opacity='.28'/>"
    label = f"<rect x='168' y='126' width='84' height='48' rx='3' fill='{_PAPER}' opacity='.92'/>"
    threads = "".join(f"<path d='M108 {y}h26' stroke='{_PAPER}' stroke-width='3'/>" for y in (112, 168, 224, 280))
    return _shadow(205, 332, 112) + pages + cover + spine + threads + label


def _folds(c: str) -> str:
    panels = "".join(
        f"<path d='M{70 + 44 * n} {150 if n % 2 else 120}l44 {-30 if n % 2 else 30}v140l-44 {30 if n % 2 else -30}z'"
        f" fill='{c if n % 2 else _PAPER}'/>"
        for n in range(6)
    )
    return _shadow(205, 312, 140) + panels + "<path d='M114 150l44-30v140l-44 30z' fill='url(#p)' opacity='.5'/>"


def _envelope(c: str) -> str:
    inside = _filled("M80 140l120 92 120-92-24-16H104z", c)
    front = f"<path d='M80 140l120 92 120-92v150a8 8 0 01-8 8H88a8 8 0 01-8-8z' fill='{_PAPER}'/>"
    fold = f"<path d='M82 296l94-82M318 296l-94-82' stroke='{_INK}' stroke-opacity='.16' stroke-width='2'/>"
    return _shadow(200, 316, 128) + inside + front + fold + f"<circle cx='200' cy='236' r='19' fill='{_RED}'/>"


def _card(c: str) -> str:
    back = f"<rect x='150' y='84' width='150' height='206' rx='5' fill='{_PAPER}' transform='rotate(7 225 187)'/>"
    sun = f"<circle cx='178' cy='170' r='34' fill='{_PAPER}' opacity='.85'/>"
    return _shadow(205, 320, 108) + back + _filled("M102 96h152v208H102z", c) + sun


def _seal(c: str) -> str:
    drip = "M200 118c52 0 92 34 92 84 0 30-10 44-30 60s-34 30-66 28-50-8-68-30-24-42-20-66c6-46 44-76 92-76z"
    ring = f"<circle cx='198' cy='202' r='56' fill='none' stroke='{_PAPER}' stroke-opacity='.6' stroke-width='4'/>"
    sign = f"<path d='M176 178h46M199 162v78M178 206h42M172 238h54' stroke='{_PAPER}' stroke-width='7' opacity='.8'/>"
    return _shadow(202, 306, 96) + _filled(drip, c) + ring + sign


def _box(c: str) -> str:
    top = _filled("M84 168l116-52 116 52-116 54z", c)
    left = _filled("M84 168l116 54v98L84 266z", c, _INK).replace("'.5'", "'.18'")
    right = _filled("M316 168l-116 54v98l116-54z", c, _INK).replace("'.5'", "'.32'")
    return _shadow(200, 318, 132) + left + right + top + f"<circle cx='200' cy='246' r='7' fill='{_GOLD}'/>"


def _stick(c: str, dx: int, tip: str, cap: str) -> str:
    body = f"<rect x='{186 + dx}' y='74' width='26' height='216' rx='11' fill='{c}'/>"
    return body + f"<rect x='{186 + dx}' y='150' width='26' height='9' fill='{cap}'/>" + tip


def _turned(drawing: str, degrees: int = 32) -> str:
    return _shadow(205, 330, 92) + f"<g transform='rotate({degrees} 200 200)'>{drawing}</g>"


def _pen(c: str) -> str:
    nib = f"<path d='M186 288h26l-9 48h-8z' fill='{_GOLD}'/><path d='M199 300v32' stroke='{_INK}' stroke-width='2'/>"
    return _turned(_stick(c, 0, nib + f"<rect x='209' y='88' width='5' height='58' rx='2' fill='{_GOLD}'/>", _GOLD))


def _pens(c: str) -> str:
    tips = ("#4b4b49", "#6d6c68", c, "#a9a8a1", "#c9c7bf")
    return _turned("".join(
        _stick(tone, 38 * n - 76, f"<path d='M{190 + 38 * n - 76} 289h18l-7 26h-4z' fill='{_INK}'/>", _PAPER)
        for n, tone in enumerate(tips)
    ), 18)  # fmt: skip


def _brush(c: str) -> str:
    hair = f"<path d='M184 262h30c8 34-2 58-15 84-13-26-23-50-15-84z' fill='{_INK}'/>"
    return _turned(f"<rect x='190' y='58' width='18' height='190' rx='8' fill='{c}'/>"
                   f"<rect x='184' y='238' width='30' height='28' rx='4' fill='{_GOLD}'/>{hair}")  # fmt: skip


def _pencil(c: str) -> str:
    tip = f"<path d='M186 276h28l-14 50z' fill='#e6c9a0'/><path d='M195 308h10l-5 18z' fill='{_INK}'/>"
    return _turned(
        f"<path d='M186 70h28v206h-28z' fill='{c}'/><path d='M195 70h10v206h-10z' fill='#fff' opacity='.25'/>{tip}"
    )


def _stone(c: str) -> str:
    well = "<ellipse cx='200' cy='192' rx='76' ry='36' fill='#15130f'/>"
    well += "<ellipse cx='186' cy='186' rx='30' ry='9' fill='#4c4a46'/>"
    return (
        _shadow(200, 296, 128)
        + _filled("M96 150h208l22 100a10 10 0 01-10 12H84a10 10 0 01-10-12z", c)
        + well
        + (f"<rect x='262' y='96' width='22' height='96' rx='4' fill='{_GOLD}' transform='rotate(24 273 144)'/>")
    )


def _bottle(c: str) -> str:
    return _shadow(200, 314, 88) + _flask(c, 200, 1.0)


def _flask(c: str, x: int, size: float) -> str:
    return (
        f"<g transform='translate({x} 310) scale({size})'>"
        "<path d='M-74-150h148a14 14 0 0114 14V-16a16 16 0 01-16 16H-72a16 16 0 01-16-16v-120a14 14 0 0114-14z'"
        " fill='#fff' opacity='.66'/>"
        f"<path d='M-80-106H80v88a10 10 0 01-10 10H-70a10 10 0 01-10-10z' fill='{c}'/>"
        f"<rect x='-38' y='-206' width='76' height='54' rx='8' fill='{_INK}'/>"
        f"<rect x='-44' y='-82' width='88' height='50' rx='3' fill='{_PAPER}' opacity='.94'/>"
        f"<path d='M-24-58h48M-14-46h28' stroke='{c}' stroke-width='4'/></g>"
    )


def _bottles(c: str) -> str:
    row = zip((98, 200, 302, 149, 251), (_RED, _MOSS, _INDIGO, c, _PLUM), strict=True)
    return _shadow(200, 314, 150) + "".join(_flask(tone, x, 0.5 if n < 3 else 0.56) for n, (x, tone) in enumerate(row))


def _pouch(c: str) -> str:
    bag = "M126 104h148l14 196a12 12 0 01-12 12H124a12 12 0 01-12-12z"
    label = f"<rect x='152' y='176' width='96' height='92' rx='4' fill='{_PAPER}' opacity='.95'/>"
    leaf = f"<path d='M200 254c-26-12-30-36-6-58 26 14 30 38 6 58zm0 0l-4-44' fill='{_MOSS}' stroke='{_PAPER}'/>"
    fold = f"<path d='M126 104h148l2 28H124z' fill='{_INK}' opacity='.22'/>"
    return _shadow(200, 318, 98) + _filled(bag, c) + fold + label + leaf


def _tin(c: str) -> str:
    body = _filled("M122 132h156v160c0 14-35 24-78 24s-78-10-78-24z", c)
    lid = f"<ellipse cx='200' cy='132' rx='78' ry='22' fill='{c}'/>"
    lid += "<ellipse cx='200' cy='126' rx='70' ry='17' fill='#fff' opacity='.3'/>"
    band = f"<path d='M122 176c0 14 35 24 78 24s78-10 78-24v12c0 14-35 24-78 24s-78-10-78-24z' fill='{_GOLD}'/>"
    return _shadow(200, 318, 96) + body + lid + band


def _pot(c: str) -> str:
    body = _filled("M104 224c0-54 44-84 96-84s96 30 96 84c0 46-36 78-96 78s-96-32-96-78z", c)
    spout = f"<path d='M288 206c28-8 34-34 54-40l6 12c-18 12-22 52-56 66z' fill='{c}'/>"
    handle = f"<path d='M112 206L58 172l10-16 62 36z' fill='{c}'/>"
    lid = f"<ellipse cx='200' cy='144' rx='56' ry='15' fill='{_INK}' opacity='.32'/>"
    lid += f"<circle cx='200' cy='122' r='15' fill='{c}'/>"
    return _shadow(200, 308, 118) + spout + handle + body + lid


def _bowl(c: str, x: int = 200, size: float = 1.0) -> str:
    return (
        _shadow(x, 302, int(96 * size))
        + f"<g transform='translate({x} 300) scale({size})'>"
        + (
            _filled("M-108-128h216c0 76-44 128-108 128s-108-52-108-128z", c)
            + "<ellipse cx='0' cy='-128' rx='108' ry='27' fill='#fff' opacity='.55'/>"
            + f"<ellipse cx='0' cy='-124' rx='92' ry='19' fill='{_MOSS}'/></g>"
        )
    )


def _cups(c: str) -> str:
    return _bowl(c, 134, 0.66) + _bowl(c, 270, 0.66)


def _whisk(c: str) -> str:
    tines = "".join(
        f"<path d='M200 178C{200 + dx} 210 {200 + dx} 262 {200 + dx * 3 // 4} 306' fill='none' stroke='{c}'"
        " stroke-width='4'/>"
        for dx in range(-66, 67, 11)
    )
    return _turned(f"<rect x='178' y='76' width='44' height='96' rx='8' fill='{c}'/>{tines}"
                   f"<rect x='176' y='164' width='48' height='12' fill='{_INK}' opacity='.55'/>", 14)  # fmt: skip


def _scoop(c: str) -> str:
    return _turned(f"<path d='M193 84h14l4 190c2 26 16 34 10 52-8 18-34 18-42 0-6-18 8-26 10-52z' fill='{c}'/>"
                   f"<path d='M192 184h16' stroke='{_INK}' stroke-opacity='.5' stroke-width='5'/>")  # fmt: skip


def _tape(c: str) -> str:
    roll = "M200 98a92 92 0 110 184 92 92 0 010-184zm0 54a38 38 0 100 76 38 38 0 000-76z"
    strip = "M214 282h120l-10 12 10 12-10 12 10 12H206z"
    return (
        _shadow(205, 334, 112)
        + _filled(strip, c)
        + (
            f"<path d='{roll}' fill='{c}' fill-rule='evenodd'/>"
            f"<path d='{roll}' fill='url(#p)' fill-rule='evenodd' opacity='.5'/>"
        )
    )


def _stamp(c: str) -> str:
    print_ = f"<rect x='238' y='244' width='84' height='76' rx='6' fill='{_RED}' opacity='.85'/>"
    face = f"<path d='M258 302l6-32 16 14 16-14 6 32-22 10z' fill='{_PAPER}'/>"
    return (
        _shadow(160, 316, 76)
        + print_
        + face
        + _filled("M112 166h96v150h-96z", c)
        + f"<circle cx='160' cy='136' r='44' fill='{c}'/>"
    )


def _cloth(c: str) -> str:
    return (
        _shadow(200, 316, 116)
        + _filled("M98 220c0-40 50-60 102-60s102 20 102 60v66c0 20-50 32-102 32S98 306 98 286z", c)
        + (
            f"<path d='M200 176c-40-10-76-40-84-84 44 6 74 30 84 66 10-36 40-60 84-66-8 44-44 74-84 84z' fill='{c}'/>"
            f"<circle cx='200' cy='172' r='20' fill='{_INK}' opacity='.25'/>"
        )
    )


def _incense(c: str) -> str:
    smoke = "<path d='M206 150c-30-28 28-38 0-76' fill='none' stroke='#fff' stroke-width='7' opacity='.85'/>"
    sticks = "".join(f"<path d='M200 286L{x} 152' stroke='{c}' stroke-width='5'/>" for x in (176, 190, 206, 222))
    return _shadow(200, 308, 84) + smoke + sticks + _filled("M136 262h128l-16 40H152z", _CLAY)


def _tools(c: str) -> str:
    bone = f"<path d='M150 90c16-8 30 4 30 22v178c0 16-30 16-32 0z' fill='{_PAPER}' stroke='{_ASH}'/>"
    awl = (
        f"<rect x='216' y='84' width='30' height='96' rx='13' fill='{c}'/><path d='M228 180h6l-3 128z' fill='{_ASH}'/>"
    )
    return _turned(bone + awl, 16)


def _clips(c: str) -> str:
    clip = "M0 0v58a16 16 0 0032 0V-14a24 24 0 00-48 0v78"
    return _shadow(200, 316, 96) + "".join(
        f"<path d='{clip}' transform='translate({x} {y}) rotate({turn}) scale(1.3)'"
        f" fill='none' stroke='{c}' stroke-width='7'/>"
        for x, y, turn in ((130, 130, -18), (214, 196, 24), (276, 116, 48), (150, 250, 70))
    )


_SHAPES: Final[dict[str, Callable[[str], str]]] = {
    "sheet": _sheet, "stack": _stack, "crane": _crane, "book": _book, "folds": _folds, "envelope": _envelope,
    "card": _card, "seal": _seal, "box": _box, "pen": _pen, "pens": _pens, "brush": _brush, "pencil": _pencil,
    "stone": _stone, "bottle": _bottle, "bottles": _bottles, "pouch": _pouch, "tin": _tin, "pot": _pot,
    "bowl": _bowl, "cups": _cups, "whisk": _whisk, "scoop": _scoop, "tape": _tape, "stamp": _stamp,
    "cloth": _cloth, "incense": _incense, "tools": _tools, "clips": _clips,
}  # fmt: skip
