"""Visits of the simulated year: customers before and after they sign in, on several devices, and strangers.

Emits what a tracker in the browser would send: pages, products, carts, sign-ups and sign-ins. The purchase made in a
visit is emitted by simulator_sales; here it only gets the visitor key of the device it was made on.
"""

from dataclasses import dataclass

import numpy as np

from kizuna.demo import catalogue
from kizuna.demo.simulator_calendar import DAYS
from kizuna.demo.simulator_sales import pick_product
from kizuna.demo.simulator_world import Event, Session, World

SITE = "https://kasane.example"
SECOND_US = 1_000_000
CAMPAIGNS: tuple[tuple[float, dict[str, str]], ...] = (
    (0.30, {"source": "google", "medium": "cpc", "name": "washi-paper"}),
    (0.24, {"source": "instagram", "medium": "social", "name": "studio-diary"}),
    (0.16, {"source": "pinterest", "medium": "social", "name": "gift-wrapping"}),
    (0.12, {"source": "penandpaper.example", "medium": "referral", "name": "fountain-pen-review"}),
    (0.10, {"source": "google", "medium": "cpc", "name": "matcha-set", "term": "matcha set"}),
    (0.08, {"source": "card", "medium": "qr", "name": "parcel-insert"}),
)
_FIRST_CAMPAIGN, _LATER_CAMPAIGN = 0.55, 0.10
_OTHER_DEVICE, _NEW_KEY, _SIGN_IN = 0.18, 0.02, 0.55
_SEARCHES = ("matcha", "gift", "fountain pen", "blue ink", "washi tape", "sencha", "letter paper", "a5 dotted", "brush")


@dataclass
class _Device:
    """A browser: the key its storage holds, and whether somebody is signed in."""

    key: str
    signed_in: bool = False
    busy_until_us: int = 0


def add_visits(world: World, rng: np.random.Generator) -> None:
    """Draw when customers come by, and live through every stay in order of time."""
    for number, purchase in enumerate(world.purchases):
        began = purchase.at_us - int(rng.uniform(20, 35) * 60 * SECOND_US)
        world.sessions.append(Session(purchase.customer, began, number))
    _add_browsing(world, rng)
    world.sessions.sort(key=lambda session: (session.at_us, session.customer))
    seen: set[int] = set()
    devices: dict[tuple[int, int], _Device] = {}
    for session in world.sessions:
        if session.campaign is None:
            share = _LATER_CAMPAIGN if session.customer in seen else _FIRST_CAMPAIGN
            session.campaign = pick_campaign(rng) if rng.random() < share else None
        seen.add(session.customer)
        other = int(rng.random() < _OTHER_DEVICE)
        device = devices.get((session.customer, other))
        if device is None or rng.random() < _NEW_KEY:
            device = devices[session.customer, other] = _Device(make_key(rng))
        if session.order is not None or session.at_us > device.busy_until_us:
            _Stay(world, session, device, rng).live()


def add_strangers(world: World, rng: np.random.Generator) -> None:
    """Add visitors who look around once or twice and never say who they are."""
    count = world.plan.customers // 2
    at_us = world.calendar.instants(world.calendar.to_days(rng.uniform(0, DAYS, count)), rng)
    for began in at_us.tolist():
        key, campaign = make_key(rng), pick_campaign(rng) if rng.random() < _FIRST_CAMPAIGN else None
        customer = int(rng.integers(world.plan.customers))
        steps = 1 + int(rng.geometric(0.55))
        clock = began
        for step in range(steps):
            event = _page_event(clock, "/", "Home") if step == 0 else _look(world, customer, clock, rng)
            event.visitor, event.campaign = key, campaign
            world.events.append(event)
            clock += int(rng.uniform(8, 150) * SECOND_US)


def pick_campaign(rng: np.random.Generator) -> dict[str, str]:
    """Pick where somebody comes from."""
    left = rng.random()
    for share, campaign in CAMPAIGNS:
        left -= share
        if left < 0:
            return campaign
    return CAMPAIGNS[0][1]


def make_key(rng: np.random.Generator) -> str:
    """Make a visitor key such as a tracker keeps in a browser."""
    return f"{int(rng.integers(1 << 62)):016x}{int(rng.integers(1 << 62)):016x}"


def _add_browsing(world: World, rng: np.random.Generator) -> None:
    """Stays without a purchase: at the customer's own rate while they are a customer, from a little before."""
    truth, calendar = world.truth, world.calendar
    first = np.maximum(truth.first_day - rng.exponential(4.0, len(truth.first_day)), 0.0)
    last = np.minimum(truth.alive_until, DAYS)
    began, ended = calendar.to_busy_time(first), calendar.to_busy_time(np.maximum(first, last))
    counts = rng.poisson(truth.visit_rate * (ended - began))
    whose = np.repeat(np.arange(len(counts)), counts)
    at_us = calendar.instants(calendar.to_days(rng.uniform(began[whose], ended[whose])), rng)
    world.sessions += [Session(who, us) for who, us in zip(whose.tolist(), at_us.tolist(), strict=True)]


