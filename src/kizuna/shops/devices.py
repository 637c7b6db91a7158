"""The browsers in which somebody wants to be alerted: kept by what they handed over, tested, forgotten when gone.

A browser belongs to whoever is logged in when it asks: another person's log-in takes it over.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from kizuna.shops.models import Device, Person
from kizuna.shops.tenants import NotThere
from kizuna.tables import public_ids

MOST_DEVICES = 10
MOST_FAILURES = 20
TEST_US = 120_000_000


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser hands over when it agrees to be alerted."""

    endpoint: str
    p256dh: str
    auth: str
    name: str = ""


def add(person: Person, told: Subscription, now_us: int) -> Device:
    """Keep a browser; one that is known already is this person's from now on. The oldest go beyond MOST_DEVICES."""
    fields = {
        "person": person,
        "endpoint": told.endpoint,
        "p256dh": told.p256dh,
        "auth": told.auth,
        "name": " ".join(told.name.split())[:80],
        "failures": 0,
        "problem": "",
    }
    made = {**fields, "public_id": public_ids.make(now_us), "added_us": now_us}
    row, _ = Device.objects.update_or_create(
        endpoint_hash=hash_of(told.endpoint), defaults=fields, create_defaults=made
    )
    kept = Device.objects.filter(person=person).order_by("-added_us", "-pk").values_list("pk", flat=True)
    Device.objects.filter(person=person, pk__in=list(kept)[MOST_DEVICES:]).delete()
    return row


def list_of(person_id: int) -> list[Device]:
    """List somebody's browsers, the newest first."""
    return list(Device.objects.filter(person_id=person_id).order_by("-added_us", "-pk"))


def get(person_id: int, public_id: UUID | str) -> Device:
    """Get one of somebody's own browsers. Raises NotThere."""
    found = Device.objects.filter(person_id=person_id, public_id=public_id).first()
    if found is None:
        raise NotThere("device", "this browser is not yours")
    return found


def remove(numbers: Collection[int]) -> None:
    """Forget browsers, by number."""
    Device.objects.filter(pk__in=list(numbers)).delete()


def begin_test(device: Device, now_us: int) -> str:
    """Begin a test: returns the key that only its message holds."""
    device.test_key, device.test_sent_us, device.test_shown_us = secrets.token_urlsafe(32), now_us, None
    device.save(update_fields=["test_key", "test_sent_us", "test_shown_us"])
    return device.test_key


def note_shown(test_key: str, now_us: int) -> bool:
    """Note that a browser says it showed the test; a key that is unknown, used or old changes nothing."""
    if len(test_key) != 43:
        return False
    rows = Device.objects.filter(test_key=test_key, test_sent_us__gt=now_us - TEST_US)
    return rows.update(test_key="", test_shown_us=now_us) == 1


def note_taken(number: int, problem: str, now_us: int) -> None:
    """Note whether a browser's push service took a message; one that never does for long is forgotten."""
    row = Device.objects.filter(pk=number).first()
    if row is None:
        return
    if problem:
        row.failures, row.problem = row.failures + 1, problem[:120]
    else:
        row.failures, row.problem, row.reached_us = 0, "", now_us
    if row.failures >= MOST_FAILURES:
        row.delete()
    else:
        row.save(update_fields=["failures", "problem", "reached_us"])


def hash_of(endpoint: str) -> str:
    """Hash an endpoint, which is too long for an index."""
    return hashlib.sha256(endpoint.encode()).hexdigest()
