"""The latent world of the simulation: who the customers are, what drives them, and what nobody but us knows (`Truth`).

Purchases follow a Poisson process with a rate of the customer's own (gamma over customers) until the customer leaves
for good after an exponential lifetime (rate gamma over customers), that is Pareto/NBD; money per order is
gamma-gamma. Parts of the simulation (simulator.PARTS) read the world, add to it, and emit events.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kizuna.demo import catalogue, names
from kizuna.demo.chat_rows import Chat, ChatTruth, Invitation, Shift
from kizuna.demo.simulator_calendar import DAYS, Calendar, Floats, Ints, make_calendar

type Flags = NDArray[np.bool_]

FIRST_NUMBER = 10_001
RATE_SHAPE, RATE_PER_DAY = 0.85, 0.021
LEAVE_SHAPE, LEAVE_SCALE_DAYS = 1.4, 200.0
SPEND_SHAPE, SPEND_OVER_SHAPE, SPEND_SCALE = 4.0, 4.2, 4200.0
BUYER_SHARE = 0.84
GUEST_SHARE = 0.08


@dataclass(frozen=True)
class Plan:
    """What a simulation is made from: the same plan gives the same world, to the last byte."""

    now_us: int
    customers: int = 3000
    seed: int = 2002
    timezone: str = catalogue.SHOP_TIMEZONE


@dataclass
class Truth:
    """What is true of each customer, in the order of their numbers; days count from the first of the year.

    `paid_minor` is net of refunds and cancellations, in the currency the customer pays in.
    """

    user_id: NDArray[np.str_]
    is_buyer: Flags
    is_guest: Flags
    first_day: Floats
    lifetime_days: Floats
    purchase_rate: Floats
    spend_mean_minor: Floats
    visit_rate: Floats
    engagement: Floats
    wants_mail: Flags
    orders: Ints
    paid_minor: Ints
    referred_by: Ints
    wishes: Ints
    wishes_late: Ints
    chat_orders: Ints

    @property
    def alive_until(self) -> Floats:
        """The day on which the customer leaves for good; beyond the year for those who are still there."""
        return self.first_day + self.lifetime_days

    @property
    def is_alive(self) -> Flags:
        """Who is still a customer at the end of the year."""
        return self.alive_until > DAYS

    def save(self, path: Path) -> None:
        """Keep the truth for tests."""
        np.savez_compressed(path, **{each.name: getattr(self, each.name) for each in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "Truth":
        """Read what `save` kept."""
        with np.load(path, allow_pickle=False) as kept:
            return cls(**{each.name: kept[each.name] for each in fields(cls)})


@dataclass(slots=True)
class Event:
    """One thing that happens, as the shop's systems would report it on the Segment wire."""

    at_us: int
    call: str
    name: str = ""
    user: str | None = None
    visitor: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] | None = None
    campaign: dict[str, str] | None = None


@dataclass
class Session:
    """One stay on the site; `order` is the index of the purchase made in it."""

    customer: int
    at_us: int
    order: int | None = None
    campaign: dict[str, str] | None = None


@dataclass
class Purchase:
    """One order with its lines (product, pieces), in the currency of its country; amounts in minor units."""

    customer: int
    number: str
    at_us: int
    currency: str
    lines: list[tuple[catalogue.Product, int]]
    discount_minor: int
    shipping_minor: int
    coupon: str
    visitor: str | None = None
    cancelled: bool = False

    @property
    def goods_minor(self) -> int:
        """What the goods cost before the discount."""
        return sum(product.in_currency(self.currency) * pieces for product, pieces in self.lines)

    @property
    def total_minor(self) -> int:
        """What the customer pays."""
        return self.goods_minor - self.discount_minor + self.shipping_minor


@dataclass(frozen=True, slots=True)
class Line:
    """What one side says in a story; `by` is customer or person, minutes are what it took the person."""

    at_us: int
    by: str
    text: str
    minutes: float


