"""Making a shop's one colour readable everywhere: text on it, it as text, in light and in dark (WCAG contrast)."""

from dataclasses import dataclass

READABLE = 4.6
STEP = 0.04

type Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """A colour as used: its surface and the text on it, and it as text, each for light and dark pages."""

    fill: str
    on_fill: str
    text: str
    fill_dark: str
    on_fill_dark: str
    text_dark: str


def palette(accent: str, paper: str = "#ece7e1", paper_dark: str = "#393c43") -> Palette:
    """Derive a palette from #rrggbb: what is too pale or too dark to be read is moved until it can be.

    >>> palette("#ffee00").text != "#ffee00", palette("#2f5d50").fill
    (True, '#2f5d50')
    """
    colour = _read(accent)
    on_light = "#ffffff" if contrast("#ffffff", accent) >= contrast("#15171c", accent) else "#15171c"
    fill = _until(colour, _read(on_light), (0.0, 0.0, 0.0) if on_light == "#ffffff" else (1.0, 1.0, 1.0))
    text = _until(colour, _read(paper), (0.0, 0.0, 0.0))
    dark = _until(colour, _read(paper_dark), (1.0, 1.0, 1.0))
    return Palette(_write(fill), on_light, _write(text), _write(dark), "#15171c", _write(dark))


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, 1 to 21.

    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    return _contrast(_read(one), _read(other))


def _until(colour: Rgb, against: Rgb, towards: Rgb) -> Rgb:
    while _contrast(colour, against) < READABLE and colour != towards:
        red, green, blue = (each + (goal - each) * STEP for each, goal in zip(colour, towards, strict=True))
        colour = (red, green, blue)
        if max(abs(each - goal) for each, goal in zip(colour, towards, strict=True)) < 0.005:
            return towards
    return colour


def _contrast(one: Rgb, other: Rgb) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _read(text: str) -> Rgb:
    red, green, blue = (int(text[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _write(colour: Rgb) -> str:
    return "#" + "".join(f"{round(each * 255):02x}" for each in colour)
