"""`import_customers`: who the customers are: ids, addresses, names, traits, consent. Repeating it changes nothing.

The shop vouches for what it hands over, so e-mail addresses and phone numbers count as verified and may link or merge
customers by the rules of customers.identity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction

from kizuna.customers import consent, identity, profiles
from kizuna.customers.consent import Decision
from kizuna.customers.identity import Claims
from kizuna.customers.profiles import ProfileChange
from kizuna.flows import following, placing
from kizuna.flows.imports import cells, maps
from kizuna.flows.imports.cells import BadCell, Reader
from kizuna.flows.imports.report import Progress, Report
from kizuna.flows.imports.sheets import Sheet, SheetFile, open_sheet, read_sheet
from kizuna.science.periods import epoch_us

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

CAUSE = "imported"
TRAIT, CONSENT = "trait.", "consent."
_TOGETHER = 200


@dataclass(frozen=True, slots=True)
class _Person:
    """One row, checked."""

    claims: Claims
    profile: ProfileChange
    consents: Mapping[str, bool]


def import_customers(shop: "Shop", file: SheetFile, now: datetime, progress: Progress | None = None) -> Report:
    """Import a table of customers; a row needs a user id, an e-mail address or a phone number.

    Without a map, columns are found by the names of the fields and all others become traits.
    """
    sheet = _open(file)
    told_us = min(int(file.path.stat().st_mtime * 1_000_000), epoch_us(now))
    reader = Reader(ZoneInfo(shop.timezone), epoch_us(now))
    report = Report(f"{file.path.name}: {sheet.table.form.describe()}", dry_run=file.dry_run)
    report.counts = {"rows read": 0, "rows taken": 0, "customers": 0, "profiles changed": 0, "consents recorded": 0}
    seen: set[int] = set()
    rows = read_sheet(sheet, partial(_read, sheet, reader, told_us), report, progress)
    for some in batched(rows, _TOGETHER):
        seen |= _store(shop, some, report, epoch_us(now))
    report.counts["customers"] = len(seen)
    return report


def _open(file: SheetFile) -> Sheet:
    """Without a map, a column that is no field is a trait, or a consent where it is called so."""
    sheet = open_sheet(file, maps.CUSTOMER_FIELDS, [maps.WHO_FIELDS])
    if file.columns:
        return sheet
    taken = set(sheet.places.values())
    others = {
        (name if name.startswith((TRAIT, CONSENT)) else f"{TRAIT}{name}"): name
        for place, name in enumerate(sheet.table.header)
        if name and place not in taken
    }
    columns = {**sheet.columns, **others}
    return Sheet(sheet.table, columns, maps.places(sheet.table.header, columns))


def _read(sheet: Sheet, reader: Reader, told_us: int, values: list[str]) -> _Person:
    customer_id = cells.identifier(sheet.called("customer_id"), sheet.cell(values, "customer_id"))
    address = cells.email(sheet.called("email"), sheet.cell(values, "email"))
    phone = cells.phone(sheet.called("phone"), sheet.cell(values, "phone"))
    if not (customer_id or address or phone):
        raise BadCell(sheet.called("customer_id"), "the row names nobody: no user id, e-mail address or phone number")
    since = sheet.cell(values, "since")
    since_us = reader.instant(sheet.called("since"), since) if since.strip() else told_us
    name, country, language = (
        cells.words(sheet.called(field), sheet.cell(values, field), 200) or None
        for field in ("name", "country", "language")
    )
    traits: dict[str, str] = {}
    consents: dict[str, bool] = {}
    for field, column in sheet.columns.items():
        text = sheet.cell(values, field)
        if field.startswith(TRAIT) and text.strip():
            traits[field.removeprefix(TRAIT)[:80]] = cells.words(column, text, 500)
        if field.startswith(CONSENT) and (granted := cells.yes_or_no(column, text)) is not None:
            consents[field.removeprefix(CONSENT)] = granted
    return _Person(
        Claims(since_us, customer_id or None, address or None, phone or None),
        ProfileChange(
            told_us,
            name=name,
            email=address or None,
            phone=phone or None,
            country=country,
            language=language,
            traits=traits,
        ),
        consents,
    )


def _store(shop: "Shop", some: Sequence[tuple[int, _Person]], report: Report, now_us: int) -> set[int]:
    with transaction.atomic():
        people = [person for _, person in some]
        resolution = identity.resolve(shop.id, [person.claims for person in people], now_us)
        who = resolution.each
        told = [(each.identity_id, person.profile) for each, person in zip(who, people, strict=True)]
        changed = profiles.record(shop.id, told)
        owners = {each.customer_id for each in who}
        for (row, person), each in zip(some, who, strict=True):
            report.add("consents recorded", _record_consents(shop, person, each, f"imported file, row {row}"))
        report.add("rows taken", len(some))
        report.add("profiles changed", len(changed))
        following.follow(shop, resolution.relinked)
        placing.place(shop, sorted(changed | resolution.relinked), CAUSE, now_us)
        if report.dry_run:
            transaction.set_rollback(True)
    return owners


def _record_consents(shop: "Shop", person: _Person, who: identity.Resolved, evidence: str) -> int:
    """Record what differs from what is known, so that repeating an import adds nothing."""
    if not person.consents:
        return 0
    known = consent.current(shop.id, who.customer_id)
    news = [
        Decision(who.identity_id, purpose, granted, person.profile.at_us, {"how": evidence})
        for purpose, granted in person.consents.items()
        if purpose not in known or known[purpose].granted != granted
    ]
    consent.record(shop.id, news)
    return len(news)
