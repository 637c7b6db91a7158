"""The panel: what an owner settles about it, each change in the audit log, and what a visitor's browser is told of it.

The rules on single fields are conversations.live.panel and conversations.live.rules. Whom the rules meet is decided
here, because only flows know where a customer stands.
"""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kizuna.conversations.live import panel, rules
from kizuna.conversations.live.panel import PanelView
from kizuna.conversations.live.rules import RuleDraft, VisitorFacts
from kizuna.relationships import standings
from kizuna.shops import audit

if TYPE_CHECKING:
    from kizuna.conversations.models import InvitationRule
    from kizuna.shops.models import Person, Shop

VALUABLE = ("A", "B")


def for_browser(shop: "Shop", view: PanelView, visitor_key: str, customer_id: int | None = None) -> dict[str, object]:
    """Give what the panel in a visitor's browser is told: look, words, rules, never why a rule is among them."""
    before = standings.before(shop.pk, [customer_id]) if customer_id is not None else {}
    facts = VisitorFacts(any(each.segment in VALUABLE for each in before.values()))
    invited = rules.list_rules(shop.pk, only_on=True) if view.most_invitations_a_day else []
    return {
        "colour": view.colour,
        "position": view.position,
        "theme": view.theme,
        "before": view.before,
        "words": view.words,
        "languages": sorted(view.words),
        "link_preview": view.link_preview,
        "invitations": rules.for_visitor(invited, facts),
        "held": panel.is_held(shop.pk, visitor_key, view.holdout_share),
        "most_a_day": view.most_invitations_a_day,
        "currency": shop.currency,
        "shop": shop.name,
    }


@transaction.atomic
def change_panel(shop: "Shop", wanted: PanelView, person: "Person | None", now: datetime) -> bool:
    """Settle how the panel looks and behaves; False where nothing differs. Raises tenants.Refused."""
    changed = panel.change(shop.pk, wanted)
    if changed:
        before = {name: old for name, (old, _) in changed.items()}
        after = {name: new for name, (_, new) in changed.items()}
        audit.record(shop, person, "panel_changed", "panel", before, after, now)
    return bool(changed)


@transaction.atomic
def renew_secret(shop: "Shop", person: "Person | None", now: datetime) -> str:
    """Make a new secret for signed customers; the one before signs nothing from now on."""
    secret = panel.renew_secret(shop.pk)
    audit.record(shop, person, "panel_secret_renewed", "panel", None, None, now)
    return secret


@transaction.atomic
def save_rule(
    shop: "Shop", public_id: UUID | None, draft: RuleDraft, person: "Person | None", now: datetime
) -> "InvitationRule":
    """Store a rule by which the panel opens. Raises tenants.Refused, tenants.NotThere."""
    before = _told(rules.get_rule(shop.pk, public_id)) if public_id is not None else None
    rule = rules.save_rule(shop.pk, public_id, draft)
    audit.record(shop, person, "panel_rule_saved", f"rule {rule.name}", before, _told(rule), now)
    return rule


@transaction.atomic
def remove_rule(shop: "Shop", public_id: UUID, person: "Person | None", now: datetime) -> None:
    """Remove a rule; what it brought stays. Raises tenants.NotThere."""
    rule = rules.remove_rule(shop.pk, public_id)
    audit.record(shop, person, "panel_rule_removed", f"rule {rule.name}", _told(rule), None, now)


@transaction.atomic
def raise_rule(shop: "Shop", public_id: UUID, person: "Person | None", now: datetime) -> None:
    """Let a rule come before the one above it. Raises tenants.NotThere."""
    rules.move_rule(shop.pk, public_id)
    order = [each.name for each in rules.list_rules(shop.pk)]
    audit.record(shop, person, "panel_rules_ordered", "panel", None, {"order": order}, now)


def _told(rule: "InvitationRule") -> dict[str, object]:
    return {"name": rule.name, "is_on": rule.is_on, "conditions": rule.conditions, "words": rule.words}
