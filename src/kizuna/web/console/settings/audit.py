"""The settings page of the audit log: who changed what and when, with before and after."""

from typing import TYPE_CHECKING

from django.http import HttpResponse

from kizuna.shops import audit, members
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.shops.models import AuditEntry, Shop


@shop_page("view_audit")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show a page of the log, narrowed by what the address says."""
    chosen = audit.Filter(
        action=request.GET.get("action", ""),
        person_id=_number(request.GET.get("person", "")),
        target=request.GET.get("target", "").strip(),
    )
    page = audit.list_entries(shop, chosen, _number(request.GET.get("page", "")) or 1)
    narrowed = request.GET.copy()
    narrowed.pop("page", None)
    context = {
        "page": page,
        "rows": [{"entry": entry, "title": _words(entry.action), "changes": _changes(entry)} for entry in page],
        "chosen": chosen,
        "query": narrowed.urlencode(),
        "actions": [(action, _words(action)) for action in audit.list_actions(shop)],
        "people": [(member.person_id, member.person.email) for member in members.list_members(shop)],
    }
    return frame.show(request, "audit", "settings_audit", context)


def _words(action: str) -> str:
    words = action.replace("_", " ")
    return words.replace("api", "API") if words.startswith("api ") else words.capitalize()


def _changes(entry: "AuditEntry") -> list[tuple[str, object, object]]:
    before, after = entry.before or {}, entry.after or {}
    names = {**before, **after}
    return [(name.replace("_", " "), _told(before.get(name)), _told(after.get(name))) for name in names]


def _told(value: object) -> object:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "; ".join(" ".join(map(str, inner)) if isinstance(inner, list) else str(inner) for inner in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return value


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
