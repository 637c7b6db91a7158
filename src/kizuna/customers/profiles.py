"""What is said about customers: name, address, phone, country, language, traits, first and last campaign touch.

Each identity keeps what was said under it, when, and whether by a trusted source; a customer's profile is folded from
its identities. So the order of arrival does not matter, and merge and un-merge restore profiles by folding again.
What a trusted source said is never replaced by a browser's word; among equals the latest holds.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from kizuna.customers import links, search
from kizuna.customers.models import Customer, Identity, IdentityKind

FIELDS = {"name": 200, "email": 254, "phone": 40, "country": 60, "language": 20}
MOST_TRAITS = 100
_AS_JSON = ("traits", "first_touch", "last_touch")
MOST_TRAIT_BYTES = 8192

type Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What one source says of a customer at an instant; None says nothing, an empty text takes back."""

    at_us: int
    trusted: bool = True
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    language: str | None = None
    traits: Mapping[str, Any] = field(default_factory=dict)
    touch: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """Who a customer is, in one line."""

    public_id: UUID
    name: str
    email: str
    label: str
    country: str
    known: bool
    last_seen_us: int
    strongest_kind: IdentityKind
    strongest_value: str


@dataclass(frozen=True, slots=True)
class _Voice:
    """What one identity contributes to its customer."""

    identity_id: int
    kind: int
    value: str
    key: str
    last_seen_us: int
    said: Said


def update(shop_id: int, changes: Mapping[int, ProfileChange]) -> set[int]:
    """Take in what is said of customers, {customer: change}, under each one's strongest identity."""
    strongest: dict[int, int] = {}
    rows = Identity.objects.filter(shop_id=shop_id, customer_id__in=list(changes)).order_by("-kind", "-id")
    for customer_id, identity_id in rows.values_list("customer_id", "id"):
        strongest[customer_id] = identity_id
    return record(shop_id, [(strongest[key], change) for key, change in changes.items() if key in strongest])


def record(shop_id: int, changes: Sequence[tuple[int, ProfileChange]]) -> set[int]:
    """Take in what is said under identities, (identity, change), and return the customers whose profile changed."""
    ids = {identity_id for identity_id, _ in changes}
    identities = {
        row.id: row for row in Identity.objects.filter(shop_id=shop_id, id__in=ids).only("id", "customer_id", "profile")
    }
    before = {identity_id: json.dumps(row.profile, sort_keys=True) for identity_id, row in identities.items()}
    for identity_id, change in changes:
        if identity_id in identities:
            _take_in(identities[identity_id].profile, change)
    touched = [row for row in identities.values() if json.dumps(row.profile, sort_keys=True) != before[row.id]]
    if not touched:
        return set()
    with connection.cursor() as cursor:
        rows = [(json.dumps(row.profile), row.id) for row in touched]
        cursor.executemany("UPDATE customers_identity SET profile = %s WHERE id = %s", rows)
    return refresh(shop_id, {row.customer_id for row in touched})


def refresh(shop_id: int, customer_ids: Collection[int]) -> set[int]:
    """Fold the profiles of customers anew, store those that differ, index them for search, and return their ids."""
    voices = _voices(shop_id, customer_ids)
    changed = []
    for customer in Customer.objects.filter(shop_id=shop_id, id__in=customer_ids):
        folded = _fold(voices.get(customer.id, []))
        if any(getattr(customer, name) != value for name, value in folded.items()):
            for name, value in folded.items():
                setattr(customer, name, value)
            changed.append(customer)
    _store(changed)
    search.index_identities(
        shop_id,
        [
            (voice.identity_id, voice.kind, voice.key, voice.said)
            for customer in changed
            for voice in voices.get(customer.id, [])
        ],
    )
    return {customer.id for customer in changed}


def cards(shop_id: int, customer_ids: Collection[int]) -> dict[int, Card]:
    """Read the cards of customers; those without any identity left (merged away) are not among them."""
    found: dict[int, Card] = {}
    for part in _parts(customer_ids):
        best: dict[int, tuple[int, str, int]] = {}
        rows = Identity.objects.filter(shop_id=shop_id, customer_id__in=part).order_by("-kind", "-id")
        for customer_id, kind, value, seen in rows.values_list("customer_id", "kind", "value", "last_seen_us"):
            best[customer_id] = (kind, value, max(seen, best.get(customer_id, (0, "", 0))[2]))
        people = Customer.objects.filter(shop_id=shop_id, id__in=list(best))
        for row in people.values_list("id", "public_id", "name", "email", "country"):
            kind, value, seen = best[row[0]]
            known = kind != IdentityKind.VISITOR
            label = row[2] or row[3] or (value if known else f"Visitor {value[:8]}")
            found[row[0]] = Card(row[1], row[2], row[3], label, row[4], known, seen, IdentityKind(kind), value)
    return found


def find_customer(shop_id: int, public_id: UUID | str) -> Customer | None:
    """Find a customer by the identifier that pages show; follows a merged one to where it is now."""
    customer = Customer.objects.filter(shop_id=shop_id, public_id=public_id).first()
    steps = 0
    while customer is not None and customer.merged_into_id is not None and steps < 50:
        customer, steps = Customer.objects.filter(shop_id=shop_id, id=customer.merged_into_id).first(), steps + 1
    return customer


