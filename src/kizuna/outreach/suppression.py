"""Who must not be written to: nobody at all, or no marketing; why, since when, and the way back.

Addresses are found by a keyed hash, so that an erased person stays suppressed without being known. Callers hold the
transaction. Whether a mail may be sent is asked by flows.mail_out at the moment of sending.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F
from django.utils.crypto import salted_hmac

from kizuna.outreach.models import Reason, Scope, SoftBounces, Suppression

__all__ = ["Reason", "Scope", "Suppressed", "Suppression"]

PAGE_ROWS = 50
KEY_BYTES = 16
SOFT_BOUNCES = 5
SOFT_FORGOTTEN_US = 30 * 86_400_000_000


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Why an address is not written to."""

    scope: Scope
    reason: Reason
    at_us: int

    @property
    def words(self) -> str:
        """Say it to the shop's people."""
        return f"{Scope(self.scope).label}: {Reason(self.reason).label}"


def address_key(shop_id: int, address: str) -> bytes:
    """Reckon the keyed hash under which a shop knows an address."""
    told = f"{shop_id}:{address.strip().lower()}"
    return bytes(salted_hmac("kizuna.suppression", told, algorithm="sha256").digest()[:KEY_BYTES])


def suppress(
    shop_id: int, address: str, reason: Reason, scope: Scope, now_us: int, evidence: Mapping[str, Any] | None = None
) -> bool:
    """Write to an address no more; False where that was so already (the first reason stands)."""
    return suppress_key(shop_id, (address_key(shop_id, address), address), reason, scope, now_us, evidence)


def suppress_key(
    shop_id: int,
    whom: tuple[bytes, str],
    reason: Reason,
    scope: Scope,
    now_us: int,
    evidence: Mapping[str, Any] | None = None,
) -> bool:
    """Do the same for a keyed hash whose address may not be known any more."""
    key, address = whom
    _, made = Suppression.objects.get_or_create(
        shop_id=shop_id,
        address_key=key.hex(),
        scope=scope,
        lifted_us=None,
        defaults={
            "address": address.strip().lower()[:254],
            "reason": reason,
            "at_us": now_us,
            "evidence": dict(evidence or {}),
        },
    )
    return made


def find(shop_id: int, addresses: Iterable[str]) -> dict[str, Suppressed]:
    """Find which of the addresses are not written to; the wider scope where both hold."""
    keys: dict[str, list[str]] = defaultdict(list)
    for address in addresses:
        keys[address_key(shop_id, address).hex()].append(address)
    rows = Suppression.objects.filter(shop_id=shop_id, address_key__in=list(keys), lifted_us=None)
    found: dict[str, Suppressed] = {}
    for row in sorted(rows, key=lambda row: row.scope == Scope.ALL):
        why = Suppressed(Scope(row.scope), Reason(row.reason), row.at_us)
        found.update(dict.fromkeys(keys[row.address_key], why))
    return found


def is_suppressed(shop_id: int, key: bytes) -> bool:
    """Whether a keyed hash, as an unsubscribe link carries it, stands on the list."""
    return Suppression.objects.filter(shop_id=shop_id, address_key=key.hex(), lifted_us=None).exists()


def lift(shop_id: int, suppression_id: int, now_us: int) -> Suppression | None:
    """End a suppression; None where the shop has none such in force."""
    row = Suppression.objects.select_for_update().filter(shop_id=shop_id, pk=suppression_id, lifted_us=None).first()
    if row is not None:
        row.lifted_us = now_us
        row.save(update_fields=["lifted_us"])
        SoftBounces.objects.filter(shop_id=shop_id, address_key=row.address_key).delete()
    return row


def end_refusals(shop_id: int, addresses: Iterable[str], now_us: int) -> int:
    """End what customers refused themselves and now ask for again; bounces and the shop's own entries stay."""
    keys = [address_key(shop_id, address).hex() for address in addresses]
    theirs = Suppression.objects.filter(shop_id=shop_id, address_key__in=keys, lifted_us=None, scope=Scope.MARKETING)
    return theirs.filter(reason__in=[Reason.UNSUBSCRIBED, Reason.COMPLAINT]).update(lifted_us=now_us)


def list_entries(shop_id: int, part: str, page: int) -> Page[Suppression]:
    """List a page of the suppressions in force, the newest first; `part` of an address narrows it."""
    rows = Suppression.objects.filter(shop_id=shop_id, lifted_us=None).order_by("-at_us", "-id")
    if part.strip():
        rows = rows.filter(address__contains=part.strip().lower())
    return Paginator(rows, PAGE_ROWS).get_page(page)


def note_soft_bounce(shop_id: int, address: str, now_us: int) -> bool:
    """Count a passing failure; True where it is one too many within a month without anything arriving."""
    key = address_key(shop_id, address).hex()
    row, _ = SoftBounces.objects.get_or_create(
        shop_id=shop_id, address_key=key, defaults={"first_us": now_us, "last_us": now_us}
    )
    if now_us - row.first_us > SOFT_FORGOTTEN_US:
        SoftBounces.objects.filter(pk=row.pk).update(times=0, first_us=now_us)
    SoftBounces.objects.filter(pk=row.pk).update(times=F("times") + 1, last_us=now_us)
    row.refresh_from_db()
    return bool(row.times >= SOFT_BOUNCES)


def note_arrival(shop_id: int, addresses: Collection[str]) -> None:
    """Forget passing failures: something arrived."""
    keys = [address_key(shop_id, address).hex() for address in addresses]
    SoftBounces.objects.filter(shop_id=shop_id, address_key__in=keys).delete()


def forget_address(shop_id: int, address: str) -> None:
    """Keep only the keyed hash of an address: the person is erased, and stays suppressed."""
    key = address_key(shop_id, address).hex()
    Suppression.objects.filter(shop_id=shop_id, address_key=key).update(address="", evidence={})
