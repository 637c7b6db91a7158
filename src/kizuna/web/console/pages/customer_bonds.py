"""How far a relationship has come and what was put into it, as a card of the customer's page.

Stage with its history and causing facts, depth of the dialogue, investment and return. Reads kept rows only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kizuna.relationships import investments, stages
from kizuna.relationships.investments import InvestmentView
from kizuna.relationships.stages import StageView
from kizuna.sales import ledger
from kizuna.web.console import amounts
from kizuna.web.console.pages import stage_words
from kizuna.web.console.pages.stage_words import DEPTHS, PHASES_IN_FULL, STAGES, MoveWords, StageWords

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

FEW = 6
KINDS = {
    "minutes": "Time",
    "channel": "Message",
    "goods": "Goods",
    "discount": "Discount on request",
    "promotion": "Promotion",
}


@dataclass(frozen=True)
class Put:
    """What was put into a customer, and what they brought since."""

    invested: str
    minutes: str
    since_us: int
    brought: str
    ratio: str
    rows: Sequence[tuple[InvestmentView, str, str]]
    more: int


@dataclass(frozen=True)
class Bond:
    """The card."""

    view: StageView
    here: StageWords
    now: StageWords
    phase: str
    depth: tuple[str, str]
    levels: Sequence[bool]
    steps: Sequence[tuple[StageWords, bool]]
    moves: Sequence[MoveWords]
    put: Put | None


def card(shop: "Shop", customer_id: int, identity_ids: Sequence[int]) -> Bond | None:
    """Say how far a relationship has come; None while there is nothing to tell."""
    view = stages.find(shop.pk, customer_id)
    if view is None:
        return None
    put = _put(shop, identity_ids)
    if put is None and not view.depth and not view.highest:
        return None
    moves = [stage_words.move_words(move) for move in reversed(stages.list_moves(shop.pk, customer_id))]
    return Bond(
        view,
        STAGES[view.highest],
        STAGES[view.stage],
        PHASES_IN_FULL[view.phase],
        DEPTHS[view.depth],
        [level <= view.depth for level in range(1, len(DEPTHS))],
        [(words, words.stage <= view.highest) for words in STAGES[1:]],
        moves,
        put,
    )


def _put(shop: "Shop", identity_ids: Sequence[int]) -> Put | None:
    amount, minutes, since_us = investments.total_of(shop.pk, identity_ids)
    if since_us is None:
        return None
    found = investments.list_of(shop.pk, identity_ids, FEW + 1)
    profit = sum(ledger.period_profit(shop.pk, identity_ids, since_us, ledger.FOREVER_US).values())
    hours, rest = divmod(round(minutes), 60)
    return Put(
        amounts.money(amount, shop.currency),
        f"{hours} h {rest} min" if hours else f"{rest} min",
        since_us,
        amounts.money_round(profit, shop.currency),
        f"{profit / amount:.1f}" if amount else "–",
        [(row, KINDS.get(row.kind, row.kind), stage_words.CHANNELS.get(row.channel, "")) for row in found[:FEW]],
        max(len(found) - FEW, 0),
    )
