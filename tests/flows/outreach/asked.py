"""A shop with customers who may be asked: bought, placed, agreed to mail; many of them cheaply."""

from datetime import UTC, datetime, timedelta

from kizuna.conversations import teams
from kizuna.customers import consent
from kizuna.customers.consent import Decision
from kizuna.customers.models import Customer, Identity, IdentityKind, Link
from kizuna.flows.outreach import choosing, editing, facing
from kizuna.outreach.hours import Cap, Window
from kizuna.outreach.models import Play
from kizuna.outreach.plays import PlayDraft, PlayState, RulesDraft
from kizuna.outreach.who import Who
from kizuna.relationships.models import Standing
from kizuna.science import periods
from kizuna.shops.models import Shop

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
NOW_US = periods.epoch_us(NOON)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALWAYS = RulesDraft(Cap(30, 1), Window(0, 1440, frozenset(range(7))), 90)
DRAFT = PlayDraft(
    name="Ask",
    team_id=0,
    subject="A question, {{ first_name }}",
    text="Dear {{ first_name }}, what do you wish for?",
    who=Who(segments=("A", "B"), silent_days=30),
    hold_out=0.0,
    a_day=100_000,
)


def people(shop: Shop, count: int, segment: str = "A", first: int = 0, **fields: object) -> list[int]:
    """Make customers with one order, an address and consent; returns their numbers."""
    numbers = range(first, first + count)
    made = [
        Customer(
            shop=shop,
            created_us=1,
            **{"name": f"Person{n} Test", "email": f"p{n}@example.com", "email_verified": True, **fields},
        )
        for n in numbers
    ]
    Customer.objects.bulk_create(made, batch_size=500)
    identities = [
        Identity(
            shop=shop,
            kind=IdentityKind.EMAIL,
            value=each.email or f"n{n}@x.example",
            key=each.email or f"n{n}@x.example",
            customer=each,
            first_seen_us=1,
            last_seen_us=1,
        )
        for n, each in zip(numbers, made, strict=True)
    ]
    Identity.objects.bulk_create(identities, batch_size=500)
    links = [
        Link(shop=shop, identity=identity, customer=each, from_us=0, cause="first_seen")
        for identity, each in zip(identities, made, strict=True)
    ]
    Link.objects.bulk_create(links, batch_size=500)
    Standing.objects.bulk_create(
        [
            Standing(
                customer=each,
                shop_id=shop.pk,
                label=each.name,
                email=each.email,
                known=True,
                orders=1,
                segment=segment,
                net_profit_minor=1000,
                rf=0.5,
            )
            for each in made
        ],
        batch_size=500,
    )
    agree(shop, [each.pk for each in identities])
    return [each.pk for each in made]


def agree(shop: Shop, identity_ids: list[int], granted: bool = True, at_us: int = 1) -> None:
    """Record what customers said about mail."""
    consent.record(shop.pk, [Decision(each, "email_marketing", granted, at_us) for each in identity_ids])


def running(shop: Shop, draft: PlayDraft = DRAFT, rules: RulesDraft = ALWAYS, now: datetime = NOON) -> Play:
    """Keep, start and choose for a play."""
    editing.set_rules(shop, rules, None, now)
    play = editing.create_play(shop, draft, None, now)
    editing.set_state(shop, play.public_id, PlayState.RUNNING, None, now)
    play.refresh_from_db()
    choosing.enrol(shop, play, facing.team_name(shop.pk, teams.ensure_default(shop.pk).pk), periods.epoch_us(now))
    play.refresh_from_db()
    return play
