"""kizuna.js as pages of any shop load it: one small file, cached, allowed from every origin.

The file itself is static/public/kizuna.js; what it sends goes to web/capture.
"""

import hashlib
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

SCRIPT = Path(__file__).parent / "static" / "public" / "kizuna.js"


@require_safe
def kizuna_js(request: HttpRequest) -> HttpResponseBase:
    """Give the tracker; shops look for a newer one every hour."""
    body, tag = _script()
    response = HttpResponse(status=304) if request.headers.get("If-None-Match") == tag else HttpResponse(body)
    response["Content-Type"] = "text/javascript; charset=utf-8"
    response["Cache-Control"] = "public, max-age=3600, stale-while-revalidate=86400"
    response["ETag"] = tag
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@cache
def _script() -> tuple[bytes, str]:
    body = SCRIPT.read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:24]}"'
