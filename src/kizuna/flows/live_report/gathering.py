"""Everything the report on the live operator is reckoned from, read once for all its periods.

Chats with their course and their stays in the queue, who was at work when, what customers brought, what they scored.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kizuna.conversations.live import measured
from kizuna.conversations.live.measured import Talk, WorkSpell
from kizuna.conversations.threads import Channel
from kizuna.customers import links
from kizuna.knowledge import answers
from kizuna.sales import ledger
from kizuna.science import response_times, running, working_time
from kizuna.science.periods import DAY_US
from kizuna.science.response_times import Course, Sitting
from kizuna.science.running import Running
from kizuna.science.working_time import WorkingTime
from kizuna.shops import hours

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

type Ints = NDArray[np.int64]

CHAT = (Channel.CHAT.value,)
WRITTEN = (Channel.EMAIL.value, Channel.PORTAL.value)
ABANDONED, DEFERRED, ANSWERED, OPEN, UNANSWERED = "abandoned", "deferred", "answered", "open", "unanswered"

LEFT = "left"
"""How a turn ends that the visitor ended."""


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation with its course and, of a chat, its stays in the queue."""

    talk: Talk
    course: Course
    sittings: tuple[Sitting, ...] = ()

    @property
    def became(self) -> str:
        """What became of it: answered by a person, abandoned while waiting, gone on by mail, open, or unanswered.

        Who left before a person had their chat is lost, also where somebody wrote to them afterwards; and so is who
        asked, was given to somebody, heard no word of theirs, and left.
        """
        served = any(each.served_us is not None for each in self.sittings)
        wordless = self.course.began_us is None and any(each.answered for each in self.sittings)
        if served and (self.course.replies or wordless):
            return ANSWERED
        ends = {each.end for each in self.sittings}
        if ABANDONED in ends:
            return ABANDONED
        if DEFERRED in ends:
            return DEFERRED
        if self.course.replies:
            return ANSWERED
        if served and LEFT in ends:
            return ABANDONED
        return UNANSWERED if self.talk.closed_us is not None else OPEN

    @property
    def hand_overs(self) -> int:
        """How often it went from one person to another."""
        return sum(each.hand_overs for each in self.sittings)

    @property
    def operator(self) -> int:
        """Who answered it most, the latest of equals; 0: nobody known."""
        count = Counter(each.person for each in self.course.replies if each.person)
        last = {each.person: place for place, each in enumerate(self.course.replies)}
        if count:
            return max(count, key=lambda person: (count[person], last[person]))
        return next((held[0] for each in self.sittings for held in each.held), 0)


@dataclass(frozen=True)
class Money:
    """What customers brought: net profit and purchases as running sums, and whose an identity is today."""

    profit: Running
    purchases: Running
    owners: Mapping[int, int]

    def customers(self, identity_ids: Iterable[int | None]) -> Ints:
        """Whose identities they are; 0 for nobody we know."""
        return np.array([self.owners.get(each or 0, 0) for each in identity_ids], dtype=np.int64)


@dataclass(frozen=True)
class Gathered:
    """All that is read for one report; scores by conversation and question."""

    shop: "Shop"
    now_us: int
    clock: WorkingTime
    chats: Sequence[Chat]
    written: Sequence[Chat]
    spells: Sequence[WorkSpell]
    scores: Mapping[int, Mapping[str, int]]
    money: Money


def gather(shop: "Shop", from_us: int, now_us: int, clock_from_us: int) -> Gathered:
    """Read what happened since an instant; working time is known from a perhaps earlier one on."""
    scores: dict[int, dict[str, int]] = defaultdict(dict)
    for about, question, score in answers.scores_about(shop.pk, "conversation", from_us, now_us):
        scores[about][question] = score
    return Gathered(
        shop,
        now_us,
        working_time.make(hours.read(shop).stretches(min(from_us, clock_from_us) - DAY_US, now_us)),
        read_chats(shop, CHAT, from_us, now_us),
        read_chats(shop, WRITTEN, from_us, now_us),
        measured.list_spells(shop.pk, from_us, now_us),
        scores,
        read_money(shop),
    )


def read_chats(shop: "Shop", channels: Collection[str], from_us: int, to_us: int) -> list[Chat]:
    """Read the conversations that were opened in (from, to] and in which a customer said something or waited."""
    talks = measured.list_talks(shop.pk, channels, from_us, to_us)
    ids = [each.id for each in talks]
    said = dict(measured.entries_of(shop.pk, ids))
    waited = measured.turns_of(shop.pk, ids) if channels == CHAT else {}
    made = [
        Chat(
            each,
            response_times.read_course(said.get(each.id, ())),
            tuple(response_times.read_sittings(waited.get(each.id, ()))),
        )
        for each in talks
    ]
    return [each for each in made if each.course.began_us is not None or each.sittings]


def read_money(shop: "Shop") -> Money:
    """Read what every customer brought, under today's links."""
    sold = ledger.columns(shop.pk, None)
    held, customer = links.columns(shop.pk, None)
    owners = dict(zip(held.tolist(), customer.tolist(), strict=True))
    bought = sold.order_is_purchase
    identity = np.concatenate((sold.order_identity, sold.refund_identity, sold.order_identity[bought]))
    customer = np.array([owners.get(each, 0) for each in identity.tolist()], dtype=np.int64)
    at_us = np.concatenate((sold.order_us, sold.refund_us, sold.order_us[bought]))
    amount = np.concatenate((sold.order_profit, sold.refund_profit, np.ones(int(bought.sum()), dtype=np.int64)))
    is_order = np.arange(len(identity)) >= len(identity) - int(bought.sum())
    profit, purchases = (
        running.make(customer[rows], at_us[rows], amount[rows])
        for rows in ((customer > 0) & ~is_order, (customer > 0) & is_order)
    )
    return Money(profit, purchases, owners)
