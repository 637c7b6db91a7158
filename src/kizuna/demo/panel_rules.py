"""The demo shop's chat panel: its colour and words, and the rules by which it speaks first on the storefront."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.conversations.live import panel, rules
from kizuna.conversations.live.rules import RuleDraft
from kizuna.flows.live import panels

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

COLOUR = "#2f4a73"
WORDS = {
    "en": {"greeting": "Welcome to our shop", "line": "Ask us about papers, teas and tools. One of us answers."},
    "de": {
        "greeting": "Willkommen bei uns",
        "line": "Fragen Sie uns zu Papier, Tee und Werkzeug.",
    },
}
RULES = (
    RuleDraft(
        "An old friend",
        {"valuable": True, "seconds_on_page": 6},
        {"en": "Good to see you again. May I help you find something?",
         "de": "Schön, Sie wiederzusehen. Darf ich Ihnen etwas zeigen?"},
    ),
    RuleDraft(
        "Resting at the check-out",
        {"page": "*/checkout/*", "idle_s": 20},
        {"en": "Is anything unclear about your order? I am here.",
         "de": "Ist an Ihrer Bestellung etwas unklar? Ich bin da."},
    ),
    RuleDraft(
        "A full basket",
        {"page": "*/cart/*", "cart_minor": 4_000, "seconds_on_page": 8},
        {"en": "A fine choice. Shall I wrap any of it as a present?",
         "de": "Eine schöne Wahl. Soll etwas davon ein Geschenk werden?"},
    ),
    RuleDraft(
        "Leaving with a basket",
        {"cart_minor": 1, "exit_intent": True},
        {"en": "Before you go: is there a question left open?",
         "de": "Bevor Sie gehen: Ist eine Frage offen geblieben?"},
    ),
    RuleDraft(
        "Looking around",
        {"pages": 3, "seconds_on_page": 15, "only_open": True},
        {"en": "Are you looking for something in particular?",
         "de": "Suchen Sie etwas Bestimmtes?"},
    ),
)  # fmt: skip


def settle(shop: "Shop", now: datetime) -> None:
    """Give the shop its panel and rules, once."""
    if rules.list_rules(shop.pk):
        return
    wanted = replace(panel.read(shop.pk), colour=COLOUR, words=WORDS, before="none")
    panels.change_panel(shop, wanted, None, now)
    panels.renew_secret(shop, None, now)
    for draft in RULES:
        panels.save_rule(shop, None, draft, None, now)