def find_by_id(shop_id: int, customer_id: int) -> Customer | None:
    """Find a customer by the number that other rooms keep."""
    return Customer.objects.filter(shop_id=shop_id, pk=customer_id).first()


def list_identities(shop_id: int, customer_id: int) -> list[Identity]:
    """List a customer's identities, the strongest first, among equals the one seen last."""
    found = Identity.objects.filter(shop_id=shop_id, customer_id__in=[customer_id])
    # sorted here: asked to sort, SQLite walks the whole shop by kind
    return sorted(found, key=lambda each: (each.kind, -each.last_seen_us, each.id))


def _store(changed: Sequence[Customer]) -> None:
    """One prepared statement for all: Django's bulk_update builds a CASE per row and column, 20 times the work."""
    assigned = ", ".join(f"{name} = %s" for name in (*FIELDS, "email_verified", *_AS_JSON))
    rows = [
        (
            *(getattr(customer, name) for name in (*FIELDS, "email_verified")),
            *(json.dumps(getattr(customer, name)) for name in _AS_JSON),
            customer.id,
        )
        for customer in changed
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE customers_customer SET {assigned} WHERE id = %s", rows)  # noqa: S608


def _take_in(said: Said, change: ProfileChange) -> None:
    for name, longest in FIELDS.items():
        value = getattr(change, name)
        if value is not None:
            _put(said, name, _folded(name, value.strip()[:longest]), change)
    traits = said.setdefault("traits", {}) if change.traits else {}
    for name, value in change.traits.items():
        if name in traits or len(traits) < MOST_TRAITS:
            _put(traits, name, value, change)
    while traits and len(json.dumps(traits)) > MOST_TRAIT_BYTES:
        del traits[max(traits, key=lambda name: len(json.dumps(traits[name])))]
    if change.touch:
        touch = [change.at_us, dict(change.touch)]
        order = json.dumps(change.touch, sort_keys=True)
        if "first_touch" not in said or (touch[0], order) < _touch_key(said["first_touch"]):
            said["first_touch"] = touch
        if "last_touch" not in said or (touch[0], order) > _touch_key(said["last_touch"]):
            said["last_touch"] = touch


def _folded(name: str, value: str) -> str:
    """An address is the same however its letters are written: kept in small ones, so that a log-in finds it."""
    return value.lower() if name == "email" else value


def _put(said: Said, name: str, value: Any, change: ProfileChange) -> None:
    entry = [value, change.at_us, int(change.trusted)]
    if name not in said or _weight(entry) > _weight(said[name]):
        said[name] = entry


def _weight(entry: Sequence[Any]) -> tuple[int, int, str]:
    return entry[2], entry[1], json.dumps(entry[0], sort_keys=True)


def _touch_key(touch: Sequence[Any]) -> tuple[int, str]:
    return touch[0], json.dumps(touch[1], sort_keys=True)


def _voices(shop_id: int, customer_ids: Collection[int]) -> dict[int, list[_Voice]]:
    voices: dict[int, list[_Voice]] = defaultdict(list)
    for part in _parts(customer_ids):
        rows = Identity.objects.filter(shop_id=shop_id, customer_id__in=part).order_by("id")
        for row in rows.values_list("customer_id", "id", "kind", "value", "key", "last_seen_us", "profile"):
            voices[row[0]].append(_Voice(*row[1:]))
    return voices


def _fold(voices: Sequence[_Voice]) -> dict[str, Any]:
    said = [voice.said for voice in voices]
    folded: dict[str, Any] = {name: _folded(name, _best(each.get(name) for each in said) or "") for name in FIELDS}
    folded["email"], folded["email_verified"] = _address(voices, folded["email"])
    phones = [voice for voice in voices if voice.kind == IdentityKind.PHONE]
    if not folded["phone"] and phones:
        folded["phone"] = max(phones, key=lambda voice: (voice.last_seen_us, voice.value)).value[:40]
    names = sorted({name for each in said for name in each.get("traits", {})})
    traits = {name: _best(each.get("traits", {}).get(name) for each in said) for name in names}
    folded["traits"] = {name: value for name, value in traits.items() if value is not None}
    firsts = [each["first_touch"] for each in said if "first_touch" in each]
    lasts = [each["last_touch"] for each in said if "last_touch" in each]
    folded["first_touch"] = dict(min(firsts, key=_touch_key)[1]) if firsts else {}
    folded["last_touch"] = dict(max(lasts, key=_touch_key)[1]) if lasts else {}
    return folded


def _best(entries: Iterable[Sequence[Any] | None]) -> Any:
    given = [entry for entry in entries if entry is not None]
    return max(given, key=_weight)[0] if given else None


def _address(voices: Sequence[_Voice], said: str) -> tuple[str, bool]:
    """A verified address goes before one that was only said; among verified ones the one that is also said."""
    verified = {voice.value: voice.last_seen_us for voice in voices if voice.kind == IdentityKind.EMAIL}
    if not verified:
        return said, False
    entries = [voice.said["email"] for voice in voices if "email" in voice.said]
    confirmed = [entry for entry in entries if entry[0].lower() in verified]
    if confirmed:
        return _folded("email", str(max(confirmed, key=_weight)[0])), True
    return max(verified, key=lambda value: (verified[value], value))[:254], True


def _parts(numbers: Collection[int]) -> Iterable[list[int]]:
    ordered = list(numbers)
    step = links.IN_ONE_QUERY
    return (ordered[start : start + step] for start in range(0, len(ordered), step))
