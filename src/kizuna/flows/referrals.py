"""Word of mouth: who came by a customer's code, and the first order that makes them a new customer brought by it.

Called by flows.facts for what came over the wire. A code nobody was given, a customer's own, or one followed by
somebody who had bought before brings nothing and does no harm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING

from kizuna.customers import links
from kizuna.relationships import investment_terms, investments, referrals
from kizuna.relationships.investments import Booking, InvestmentKind
from kizuna.relationships.referrals import WINDOW_DAYS, ReferralView
from kizuna.sales import ledger
from kizuna.science.periods import DAY_US
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

FOLLOWED = "Referral Followed"
_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Followed:
    """Somebody who came by a code."""

    identity_id: int
    code: str
    at_us: int


@dataclass(frozen=True, slots=True)
class FirstOrder:
    """An order that may be a new customer's first."""

    identity_id: int
    order_ref: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Landing:
    """Where an invitation leads: the shop and, where it was decided, its address."""

    shop_slug: str
    url: str


def find_landing(code: str) -> Landing | None:
    """Find where a code leads; None where nobody was given it."""
    found = referrals.find_code(code)
    if found is None:
        return None
    terms = investment_terms.find(found.shop_id)
    return Landing(tenants.get_shop_by_id(found.shop_id).slug, terms.landing_url if terms else "")


def follow(shop: "Shop", told: Sequence[Followed]) -> int:
    """Note who came by whose code; returns how many did for the first time. In the caller's transaction."""
    new = 0
    for each in told:
        code = referrals.find_code(each.code)
        if code is not None and code.shop_id == shop.pk:
            new += referrals.record_visit(code, each.identity_id, each.at_us)
    return new


def attribute(shop: "Shop", orders: Sequence[FirstOrder]) -> set[int]:
    """Attribute first orders to who brought their customer, at promotion cost 0; returns those customers.

    In the caller's transaction. A customer is brought once; the code followed first counts, for 90 days.
    """
    givers: set[int] = set()
    owners = links.customers_of(shop.pk, {order.identity_id for order in orders})
    members = links.identities_of(shop.pk, set(owners.values()))
    came = {each.identity_id for each in _waiting(shop, [each for mine in members.values() for each in mine])}
    for order in orders:
        mine = members.get(owners.get(order.identity_id, 0), [])
        giver = _attribute(shop, order, mine) if came.intersection(mine) else None
        if giver is not None:
            givers.add(giver)
    return givers


def _waiting(shop: "Shop", identity_ids: Sequence[int]) -> list[ReferralView]:
    """By whose codes identities came and bought nothing yet; asked in portions, however many orders came at once."""
    return [each for some in batched(identity_ids, _TOGETHER) for each in referrals.list_waiting(shop.pk, list(some))]


def _attribute(shop: "Shop", order: FirstOrder, mine: Sequence[int]) -> int | None:
    """Who brought the customer of these identities with this order; None where nobody did."""
    waiting = referrals.list_waiting(shop.pk, mine)
    if not waiting or referrals.is_attributed(shop.pk, mine):
        return None
    bought = ledger.totals(shop.pk, mine).values()
    if min((each.first_us for each in bought if each.first_us is not None), default=0) != order.at_us:
        return None
    givers = links.customers_of(shop.pk, {each.giver_identity_id for each in waiting})
    own = links.customers_of(shop.pk, [order.identity_id]).get(order.identity_id)
    for each in waiting:
        giver = givers.get(each.giver_identity_id)
        in_time = each.followed_us <= order.at_us <= each.followed_us + WINDOW_DAYS * DAY_US
        if giver in (None, own) or not in_time:
            continue
        referrals.attribute(shop.pk, each.id, order.order_ref, order.at_us)
        booking = Booking(each.giver_identity_id, InvestmentKind.PROMOTION, 0, order.at_us, "referral", str(each.id))
        investments.book(shop.pk, booking)
        return giver
    return None
