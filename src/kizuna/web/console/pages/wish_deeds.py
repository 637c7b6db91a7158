"""What people do to a wish: each deed reads its form, calls one flow, and leads back to the page.

A refusal shows the page again with the reason at its place and what was typed.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import teams, wish_kinds
from kizuna.conversations.wishes import NotThere
from kizuna.flows.wishes import handling, working
from kizuna.flows.wishes.handling import Acceptance, Outcome, Refusal, Understanding
from kizuna.flows.wishes.working import Particulars
from kizuna.money import currency
from kizuna.privileges import catalogue
from kizuna.shops import members
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.wish import Mistake, find_or_404, show

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

type Deed = Callable[["Shop", UUID, QueryDict, "Person", datetime], str]
LARGEST = 10**9


@require_POST
@shop_page("work_wishes")
def do(request: ShopRequest, shop: "Shop", public_id: UUID, deed: str) -> HttpResponse:
    """Do one of the deeds."""
    return _do(request, shop, public_id, deed, DEEDS)


@require_POST
@shop_page("edit_capabilities")
def decide(request: ShopRequest, shop: "Shop", public_id: UUID, deed: str) -> HttpResponse:
    """Answer what somebody asked approval for."""
    return _do(request, shop, public_id, deed, DECISIONS)


def _do(request: ShopRequest, shop: "Shop", public_id: UUID, deed: str, among: dict[str, Deed]) -> HttpResponse:
    wish = find_or_404(shop, public_id)
    if deed not in among:
        raise Http404
    try:
        told = among[deed](shop, public_id, request.POST, request.user, timezone.now())
    except NotThere:
        raise Http404 from None
    except Refused as refusal:
        typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
        return show(request, shop, wish, Mistake(deed, refusal, typed))
    if told:
        messages.success(request, told)
    return HttpResponseRedirect(f"/s/{shop.slug}/wishes/{public_id}/")


def _understand(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    what = Understanding(form.get("learned", ""), confirmed="confirmed" in form, ask=_letter(form))
    wish = handling.understand(shop, public_id, what, person, now)
    waits = wish.waits_since_us is not None
    return "Kept. The clock stands until the customer answers." if waits else "Understood."


def _accept(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    entry = form.get("capability", "")
    chosen = catalogue.get(shop.pk, entry).pk if entry else None
    what = Acceptance(_day(form.get("day", "")), chosen, _count(form.get("units", "1"), "units"), _letter(form))
    handling.accept(shop, public_id, what, person, now)
    return "Accepted. The promise is kept in mind."


def _decline(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    what = Refusal(form.get("reason", ""), form.get("nearest", ""), _letter(form))
    handling.decline(shop, public_id, what, person, now)
    return "Declined, with the reason and the nearest thing possible."


def _withdraw(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    handling.withdraw(shop, public_id, form.get("reason", ""), person, now)
    return "Withdrawn."


def _start(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    handling.start(shop, public_id, person, now)
    return "In work."


def _fulfil(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    spent = form.get("spent", "").strip()
    spent_as = form.get("spent_as", "goods")
    if spent_as not in ("goods", "discount"):
        raise Refused("spent_as", "choose goods or a discount")
    came = Outcome(form.get("outcome", ""), _amount(spent, shop.currency), spent_as, _letter(form))
    handling.fulfil(shop, public_id, came, person, now)
    return "Fulfilled."


def _confirm(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    handling.confirm(shop, public_id, person, now)
    return "Confirmed."


def _again(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    wish = find_or_404(shop, public_id)
    handling.forward(shop, public_id, wish.department_id, person, now)
    return "Taken up again."


def _change(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    kind, department, who = form.get("kind", ""), form.get("department", ""), form.get("assignee", "")
    new = Particulars(
        form.get("title", ""),
        wish_kinds.get(shop.pk, kind).pk if kind else None,
        _department(shop, department),
        _count(form.get("priority", ""), "priority"),
        members.get_member(shop, _uuid(who)).person_id if who else None,
    )
    working.change(shop, public_id, new, person, now)
    return "Saved."


def _hold(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    working.hold(shop, public_id, form.get("words", ""), person, now)
    return "The clock stands until the customer answers."


def _go_on(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    working.go_on(shop, public_id, person, now)
    return "The clock runs again."


def _add_step(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    department = _department(shop, form.get("department", ""))
    working.add_step(shop, public_id, form.get("title", ""), department, person, now)
    return "Step added."


def _start_step(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    working.start_step(shop, public_id, form.get("step", ""), person, now)
    return "The step is yours."


def _finish_step(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    working.finish_step(shop, public_id, form.get("step", ""), form.get("result", ""), person, now)
    return "Step done."


def _comment(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    working.comment(shop, public_id, form.get("text", ""), person, now)
    return ""


def _ask(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
    working.ask_approval(shop, public_id, form.get("question", ""), person, now)
    return "Asked."


def _answer(granted: bool) -> Deed:
    def answer(shop: "Shop", public_id: UUID, form: QueryDict, person: "Person", now: datetime) -> str:
        working.answer_approval(shop, public_id, granted, form.get("answer", ""), person, now)
        return "Approved." if granted else "Refused."

    return answer


def _department(shop: "Shop", public_id: str) -> int | None:
    try:
        return teams.get(shop.pk, _uuid(public_id)).pk if public_id else None
    except teams.NotThere:
        raise NotThere("department", "there is no such department") from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotThere("id", "there is no such thing") from None


def _letter(form: QueryDict) -> str:
    """What is sent to the customer: only where it was asked for."""
    return form.get("tell", "") if form.get("send") else ""


def _amount(text: str, code: str) -> int:
    try:
        return currency.parse_minor(text, code) if text else 0
    except ValueError:
        raise Refused("spent", f"give an amount in {code}, such as 12.50") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise Refused("day", "give a day such as 2026-12-24") from None


def _count(text: str, field: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:12]) <= LARGEST):
        raise Refused(field, "give a whole number")
    return int(text)


DEEDS: dict[str, Deed] = {
    "understand": _understand,
    "accept": _accept,
    "decline": _decline,
    "withdraw": _withdraw,
    "start": _start,
    "fulfil": _fulfil,
    "confirm": _confirm,
    "again": _again,
    "change": _change,
    "hold": _hold,
    "go-on": _go_on,
    "step": _add_step,
    "step-start": _start_step,
    "step-done": _finish_step,
    "comment": _comment,
    "ask": _ask,
}
DECISIONS: dict[str, Deed] = {"approve": _answer(True), "refuse": _answer(False)}
