"""The matrix of what each role may do in a shop; every door asks `may` before it lets somebody act.

Only the matrix lives here. Who holds which role is kept in shops.people; pages are guarded in web.console.access.
"""

from collections.abc import Mapping

from kizuna.shops.models import Role

OWNER = Role.OWNER.value
_OWNER = frozenset({Role.OWNER})
_MARKETING = _OWNER | {Role.MARKETER}
_SERVING = _MARKETING | {Role.OPERATOR}
_WORKING = _SERVING | {Role.SPECIALIST}
_ALL = _WORKING | {Role.READER}

ACTIONS: Mapping[str, frozenset[Role]] = {
    "view": _ALL,
    "record_contact": _WORKING,
    "answer": _SERVING,
    "supervise": _MARKETING,
    "work_wishes": _WORKING,
    "edit_capabilities": _MARKETING,
    "reach_out": _MARKETING,
    "edit_mail": _OWNER,
    "edit_customers": _SERVING,
    "debug": _SERVING,
    "export": _MARKETING,
    "edit_criterion": _MARKETING,
    "edit_settings": _OWNER,
    "edit_sources": _OWNER,
    "edit_people": _OWNER,
    "view_audit": _OWNER,
}

DESCRIPTIONS: Mapping[Role, str] = {
    Role.OWNER: "Everything: settings, keys, people and the audit log as well.",
    Role.MARKETER: "Portfolio, exports, weights, dialogue mails, what the shop can do; all that an operator does.",
    Role.OPERATOR: "Answers customers: sees everything about them, takes their wishes, merges, uses the debugger.",
    Role.SPECIALIST: "Fulfils wishes of customers: sees everything about them and records contacts.",
    Role.READER: "Sees customers and the portfolio, changes nothing.",
}


def may(role: str, action: str) -> bool:
    """Say whether a role may do an action; an action that the matrix does not name is a programming error."""
    return role in ACTIONS[action]


def list_allowed(role: str) -> frozenset[str]:
    """Name every action a role may do, for templates that show only what leads somewhere."""
    return frozenset(action for action, allowed in ACTIONS.items() if role in allowed)


def list_choices() -> list[tuple[str, str, str]]:
    """Give (value, name, meaning) of each role in falling order of power, for forms."""
    return [(role.value, str(role.label), DESCRIPTIONS[role]) for role in Role]
