"""Target customers nobody has talked with for a while: whom the company should write to itself, one by one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kizuna.flows.outreach import facing
from kizuna.outreach import plays, reached, who
from kizuna.outreach.who import DAY_US, Person
from kizuna.relationships import lists
from kizuna.relationships.lists import Filters, Order
from kizuna.relationships.roll import RollRow

if TYPE_CHECKING:
    from uuid import UUID

    from kizuna.shops.models import Shop

TARGETS = ("A", "B")
LOOKED_AT = 400


@dataclass(frozen=True, slots=True)
class Silent:
    """A target customer, and why a mail to them would be refused; '' where nothing speaks against one."""

    person: Person
    public_id: "UUID"
    net_profit_minor: int | None
    written_us: int | None
    refused: str


def list_silent(shop: "Shop", days: int, segments: tuple[str, ...], now_us: int) -> tuple[list[Silent], bool]:
    """List the silent ones among the target customers who bring most; (they, whether everybody was looked at)."""
    page = lists.list_page(shop.pk, Filters(segments=segments, known=True), Order("profit"), size=LOOKED_AT)
    rows = [RollRow(row.customer_id, row.label, row.segment, row.orders, row.net_profit_minor) for row in page.rows]
    known = {row.customer_id: row for row in page.rows}
    people = facing.people(shop, rows, None)
    written = _last_written(shop, people, now_us)
    found = []
    for person in people:
        if person.talked_us is not None and person.talked_us > now_us - days * DAY_US:
            continue
        standing = known[person.customer_id]
        found.append(
            Silent(
                person,
                standing.customer.public_id,
                standing.net_profit_minor,
                written.get(person.customer_id),
                who.find_reason(who.Who(segments=(), silent_days=None), person, False, now_us),
            )
        )
    return found, page.next_cursor is None


def usual_days(shop: "Shop") -> int:
    """After how many days without a talk the shop calls a target customer silent."""
    return plays.rules_of(shop.pk).silent_days


def _last_written(shop: "Shop", people: list[Person], now_us: int) -> dict[int, int]:
    """When these got their last dialogue mail within a year, by customer."""
    sent = reached.sent_to(shop.pk, [each.identity_id for each in people], now_us - 365 * DAY_US)
    return {each.customer_id: max(sent[each.identity_id]) for each in people if each.identity_id in sent}
