"""Whom a dialogue mail faces: everything that is known of customers at the moment of choosing, from the rooms below.

Used for everybody when customers are chosen and for one when the mail is written, so that both judge by the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kizuna.conversations import talks, teams
from kizuna.customers import addressees, consent, links
from kizuna.customers.addressees import Addressee
from kizuna.knowledge import learned
from kizuna.knowledge.learned import LearnedView
from kizuna.outreach import hours, plays, reached, suppression, who
from kizuna.outreach.who import Person
from kizuna.relationships import roll, stages
from kizuna.relationships.roll import RollRow
from kizuna.sales import lately
from kizuna.tracking import heard

if TYPE_CHECKING:
    from kizuna.outreach.models import Play
    from kizuna.shops.models import Shop


def people(shop: "Shop", rows: Sequence[RollRow], play: "Play | None") -> list[Person]:
    """Gather what is known of customers; `play` tells which mail they may have had."""
    numbers = [row.customer_id for row in rows]
    identities = links.identities_of(shop.pk, numbers)
    every = [identity_id for each in identities.values() for identity_id in each]
    heads = addressees.read(shop.pk, numbers)
    consents = consent.granted(shop.pk, who.CONSENT_PURPOSE, numbers)
    talked = _latest(identities, (talks.last_talked(shop.pk, every), heard.last_said(shop.pk, every)))
    tags = talks.tags_of(shop.pk, every)
    products = lately.last_products(shop.pk, every)
    written = reached.decided_in(play, every) if play is not None else set()
    barred = suppression.find(shop.pk, {head.email for head in heads.values() if head.email})
    strongest = links.strongest_of(shop.pk, numbers)
    standing = stages.find_many(shop.pk, numbers)
    lessons = _lessons(shop, identities, every)
    found = []
    for row in rows:
        head, mine = heads.get(row.customer_id), identities[row.customer_id]
        if head is None or row.customer_id not in strongest:
            continue
        product = max((products[each] for each in mine if each in products), default=None)
        found.append(
            Person(
                customer_id=row.customer_id,
                identity_id=strongest[row.customer_id],
                label=row.label,
                address=head.email,
                segment=row.segment,
                stage=standing[row.customer_id].stage if row.customer_id in standing else 0,
                depth=standing[row.customer_id].depth if row.customer_id in standing else 0,
                orders=row.orders,
                country=head.country,
                language=head.language,
                zone=head.zone or shop.timezone,
                channels=head.channels,
                pace=head.pace,
                topics=head.topics,
                tags=frozenset().union(*(tags.get(each, ()) for each in mine)),
                talked_us=talked.get(row.customer_id),
                learned_us=max((each.last_us for each in lessons[row.customer_id]), default=None),
                consents=row.customer_id in consents,
                suppressed=head.email in barred,
                written=not written.isdisjoint(mine),
                values=_values(shop, head, product, lessons[row.customer_id]),
            )
        )
    return found


def one(shop: "Shop", identity_id: int, play: "Play") -> Person | None:
    """Gather what is known of the customer an identity belongs to; None where there is none any more."""
    customer_id = links.customers_of(shop.pk, [identity_id]).get(identity_id)
    rows = roll.read(shop.pk, [customer_id]) if customer_id is not None else []
    return next(iter(people(shop, rows, play)), None)


def with_team(person: Person, team_name: str) -> Mapping[str, str]:
    """Give the values of the fields, with the name of the team that writes."""
    return {**person.values, "team": team_name}


def sent_to_customer(shop: "Shop", customer_id: int, now_us: int) -> list[int]:
    """List when a customer got dialogue mails of any play, as far back as any cap looks."""
    days = max(cap.days for cap in (plays.rules_of(shop.pk).cap, *hours.PACES.values()))
    mine = links.identities_of(shop.pk, [customer_id])[customer_id]
    return [us for each in reached.sent_to(shop.pk, mine, now_us - days * who.DAY_US).values() for us in each]


def _values(
    shop: "Shop", head: Addressee, product: tuple[int, str] | None, lessons: Sequence[LearnedView]
) -> dict[str, str]:
    wanted = (learned.LessonKind.NEED, learned.LessonKind.WANT)
    preferred = (learned.LessonKind.PREFERENCE,)
    return {
        "need": next((each.text for each in lessons if each.kind in wanted), ""),
        "preference": next((each.text for each in lessons if each.kind in preferred), ""),
        "first_name": head.first_name,
        "name": head.name,
        "country": head.country,
        "last_product": product[1] if product else "",
        "shop": shop.name,
    }


def _lessons(
    shop: "Shop", identities: Mapping[int, Collection[int]], every: Collection[int]
) -> dict[int, list[LearnedView]]:
    """What was learned of each customer, what was last known to hold first."""
    owners = {identity_id: customer_id for customer_id, mine in identities.items() for identity_id in mine}
    found: dict[int, list[LearnedView]] = {customer_id: [] for customer_id in identities}
    for each in learned.list_of(shop.pk, every):
        found[owners[each.identity_id]].append(each)
    return found


def _latest(identities: Mapping[int, Collection[int]], sources: Iterable[Mapping[int, int]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for source in sources:
        for customer_id, mine in identities.items():
            at_us = max((source[each] for each in mine if each in source), default=None)
            if at_us is not None:
                found[customer_id] = max(at_us, found.get(customer_id, at_us))
    return found


def team_name(shop_id: int, team_id: int) -> str:
    """Give the name under which a team writes."""
    team = teams.find(shop_id, team_id)
    return (team.from_name or team.name) if team is not None else ""
