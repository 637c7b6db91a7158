"""kizuna.js as pages of any shop load it: one small file, cached, allowed from every origin.

The file itself is static/public/kizuna.js; what it sends goes to web/capture.
"""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

SCRIPT = Path(__file__).parent / "static" / "public" / "kizuna.js"


@require_safe
def kizuna_js(request: HttpRequest) -> HttpResponseBase:
    """Give the tracker; shops look for a newer one every hour."""
    body, packed, tag = _script()
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(packed, headers={"Content-Encoding": "gzip"})
    else:
        response = HttpResponse(body)
    response["Vary"] = "Accept-Encoding"
    response["Content-Type"] = "text/javascript; charset=utf-8"
    response["Cache-Control"] = "public, max-age=3600, stale-while-revalidate=86400"
    response["ETag"] = tag
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@cache
def _script() -> tuple[bytes, bytes, str]:
    body = SCRIPT.read_bytes()
    return body, gzip.compress(body, 9, mtime=0), f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
