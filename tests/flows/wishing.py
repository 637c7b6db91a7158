"""Fills a shop's dialogue straight into the tables: letters both ways, wishes on their way, what they cost, referrals.

Nothing follows by itself: reckon the stages afterwards (flows.stage_upkeep). Seeded, so always alike.
"""

from uuid import UUID, uuid5

import numpy as np

from kizuna.conversations.models import ServiceRequest, Source, Stage
from kizuna.customers.models import Identity, IdentityKind
from kizuna.relationships.models import Investment, Standing
from kizuna.shops.models import Shop
from kizuna.tracking.models import About, Channel, Direction, Fact

DAY = 86_400_000_000
_NAMES = UUID("0192f0c0-0000-7000-8000-000000000000")


def fill(shop: Shop, now_us: int, seed: int = 7, most: int = 400) -> int:
    """Let the placed customers talk with the shop, the stronger the further; returns how many do."""
    random = np.random.default_rng(seed)
    placed = Standing.objects.filter(shop_id=shop.pk).exclude(segment="").order_by("-rf")[:most]
    among = {row.customer_id: row for row in placed}
    owners: dict[int, int] = {}
    known = Identity.objects.filter(shop=shop, customer_id__in=among).exclude(kind=IdentityKind.VISITOR)
    for identity, customer in known.order_by("-kind").values_list("id", "customer_id"):
        owners[customer] = identity
    facts: list[Fact] = []
    wishes: list[ServiceRequest] = []
    spent: list[Investment] = []
    for place, (customer, row) in enumerate(sorted(among.items())):
        if customer not in owners or random.random() > 0.35 + (row.rf or 0) * 0.6:
            continue
        first = row.first_order_us or now_us - 200 * DAY
        start = first + int(random.uniform(5, 60) * DAY)
        _talk(shop, owners[customer], (start, now_us, place), random, (facts, wishes, spent))
    Fact.objects.bulk_create(facts, batch_size=500)
    ServiceRequest.objects.bulk_create(wishes, batch_size=200)
    Investment.objects.bulk_create(spent, batch_size=500)
    return len({fact.identity_id for fact in facts})


def _talk(
    shop: Shop,
    identity: int,
    when: tuple[int, int, int],
    random: np.random.Generator,
    rows: tuple[list[Fact], list[ServiceRequest], list[Investment]],
) -> None:
    start, now_us, place = when
    facts, wishes, spent = rows
    at_us = start
    for step in range(1 + int(random.geometric(0.5))):
        moment = [at_us + round(days * DAY) for days in np.cumsum(random.uniform(0.2, 6, 6))]
        if moment[-1] >= now_us:
            return
        facts.append(_fact(shop, identity, moment[0], "Email Sent", Direction.OUT))
        if step == 0 and random.random() < 0.2:
            return
        facts.append(_fact(shop, identity, moment[1], "Email Received", Direction.IN))
        spent.append(_cost(shop, identity, moment[2], 25, f"{identity}-{step}-mail", "channel"))
        if random.random() < 0.15:
            return
        facts.append(_fact(shop, identity, moment[3], "Email Sent", Direction.OUT))
        facts.append(_fact(shop, identity, moment[3] + DAY // 8, "Email Received", Direction.IN))
        wishes.append(_wish(shop, identity, moment, step, done=random.random() < 0.8))
        minutes = float(random.uniform(4, 40))
        spent.append(_cost(shop, identity, moment[4], round(minutes * 50), f"{identity}-{step}", "minutes", minutes))
        if random.random() < 0.3:
            spent.append(
                _cost(shop, identity, moment[5], round(random.uniform(200, 4000)), f"{identity}-{step}-g", "goods")
            )
        if step and random.random() < 0.4:
            facts.append(_fact(shop, identity, moment[5], "Customer Referred", Direction.IN))
        at_us = moment[5] + int(random.uniform(10, 50) * DAY) + place % 7


def _fact(shop: Shop, identity: int, at_us: int, name: str, direction: Direction) -> Fact:
    key = f"{shop.pk}-{identity}-{name}-{at_us}"
    return Fact(
        public_id=uuid5(_NAMES, key), shop_id=shop.pk, identity_id=identity, source_id=1, happened_us=at_us,
        received_us=at_us, day=at_us // DAY, month=0, name=name, channel=Channel.EMAIL, direction=direction,
        about=About.BY if direction == Direction.IN else About.FOR, counts_email=False, message_id=key[:99],
    )  # fmt: skip


def _wish(shop: Shop, identity: int, moment: list[int], step: int, *, done: bool) -> ServiceRequest:
    return ServiceRequest(
        shop=shop, public_id=uuid5(_NAMES, f"wish-{shop.pk}-{identity}-{step}"), identity_id=identity,
        source=Source.PORTAL if identity % 4 == 0 else Source.MESSAGE, title="A larger pot", text="A larger pot",
        stage=Stage.FULFILLED if done else Stage.ACCEPTED, forwarded_us=moment[2], understood_us=moment[3] + DAY // 7,
        accepted_us=moment[4], promised_us=moment[5], fulfilled_us=moment[5] if done else None,
        within_capability=True, stage_since_us=moment[4], changed_us=moment[5],
    )  # fmt: skip


def _cost(shop: Shop, identity: int, at_us: int, amount: int, ref: str, kind: str, minutes: float = 0.0) -> Investment:
    channel = ("email", "phone", "email", "chat")[identity % 4]
    return Investment(
        shop=shop, identity_id=identity, kind=kind, channel=channel, amount_minor=amount, minutes=minutes, at_us=at_us,
        source_kind="seeded", source_ref=ref, conversation_id=identity if kind != "goods" else None,
    )  # fmt: skip
