"""Incoming mail that needs somebody: what could not be taken, and what opened no conversation; its source, safely.

The source is shown as text and nothing else; a download is never opened by the browser. Trying again is one click.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import raw_shelf
from kizuna.conversations.mail import charsets
from kizuna.conversations.mail.parse import parse_mail
from kizuna.conversations.raw_shelf import RawState
from kizuna.flows.mail_in import receiving
from kizuna.web.console.access import ShopRequest, shop_page

if TYPE_CHECKING:
    from kizuna.conversations.models import RawMail
    from kizuna.shops.models import Shop

ROWS = 50
LONGEST_SHOWN = 100_000
TABS = (
    (RawState.QUARANTINED, "In quarantine", "Could not be taken. Each is kept whole; others were not held up."),
    (RawState.ASIDE, "Kept aside", "Opened no conversation: out-of-office, loops, reports of mail that is not ours."),
    (RawState.PENDING, "Waiting", "Stored, and read in a moment."),
    (RawState.DISCARDED, "Discarded", "Let go by somebody here."),
)
WORDS = {
    "human": "a person's mail",
    "automatic": "written by a machine",
    "away": "out of office",
    "receipt": "a receipt",
    "list": "mail of a list",
    "bounce": "a bounce",
    "complaint": "a spam report",
    "unsubscribe": "asks for no more mail",
    "loop": "our own mail, or a loop",
}


@shop_page("answer")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the mails of a state."""
    chosen = next((tab for tab in TABS if tab[0] == request.GET.get("state", "")), TABS[0])
    before = request.GET.get("before", "")
    number = int(before) if before.isdecimal() and len(before) <= 18 else None
    found = raw_shelf.list_of(shop.pk, chosen[0], number, ROWS + 1)
    counts = raw_shelf.count_by_state(shop.pk)
    context = {
        "tabs": [{"state": state, "words": words, "count": counts.get(state)} for state, words, _ in TABS],
        "chosen": chosen[0],
        "lead": chosen[2],
        "rows": [_row(raw) for raw in found[:ROWS]],
        "older": found[ROWS - 1].pk if len(found) > ROWS else None,
    }
    return render(request, "console/mail_shelf/page.html", context)


@shop_page("answer")
def look(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show one mail: what we understood of it, why it is here, and its source as text."""
    raw = _get(shop, public_id)
    body = bytes(raw.body or b"")
    source = charsets.decode(body[:LONGEST_SHOWN], "utf-8")[0]
    context = {
        **_row(raw),
        "source": source,
        "is_cut": len(body) > LONGEST_SHOWN,
        "mail": parse_mail(body, raw.mail_from),
        "may_retry": raw.state in {RawState.QUARANTINED, RawState.DISCARDED, RawState.ASIDE} and raw.body is not None,
        "may_discard": raw.state in {RawState.QUARANTINED, RawState.ASIDE},
    }
    return render(request, "console/mail_shelf/look.html", context)


@shop_page("answer")
def download(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Give the mail as it came, as a file."""
    raw = _get(shop, public_id)
    if raw.body is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="mail-{raw.public_id}.eml"'}
    return HttpResponse(bytes(raw.body), content_type="application/octet-stream", headers=headers)


@shop_page("answer")
@require_POST
def retry(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Let a mail be read again."""
    try:
        receiving.retry(shop, public_id, request.user, timezone.now())
    except raw_shelf.NotThere:
        raise Http404 from None
    messages.success(request, "It is read again in a moment.")
    return redirect("mail_shelf", shop.slug)


@shop_page("answer")
@require_POST
def open_anyway(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Open a conversation with a mail that opened none."""
    try:
        raw = receiving.open_anyway(shop, public_id, request.user, timezone.now())
    except raw_shelf.NotThere:
        raise Http404 from None
    except Exception:
        messages.error(request, "It cannot be opened: it could not be read. It stays here, whole.")
        return redirect("mail_look", shop.slug, public_id)
    messages.success(request, "It is a conversation now.")
    where = raw.conversation
    return redirect("conversation", shop.slug, where.public_id) if where else redirect("mail_shelf", shop.slug)


@shop_page("answer")
@require_POST
def discard(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Let go of a mail."""
    try:
        receiving.discard(shop, public_id, request.user, timezone.now())
    except raw_shelf.NotThere:
        raise Http404 from None
    messages.success(request, "Discarded. It can be taken back under Discarded.")
    return redirect("mail_shelf", shop.slug)


def _get(shop: "Shop", public_id: UUID) -> "RawMail":
    try:
        return raw_shelf.get(shop.pk, public_id)
    except raw_shelf.NotThere:
        raise Http404 from None


def _row(raw: "RawMail") -> dict[str, object]:
    last = _reason(raw.problem)
    return {
        "raw": raw,
        "from": raw.from_address or raw.mail_from or "nobody named",
        "words": WORDS.get(raw.verdict, ""),
        "why": raw.why or last or ("It waits to be read." if raw.state == RawState.PENDING else ""),
    }


def _reason(problem: str) -> str:
    """Say in words why a mail could not be taken; what is a fault of ours is told by its kind."""
    last = problem.strip().rpartition("\n")[2]
    kind = last.partition(":")[0].rpartition(".")[2]
    if "Traceback" in problem and kind.isidentifier():
        return f"A fault in Kizuna ({kind[:60]}). The mail is whole; try again after the next update."
    return last[:200]
