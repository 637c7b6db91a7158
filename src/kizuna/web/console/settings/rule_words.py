"""The rules by which the panel opens, in words: one sentence a rule, as an owner would say it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kizuna.web.console.amounts import money

if TYPE_CHECKING:
    from kizuna.conversations.models import InvitationRule

_WORDS: Mapping[str, str] = {
    "seconds_on_page": "after {} s on the page",
    "idle_s": "after {} s without a move",
    "exit_intent": "when the pointer leaves for the address bar",
    "page": "on {}",
    "pages": "from page {} of the visit on",
    "cart_minor": "with {} or more in the cart",
    "returning": "for somebody who has been here before",
    "valuable": "for valuable customers",
    "only_open": "while you are there",
}


def describe(rule: "InvitationRule", code: str) -> str:
    """Say what must hold for a rule.

    >>> class Rule: conditions = {"page": "/cart*", "idle_s": 30}
    >>> describe(Rule, "EUR")
    'After 30 s without a move, on /cart*'
    """
    told: Mapping[str, Any] = rule.conditions
    shown = {**told, **({"cart_minor": money(told["cart_minor"], code)} if "cart_minor" in told else {})}
    said = ", ".join(words.format(shown[name]) for name, words in _WORDS.items() if shown.get(name))
    return said[:1].upper() + said[1:]
