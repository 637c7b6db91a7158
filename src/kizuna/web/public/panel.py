"""kizuna-chat.js and its language files as pages of any shop load them: cached, allowed from every origin.

The script is written in several files (static/public/chat) and given as one function, with its style sheet and the
English words inside. What it says to the server goes to web/live.
"""

import hashlib
import json
import zlib
from functools import cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from kizuna.html import chat_words
from kizuna.web.public.tight import tighten_script, tighten_style

FOLDER = Path(__file__).parent / "static" / "public" / "chat"


@require_safe
def kizuna_chat_js(request: HttpRequest) -> HttpResponseBase:
    """Give the panel's script; shops look for a newer one every hour."""
    return _give(request, script(), "text/javascript")


@require_safe
def chat_language(request: HttpRequest, code: str) -> HttpResponseBase:
    """Give the words of a language."""
    try:
        words = chat_words.read(code)
    except LookupError:
        raise Http404 from None
    return _give(request, _write(words), "application/json")


@cache
def script() -> str:
    """Put the script together: what it embeds, then its files in the order of their numbers."""
    style = "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("chat.css", "talk.css"))
    embedded = {
        "STYLE": tighten_style(style),
        "ENGLISH": chat_words.read(chat_words.FIRST),
        "LANGUAGES": chat_words.list_languages(),
    }
    lines = [f"const {name} = {_write(value)};" for name, value in embedded.items()]
    files = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("[1-9]-*.js"))]
    return tighten_script("\n".join(["(() => {", '"use strict";', *lines, *files, "})();", ""])) + "\n"


def _write(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@cache
def _packed(text: str) -> tuple[bytes, bytes, str]:
    body = text.encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, 31, 6)  # 31: as gzip; 6 makes smaller blocks, which fit scripts better
    return body, packer.compress(body) + packer.flush(), f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'


def _give(request: HttpRequest, text: str, content_type: str) -> HttpResponse:
    body, packed, tag = _packed(text)
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(packed, headers={"Content-Encoding": "gzip"})
    else:
        response = HttpResponse(body)
    response["Vary"] = "Accept-Encoding"
    response["Content-Type"] = f"{content_type}; charset=utf-8"
    response["Cache-Control"] = "public, max-age=3600, stale-while-revalidate=86400"
    response["ETag"] = tag
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
