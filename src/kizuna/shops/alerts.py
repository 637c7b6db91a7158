"""Who wants to be alerted of what and how, and what was sent already; the browsers are in shops.devices.

Choosing whom to alert and sending is done in flows.alerts and its neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kizuna.shops import roles
from kizuna.shops.models import Alert, AlertChoice, Membership, Person, Shop

WAITING, MINE, MENTION = "waiting", "mine", "mention"
PUSH, MAIL = "push", "mail"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody settled."""

    waiting: bool = True
    mine: bool = True
    by_push: bool = True
    by_mail: bool = True
    with_words: bool = False
    mentions: bool = True


def chosen_by(shop_id: int, person_id: int) -> Chosen | None:
    """Read what somebody settled for a shop; None where they never did."""
    row = AlertChoice.objects.filter(shop_id=shop_id, person_id=person_id).first()
    return None if row is None else _chosen(row)


def choose(shop_id: int, person_id: int, wanted: Chosen) -> None:
    """Settle what somebody is alerted of."""
    fields = {name: getattr(wanted, name) for name in Chosen.__slots__}
    AlertChoice.objects.update_or_create(shop_id=shop_id, person_id=person_id, defaults=fields)


def list_listeners(shop_id: int) -> list[tuple[Person, Chosen]]:
    """List who is to be alerted of a shop's chats: those who chose to and may still answer there."""
    rows = AlertChoice.objects.filter(shop_id=shop_id, person__is_active=True).select_related("person")
    held = dict(Membership.objects.filter(shop_id=shop_id).values_list("person_id", "role"))
    return [
        (row.person, _chosen(row))
        for row in rows.order_by("person_id")
        if row.person_id in held and roles.may(held[row.person_id], "answer")
    ]


def leave_known(shop_id: int, wanted: Sequence[Alert]) -> list[Alert]:
    """Keep of some alerts those that were not made before."""
    rows = Alert.objects.filter(shop_id=shop_id, about__in={each.about for each in wanted})
    known = set(rows.values_list("person_id", "way", "kind", "about")) if wanted else set()
    return [each for each in wanted if (each.person_id, each.way, each.kind, each.about) not in known]


def begin(shop_id: int, wanted: Sequence[Alert]) -> list[Alert]:
    """Store alerts; returns only those that nobody else stored meanwhile."""
    fresh = []
    for each in wanted:
        known = {"shop_id": shop_id, "person_id": each.person_id, "way": each.way, "kind": each.kind}
        told = {"conversation_id": each.conversation_id, "at_us": each.at_us}
        row, is_new = Alert.objects.get_or_create(**known, about=each.about, defaults=told)
        if is_new:
            fresh.append(row)
    return fresh


def find(shop_id: int, number: int) -> Alert | None:
    """Find an alert by its number."""
    return Alert.objects.filter(shop_id=shop_id, pk=number).first()


def note_sent(number: int, now_us: int) -> None:
    """Note that an alert left."""
    Alert.objects.filter(pk=number).update(sent_us=now_us)


def last_us(shop_id: int, person_id: int, way: str) -> int | None:
    """Say when somebody was last alerted in a way."""
    rows = Alert.objects.filter(shop_id=shop_id, person_id=person_id, way=way).order_by("-at_us")
    return rows.values_list("at_us", flat=True).first()


def prune(before_us: int) -> int:
    """Forget alerts from before an instant."""
    return Alert.objects.filter(at_us__lt=before_us).delete()[0]


def make(shop: Shop, person: Person, way: str, kind: str, about: str, conversation_id: int, now_us: int) -> Alert:
    """Describe an alert that is not stored yet."""
    return Alert(
        shop=shop, person=person, way=way, kind=kind, about=about, conversation_id=conversation_id, at_us=now_us
    )


def _chosen(row: AlertChoice) -> Chosen:
    return Chosen(row.waiting, row.mine, row.by_push, row.by_mail, row.with_words, row.mentions)