@dataclass(frozen=True, slots=True)
class WishCourse:
    """How a wish goes once it was talked about: kept, late or declined; times in the future have not come yet.

    `can` names what the shop can do, `late_us` is how long after the promised day it was done (negative: before).
    """

    title: str
    can: str
    kind: str
    outcome: str
    agreed_us: int
    understood: str = ""
    works_us: int = 0
    late_us: int = 0
    done: str = ""
    thanks: str = ""
    thanks_after_us: int = 0
    goods_minor: int = 0
    why: str = ""
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One conversation with a customer: its lines so far, the wish in it, and what was learned (kind, text)."""

    key: str
    customer: int
    channel: str
    subject: str
    lines: tuple[Line, ...]
    wish: WishCourse | None
    lesson: tuple[str, str] | None


@dataclass
class World:
    """Everything that parts of the simulation share; each part has a random stream of its own, so that a new part
    changes nothing in those before it."""

    plan: Plan
    calendar: Calendar
    people: list[names.Person]
    truth: Truth
    taste: Floats
    purchases: list[Purchase] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    devices: dict[int, str] = field(default_factory=dict)
    joined_us: dict[int, int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    stories: list[Story] = field(default_factory=list)
    chats: list[Chat] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    chat_truth: ChatTruth | None = None

    def stream(self, part: str) -> np.random.Generator:
        """Give the random stream of a part."""
        return np.random.default_rng([self.plan.seed, zlib.crc32(part.encode())])

    def user_of(self, customer: int) -> str | None:
        """The user id of a customer, None for guests, who have no account."""
        return None if self.truth.is_guest[customer] else str(self.truth.user_id[customer])

    def currency_of(self, customer: int) -> str:
        """The currency a customer pays in."""
        british = self.people[customer].country == "United Kingdom"
        return catalogue.SECOND_CURRENCY if british else catalogue.SHOP_CURRENCY


type Part = Callable[[World, np.random.Generator], None]


def make_world(plan: Plan) -> World:
    """Draw the customers and what drives them."""
    rng = np.random.default_rng([plan.seed, zlib.crc32(b"world")])
    calendar = make_calendar(plan.now_us, ZoneInfo(plan.timezone))
    truth = _draw_truth(plan.customers, calendar, rng)
    taste = rng.dirichlet(np.full(len(catalogue.CATEGORIES), 0.6), size=plan.customers)
    people = names.make_people(plan.customers, np.random.default_rng([plan.seed, zlib.crc32(b"names")]))
    return World(plan, calendar, people, truth, taste)


def _draw_truth(count: int, calendar: Calendar, rng: np.random.Generator) -> Truth:
    """Customers come as the year is busy and as the shop grows; who buys often also visits and writes more."""
    growth = calendar.busy * np.linspace(0.75, 1.25, DAYS)
    first_day = rng.choice(DAYS, size=count, p=growth / growth.sum()) + rng.random(count)
    rate = rng.gamma(RATE_SHAPE, RATE_PER_DAY / RATE_SHAPE, count)
    leaving = rng.gamma(LEAVE_SHAPE, 1 / LEAVE_SCALE_DAYS, count)
    eager = rate / (rate + RATE_PER_DAY)
    return Truth(
        user_id=np.array([f"K{FIRST_NUMBER + number}" for number in range(count)]),
        is_buyer=rng.random(count) < BUYER_SHARE,
        is_guest=rng.random(count) < GUEST_SHARE,
        first_day=first_day,
        lifetime_days=rng.exponential(1.0, count) / leaving,
        purchase_rate=rate,
        spend_mean_minor=SPEND_SHAPE * SPEND_SCALE / rng.gamma(SPEND_OVER_SHAPE, 1.0, count),
        visit_rate=(0.008 + 2.2 * rate) * rng.lognormal(0.0, 0.5, count),
        engagement=rng.beta(1.0 + 3.0 * eager, 3.0),
        wants_mail=rng.random(count) < 0.58,
        orders=np.zeros(count, dtype=np.int64),
        paid_minor=np.zeros(count, dtype=np.int64),
        referred_by=np.full(count, -1, dtype=np.int64),
        wishes=np.zeros(count, dtype=np.int64),
        wishes_late=np.zeros(count, dtype=np.int64),
        chat_orders=np.zeros(count, dtype=np.int64),
    )
