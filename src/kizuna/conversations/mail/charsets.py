"""Bytes of a mail to text whatever their charset claims: aliases, wrong labels, 8-bit garbage. Never raises.

Only codecs that are safe for hostile input are used (punycode, for one, takes quadratic time). What comes out holds no
NUL and no lone surrogate, because databases refuse them.
"""

import codecs
import re
from functools import cache

_ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz-gb-2312": "hz",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "ansi_x3.4-1968": "ascii",
    "x-user-defined": "cp1252",
    "cp-850": "cp850",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
}
_SAFE = re.compile(
    r"(utf-?(7|8|8-sig|16(-[bl]e)?|32(-[bl]e)?)|ascii|cp\d+|iso8859-\d+|latin_?1|koi8-[rut]|mac-\w+|gb\d+|gbk|hz"
    r"|big5(hkscs)?|euc_(jp|kr)|eucjp|shift_jis\w*|iso2022_\w+|johab|tis-?620|ptcp154|hp-roman8|kz1048)"
)
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SINGLE_BYTE = re.compile(r"(ascii|cp125\d|iso8859-\d+|mac-\w+)")


def decode(content: bytes, charset: str) -> tuple[str, bool]:
    """Decode bytes; (text, whether the label told the truth)."""
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return legible(content.decode(codec, "replace")), True
    codec = find_codec(charset) if charset.strip() else "utf-8"
    known, codec = codec != "", codec or "utf-8"
    if _SINGLE_BYTE.fullmatch(codec) and not content.isascii():
        # umlauts that are valid UTF-8 are never meant as anything else
        try:
            return legible(content.decode("utf-8")), False
        except ValueError:
            pass
    try:
        return legible(content.decode(codec)), known
    except ValueError:
        pass
    fallback = "cp1252" if codec in {"utf-8", "ascii"} else codec
    return legible(content.decode(fallback, "replace")), False


def legible(text: str) -> str:
    """Take out what no database keeps: NUL and lone surrogates; bytes smuggled as surrogates are read as UTF-8."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = _read_smuggled(text)
    return text.replace("\x00", "")


@cache
def find_codec(charset: str) -> str:
    """Find the codec to use for a charset label; an empty word where there is none, or none that is safe."""
    name = charset.strip().strip("\"'").lower()[:40]
    try:
        found = codecs.lookup(_ALIASES.get(name, name)).name
    except (LookupError, ValueError):
        return ""
    return found if _SAFE.fullmatch(found) else ""


def _read_smuggled(text: str) -> str:
    try:
        content = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    try:
        return content.decode()
    except ValueError:
        return content.decode("cp1252", "replace") if len(content) < 4 * len(text) else ""
