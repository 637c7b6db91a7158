"""Files of messages by their token: who has the address may read the file, and nothing in it can run here.

Always sent as a download with its type guarded; browsers still show pictures in pages that refer to them.
"""

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from kizuna.conversations import attachments

POLICY = "default-src 'none'; sandbox"


@require_safe
def file(request: HttpRequest, token: str) -> HttpResponseBase:
    """Give a file."""
    found = attachments.find(token)
    if found is None:
        raise Http404
    try:
        opened = attachments.open_bytes(found)
    except FileNotFoundError:
        raise Http404 from None
    picture = found.content_type in attachments.RASTER
    shown = found.content_type if picture else "application/octet-stream"
    response = FileResponse(opened, as_attachment=True, filename=found.name, content_type=shown)
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    # the panel shows pictures on the shop's own pages, which are another site
    response["Cross-Origin-Resource-Policy"] = "cross-origin" if picture else "same-site"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["Referrer-Policy"] = "no-referrer"
    return response