def _page_event(at_us: int, path: str, title: str) -> Event:
    said = {"name": title, "path": path, "title": f"{title} - {catalogue.SHOP_NAME}", "url": f"{SITE}{path}"}
    return Event(at_us, "page", title, properties=said)


def _look(world: World, customer: int, at_us: int, rng: np.random.Generator) -> Event:
    """One step around the shop: a category, a search, or most often a product."""
    chance = rng.random()
    if chance < 0.22:
        product = pick_product(world, customer, rng)
        title = catalogue.CATEGORIES[product.category][0]
        return _page_event(at_us, f"/category/{product.category}/", title)
    if chance < 0.28:
        query = _SEARCHES[int(rng.integers(len(_SEARCHES)))]
        return Event(at_us, "track", "Products Searched", properties={"query": query})
    return Event(at_us, "track", "Product Viewed", properties=product_properties(world, customer, rng))


def product_properties(world: World, customer: int, rng: np.random.Generator) -> dict[str, object]:
    """Say a product the way Segment's Product Viewed does."""
    product, currency = pick_product(world, customer, rng), world.currency_of(customer)
    return {
        "product_id": product.sku,
        "sku": product.sku,
        "name": product.name,
        "category": catalogue.CATEGORIES[product.category][0],
        "price": product.in_currency(currency) / 100,
        "currency": currency,
        "url": f"{SITE}/product/{product.sku}/",
    }


class _Stay:
    """One stay on the site, lived through step by step."""

    def __init__(self, world: World, session: Session, device: _Device, rng: np.random.Generator) -> None:
        self.world, self.session, self.device, self.rng = world, session, device, rng
        self.clock = max(session.at_us, device.busy_until_us + 1)
        self.user = world.user_of(session.customer)
        self.person = world.people[session.customer]

    def live(self) -> None:
        """Arrive, look around, perhaps sign in, perhaps fill the cart, perhaps buy."""
        self._emit(_page_event(self.clock, "/", "Home"))
        has_account = self.session.customer in self.world.joined_us
        if has_account and not self.device.signed_in and self.rng.random() < _SIGN_IN:
            self._sign_in()
        if self.session.order is not None:
            self._buy(self.session.order)
            return
        for _ in range(int(self.rng.geometric(0.42)) - 1):
            self._emit(_look(self.world, self.session.customer, self.clock, self.rng))
        if self.rng.random() < 0.09:
            said = product_properties(self.world, self.session.customer, self.rng)
            self._emit(Event(self.clock, "track", "Product Added", properties={**said, "quantity": 1}))
        registers = not has_account and not self.world.truth.is_buyer[self.session.customer]
        if registers and self.rng.random() < 0.7:
            self._sign_in()

    def _buy(self, number: int) -> None:
        purchase = self.world.purchases[number]
        for product, pieces in purchase.lines[:3]:
            price = product.in_currency(purchase.currency) / 100
            said = {"product_id": product.sku, "sku": product.sku, "name": product.name, "price": price}
            self._emit(Event(self.clock, "track", "Product Added", properties={**said, "quantity": pieces}))
        if not self.device.signed_in:
            self._sign_in()
        value = (purchase.goods_minor - purchase.discount_minor) / 100
        self._emit(
            Event(self.clock, "track", "Checkout Started", properties={"value": value, "currency": purchase.currency})
        )
        purchase.visitor = self.device.key
        purchase.at_us = max(purchase.at_us, self.clock)

    def _sign_in(self) -> None:
        """Open the account, or log in to it; guests stay without one."""
        if self.user is None:
            return
        joined = self.session.customer in self.world.joined_us
        self.device.signed_in = True
        self._emit(Event(self.clock, "track", "Signed In" if joined else "Signed Up"))
        if not joined:
            self.world.joined_us[self.session.customer] = self.clock
        traits = {"name": self.person.name, "email": self.person.email, "country": self.person.country}
        traits |= {"language": self.person.language} | ({"phone": self.person.phone} if self.person.phone else {})
        self._emit(Event(self.clock, "identify", traits=traits))

    def _emit(self, event: Event) -> None:
        event.visitor = self.device.key
        event.user = self.user if self.device.signed_in else None
        self.device.busy_until_us = event.at_us
        event.campaign = self.session.campaign
        if event.at_us <= self.world.plan.now_us:
            self.world.events.append(event)
        self.clock += int(self.rng.uniform(6, 140) * SECOND_US)
