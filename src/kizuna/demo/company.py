"""The simulated shop as a company: who works there, in which teams, what it can do, what it answers again and again.

Made through the flows where there are some; making it again finds what is there.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db import transaction

from kizuna.conversations import canned, teams, wish_kinds
from kizuna.conversations.team_setup import TeamDraft
from kizuna.demo.chat_rows import OPEN_HOURS
from kizuna.flows import investing, tiers
from kizuna.flows.dialogue import desks, habits
from kizuna.flows.wishes import arranging
from kizuna.privileges import catalogue
from kizuna.privileges.catalogue import Draft
from kizuna.privileges.site import Site
from kizuna.relationships.investment_terms import Terms
from kizuna.shops import hours, members
from kizuna.shops import people as people_room

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

OPERATORS: Final = (("mika", "Mika Sato"), ("jonas", "Jonas Weber"), ("aino", "Aino Laine"))
SPECIALISTS: Final = (("haru", "Haru Ito"), ("petra", "Petra Vogel"))
MARKETER: Final = ("lea", "Lea Marchand")
CARE, WORKSHOP, PARCELS = "Customer care", "Workshop", "Packing table"
_MAILBOX: Final = "kasane.example"

CAN_DO: Final[Mapping[str, tuple[str, str, str, int | None, int]]] = {
    "binding": ("Notebooks made for you", "Your size, our papers, thread-stitched by hand.", "notebook", 6, 5),
    "blend": ("A roast of your own", "Hojicha roasted as dark or light as you like it.", "batch", 8, 3),
    "wrapping": ("Presents wrapped apart", "Each thing in its own paper, with a name on it.", "parcel", 25, 1),
    "advice": ("Samples before you choose", "Inks and papers to try at home, with a note.", "set", 20, 1),
    "repair": ("Mended with lacquer", "Chips and cracks of pots bought from us.", "piece", 3, 10),
    "standing": ("Tea without ordering", "Comes as often as you say; a word from us before.", "order", None, 2),
    "indigo": ("Kept from the next vat", "Indigo sheets set aside under your name.", "sheet", 10, 7),
    "lesson": ("An afternoon at the bench", "Bookbinding for one, on Fridays.", "seat", 2, 12),
}
"""By the name that wishes use: what it is called, what it is, in what it is counted, how many a week, days ahead."""

_DEPARTMENTS: Final[Mapping[str, str]] = {"wrapping": PARCELS, "standing": PARCELS, "advice": PARCELS}
_KINDS: Final = ("special", "repair", "advice", "delivery", "product")
_REPLIES: Final = (
    ("On its way", "Dear {{ first_name }},\n\nyour parcel left us this morning.\n\nKind regards\n{{ operator }}"),
    ("We look into it", "Dear {{ first_name }},\n\nthank you for writing. I look into it and answer by tomorrow."),
    ("Which paper?", "Dear {{ first_name }},\n\nwhat do you write with? Then I can say which paper will please you."),
    ("Thank you", "Dear {{ first_name }},\n\nthank you for your kind words. They hang above the packing table now."),
)


@dataclass(frozen=True)
class Company:
    """Who acts in the stories, and the numbers of what they act with."""

    operators: "tuple[Person, ...]"
    specialists: "tuple[Person, ...]"
    marketer: "Person"
    care: int
    department_of: Mapping[str, int]
    capability: Mapping[str, int]
    kind: Mapping[str, int]


def settle(shop: "Shop", now: datetime) -> Company:
    """Make the company, or find it."""
    operators = tuple(_person(shop, each, "operator") for each in OPERATORS)
    specialists = tuple(_person(shop, each, "specialist") for each in SPECIALISTS)
    marketer = _person(shop, MARKETER, "marketer")
    care, departments = _teams(shop, operators, specialists, now)
    capability = _capabilities(shop, now)
    kind = _kinds(shop)
    if hours.list_spans(shop) == list(hours.USUAL):
        spans = [(weekday, opens * 60, closes * 60) for weekday, (opens, closes) in OPEN_HOURS.items()]
        arranging.set_hours(shop, spans, (), None, now)
    _habits(shop, marketer, now)
    euro = {"email": 25, "chat": 110, "phone": 950, "fax": 120, "post": 210, "in_person": 0, "portal": 5}
    investing.change_terms(shop, Terms(2_800, euro, {"A": 150_000, "B": 90_000, "C": 30_000}), None, now)
    welcome = "Good to see you. What may we do for you?"
    tiers.change_site(shop, Site(welcome=welcome, ask_after_wish=False), None, now)  # while telling, no mail leaves
    department_of = {name: departments[_DEPARTMENTS.get(name, WORKSHOP)] for name in CAN_DO}
    return Company(operators, specialists, marketer, care, department_of, capability, kind)


def _person(shop: "Shop", who: tuple[str, str], role: str) -> "Person":
    address = f"{who[0]}@{_MAILBOX}"
    known = people_room.find_person(address)
    if known is None:
        with transaction.atomic():
            known = people_room.create_person(address, who[1], secrets.token_urlsafe(16))
            members.add_member(shop, known, role)
    return known


def _teams(
    shop: "Shop", operators: "tuple[Person, ...]", specialists: "tuple[Person, ...]", now: datetime
) -> tuple[int, dict[str, int]]:
    known = {team.name: team for team in teams.list_teams(shop.pk)}
    default = next((team for team in known.values() if team.is_default), None)
    signature = "Kasane, paper, tea and small quiet things"
    draft = TeamDraft(default.name if default else CARE, "care@kasane.example", "Kasane", signature, is_default=True)
    seats = [each.pk for each in operators]
    care = desks.save(shop, default.public_id if default else None, draft, seats, None, now)
    departments = {}
    for name, worker in zip((WORKSHOP, PARCELS), specialists, strict=True):
        old = known.get(name)
        told = TeamDraft(name, is_department=True)
        made = desks.save(shop, old.public_id if old else None, told, [worker.pk], None, now)
        departments[name] = made.pk
    return care.pk, departments


def _capabilities(shop: "Shop", now: datetime) -> dict[str, int]:
    known = {each.name: each.pk for each in catalogue.list_all(shop.pk)}
    for name, what, unit, per_week, lead_days in CAN_DO.values():
        if name not in known:
            refusal = "This is more than our hands can do that week. The next free day we will keep for you."
            draft = Draft(name, what, unit, (), (), (), per_week, lead_days, refusal=refusal, is_published=True)
            known[name] = arranging.store_entry(shop, draft, None, None, now).pk
    return {key: known[told[0]] for key, told in CAN_DO.items()}


def _kinds(shop: "Shop") -> dict[str, int]:
    """The kinds a shop begins with, by the seed that they speak of; the first where a name is not there."""
    arranging.ensure_kinds(shop)
    kinds = wish_kinds.list_kinds(shop.pk)
    by_seed = {str(each.seed): each.pk for each in kinds}
    return {key: by_seed.get(key, kinds[0].pk) for key in _KINDS}


def _habits(shop: "Shop", person: "Person", now: datetime) -> None:
    known = {each.title for each in canned.list_replies(shop.pk)}
    for title, text in _REPLIES:
        if title not in known:
            habits.save_reply(shop, None, (title, text, None), person, now)
