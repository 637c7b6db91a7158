"""Everything the shop holds of a customer, as one plain document they can take away (the right of access).

It does contain the relationship factor, the segment and what was decided by them, explained: the rule that customers
never see such words binds pages and messages, not what the law gives them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.conversations import talks_of, wishes
from kizuna.conversations.live import erasing as live
from kizuna.customers import consent, links, profiles
from kizuna.flows import timeline
from kizuna.flows.premium import preferring
from kizuna.flows.timeline import Filters
from kizuna.knowledge import answers, asked, learned
from kizuna.privileges import tiers
from kizuna.relationships import lists, referrals, stages
from kizuna.sales import timeline as sales
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

FACTS_A_PAGE, MOST_FACTS = 500, 20_000
MOST_ORDERS = 10_000
EXPLAINED = {
    "relationship_factor": "How strong the shop reckons the relationship with you to be, 0 to 1, from how recently and"
    " often you bought, how much, how often you visited and wrote; what lies back longer counts less.",
    "net_profit_minor": "What the shop earned with your orders over its period, in hundredths of its currency.",
    "segment": "A to D: A and C near, B and D distant; A and B contribute most to what the shop earns.",
    "stage": "How far the dialogue has come, 0 (known) to 5 (recommends us).",
    "privilege": "The tier of privileges the shop gives you; it follows from the segment, after a time of grace.",
}


def gather(shop: "Shop", customer_id: int, now: datetime) -> dict[str, object]:
    """Gather everything about a customer."""
    customer = profiles.find_by_id(shop.pk, customer_id)
    identity_ids = links.identities_of(shop.pk, [customer_id])[customer_id]
    if customer is None:
        return {}
    keys = [each.key for each in profiles.list_identities(shop.pk, customer_id)]
    return {
        "shop": shop.name,
        "written": now.isoformat(timespec="seconds"),
        "you": {
            "name": customer.name,
            "email": customer.email,
            "phone": customer.phone,
            "country": customer.country,
            "language": customer.language,
            "further": customer.traits,
            "first_came_by": customer.first_touch,
            "last_came_by": customer.last_touch,
            "known_since": _when(customer.created_us),
            "known_by": [
                {"kind": each.get_kind_display(), "value": each.key, "first": _when(each.first_seen_us)}
                for each in profiles.list_identities(shop.pk, customer_id)
            ],
        },
        "consents": [
            {"purpose": each.purpose, "granted": each.granted, "when": _when(each.given_us), "how": dict(each.evidence)}
            for each in consent.current(shop.pk, customer_id).values()
        ],
        "preferences": _preferences(shop, customer_id),
        "orders": _orders(shop.pk, identity_ids),
        "learned": [
            {"kind": each.kind, "text": each.text, "learned": _when(each.learned_us), "by": each.source}
            for each in learned.list_of(shop.pk, identity_ids)
        ],
        "wishes": _wishes(shop.pk, identity_ids),
        "conversations": _talks(shop.pk, identity_ids),
        "chats": _dated(live.list_chats(shop.pk, identity_ids)),
        "chat_invitations": _dated(live.list_invitations(shop.pk, identity_ids, keys)),
        "articles_that_helped": _dated(asked.list_votes(shop.pk, keys)),
        "surveys": [
            {**each, "at_us": _when(int(str(each["at_us"])))} for each in answers.list_of(shop.pk, identity_ids)
        ],
        "referrals": [
            {"followed": _when(each.followed_us), "bought": _when(each.attributed_us)}
            for each in referrals.list_of(shop.pk, identity_ids)
        ],
        "how_we_see_you": _judged(shop, customer_id),
        "events": _facts(shop, customer_id),
    }


def _judged(shop: "Shop", customer_id: int) -> dict[str, object]:
    standing = lists.find_standing(shop.pk, customer_id)
    view = stages.find(shop.pk, customer_id)
    tier = tiers.tier_of(shop.pk, customer_id)
    said: dict[str, object] = {
        "relationship_factor": standing.rf if standing else None,
        "parts": standing.z if standing else {},
        "net_profit_minor": standing.net_profit_minor if standing else None,
        "share_of_net_profit": standing.e_cnrr if standing else None,
        "segment": standing.segment if standing else "",
        "still_a_customer": standing.still_customer if standing else None,
        "expected_value_minor": standing.expected_value_minor if standing else None,
        "stage": view.stage if view else None,
        "privilege": {"name": tier.name, "since": _when(tier.since_us), "at_least_until": _when(tier.falls_us)},
    }
    return {**said, "explained": EXPLAINED}


def _preferences(shop: "Shop", customer_id: int) -> dict[str, object]:
    settled = preferring.read(shop, customer_id)
    return {"channels": settled.channels, "frequency": settled.frequency, "topics": settled.topics}


def _orders(shop_id: int, identity_ids: Sequence[int]) -> list[dict[str, object]]:
    return [
        {
            "what": each.kind,
            "number": each.order_ref or each.source_ref,
            "when": _when(each.happened_us),
            "amount_minor": each.original_revenue_minor,
            "currency": each.currency,
        }
        for each in sales.list_orders(shop_id, identity_ids, None, MOST_ORDERS)
    ]


def _wishes(shop_id: int, identity_ids: Sequence[int]) -> list[dict[str, object]]:
    dates = {each.public_id: each for each in wishes.list_of(shop_id, identity_ids)}
    return [
        {
            "wish": each.text,
            "state": each.stage,
            "understood_as": each.learned,
            "forwarded": _when(each.forwarded_us),
            "promised": _when(dates[each.public_id].promised_us),
            "fulfilled": _when(each.fulfilled_us),
            "outcome": each.outcome,
            "reason": each.reason,
        }
        for each in talks_of.list_wishes(shop_id, identity_ids)
    ]


def _talks(shop_id: int, identity_ids: Sequence[int]) -> list[dict[str, object]]:
    return [
        {
            "subject": each.subject,
            "channel": each.channel,
            "opened": _when(each.opened_us),
            "messages": [
                {"from": "you" if said.direction == "in" else "the shop", "when": _when(said.at_us), "text": said.text}
                for said in talks_of.list_said(shop_id, each.pk, identity_ids)
            ],
        }
        for each in talks_of.list_talks(shop_id, identity_ids)
    ]


def _facts(shop: "Shop", customer_id: int) -> list[dict[str, object]]:
    """The time line, newest first, as far as MOST_FACTS."""
    told: list[dict[str, object]] = []
    before: int | None = None
    while len(told) < MOST_FACTS:
        page = timeline.read_page(shop, customer_id, Filters(), before, FACTS_A_PAGE)
        told += [
            {"when": _when(each.happened_us), "what": each.title, "said": each.fact.properties}
            for each in page.items
            if each.fact is not None
        ]
        if page.next_before is None:
            break
        before = page.next_before
    return told


def _dated(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Say instants as dates: what is kept as `at_us` is told as `at`."""
    return [
        {
            name.removesuffix("_us"): _when(value if isinstance(value, int) else None)
            if name.endswith("_us")
            else _dated(value)
            if isinstance(value, list)
            else value
            for name, value in row.items()
        }
        for row in rows
    ]


def _when(us: int | None) -> str | None:
    return None if us is None else periods.instant_at(us).isoformat(timespec="seconds")
