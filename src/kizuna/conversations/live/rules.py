"""When the panel opens by itself: an owner's rules, each with all its conditions, the first in order that holds.

The browser sees conditions it can watch (time, page, cart, leaving, resting) and no reason: whether somebody is a
valuable customer is decided here, before a rule is given to it at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from kizuna.conversations.live import panel
from kizuna.conversations.models import InvitationRule
from kizuna.shops.tenants import NotThere, Refused
from kizuna.tables import public_ids

MOST_RULES = 20
LONGEST_WORDS = 300
LONGEST_PAGE = 200
MOST_STARS = 5
NUMBERS = {"seconds_on_page": 3600, "idle_s": 3600, "cart_minor": 10**12, "pages": 100}
FLAGS = ("exit_intent", "returning", "valuable", "only_open")
MOMENTS = ("seconds_on_page", "idle_s", "exit_intent")
OURS = ("valuable",)


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """What an owner writes: conditions that must all hold, and what the panel says then."""

    name: str
    conditions: Mapping[str, object]
    words: Mapping[str, str] = field(default_factory=dict)
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class VisitorFacts:
    """What the server knows of a visitor; the browser is never told."""

    is_valuable: bool = False


def list_rules(shop_id: int, *, only_on: bool = False) -> list[InvitationRule]:
    """List a shop's rules in their order."""
    wanted = InvitationRule.objects.filter(shop_id=shop_id)
    return list((wanted.filter(is_on=True) if only_on else wanted).order_by("place", "id")[:MOST_RULES])


def get_rule(shop_id: int, public_id: UUID) -> InvitationRule:
    """Get a rule. Raises tenants.NotThere."""
    found = InvitationRule.objects.filter(shop_id=shop_id, public_id=public_id).first()
    if found is None:
        raise NotThere("rule", "the shop has no such rule")
    return found


def save_rule(shop_id: int, public_id: UUID | None, draft: RuleDraft) -> InvitationRule:
    """Store a rule, a new one last where no id is given. Raises tenants.Refused, tenants.NotThere."""
    name = " ".join(draft.name.split())
    _check(name, draft)
    known = list_rules(shop_id)
    if any(each.name == name and each.public_id != public_id for each in known):
        raise Refused("name", "there is a rule of this name already")
    if public_id is None and len(known) >= MOST_RULES:
        raise Refused("name", f"at most {MOST_RULES} rules")
    if public_id is None:
        last = max((each.place for each in known), default=0)
        row = InvitationRule(shop_id=shop_id, public_id=public_ids.fresh(), place=last + 1)
    else:
        row = get_rule(shop_id, public_id)
    row.name, row.is_on = name, draft.is_on
    row.conditions = {key: value for key, value in draft.conditions.items() if value not in (None, "", False)}
    row.words = {language: text.strip() for language, text in draft.words.items() if text.strip()}
    row.save()
    return row


def remove_rule(shop_id: int, public_id: UUID) -> InvitationRule:
    """Remove a rule; invitations that it made stay. Raises tenants.NotThere."""
    row = get_rule(shop_id, public_id)
    row.delete()
    return row


def move_rule(shop_id: int, public_id: UUID) -> None:
    """Let a rule come before the one that is before it now. Raises tenants.NotThere."""
    row = get_rule(shop_id, public_id)
    order = list_rules(shop_id)
    place = [each.pk for each in order].index(row.pk)
    if place:
        order[place - 1], order[place] = order[place], order[place - 1]
    for number, each in enumerate(order, start=1):
        each.place = number
    InvitationRule.objects.bulk_update(order, ["place"])


def for_visitor(rules: Iterable[InvitationRule], facts: VisitorFacts) -> list[dict[str, object]]:
    """Give the rules that a visitor's browser watches, without names and without what only the server may know."""
    return [
        {
            "id": str(rule.public_id),
            "when": {name: value for name, value in rule.conditions.items() if name not in OURS},
            "words": rule.words,
        }
        for rule in rules
        if facts.is_valuable or not rule.conditions.get("valuable")
    ]


def _check(name: str, draft: RuleDraft) -> None:
    if not 1 <= len(name) <= 80:
        raise Refused("name", "give it a name of at most 80 characters")
    for key, value in draft.conditions.items():
        _check_condition(key, value)
    if not any(draft.conditions.get(moment) for moment in MOMENTS):
        raise Refused("conditions", "say when: after some time on the page, at rest, or when they are about to leave")
    for language, text in draft.words.items():
        if not panel.LANGUAGE.fullmatch(language) or len(text) > LONGEST_WORDS:
            raise Refused("words", f"use at most {LONGEST_WORDS} characters")


def _check_condition(key: str, value: object) -> None:
    if key in NUMBERS:
        if value is not None and (not isinstance(value, int) or not 0 <= value <= NUMBERS[key]):
            raise Refused(key, f"must lie between 0 and {NUMBERS[key]}")
    elif key == "page":
        _check_page(value)
    elif key not in FLAGS or not isinstance(value, bool | None):
        raise Refused("conditions", f"there is no condition “{key[:40]}”")


def _check_page(value: object) -> None:
    if not isinstance(value, str) or len(value) > LONGEST_PAGE or value.count("*") > MOST_STARS:
        raise Refused("page", f"write a path such as /cart*, with at most {MOST_STARS} stars")
    if value and value[0] not in "/*":
        raise Refused("page", "begin with / or *, such as /cart* or */checkout/")
