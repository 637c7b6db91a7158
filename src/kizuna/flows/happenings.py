"""Facts that Kizuna's own rooms know of a customer: a mail that came in, an answer that went out, a wish.

They take the path of every other event (flows.facts), through the shop's own source, so that the time line, the
stocks and the warehouse hold one kind of fact wherever it came from. Telling the same `key` again changes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kizuna.customers import links
from kizuna.customers.identity import Resolved
from kizuna.flows import facts
from kizuna.flows.facts import Incoming
from kizuna.shops import sources
from kizuna.tracking import wire

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened to whom, by its name in the event plan; `key` names it for ever (up to 80 characters)."""

    name: str
    identity_id: int
    at_us: int
    key: str
    properties: Mapping[str, object] = field(default_factory=dict)


def record(shop: "Shop", told: Happening, now_us: int) -> bool:
    """Record a fact of a customer with everything that follows from it; False where it was recorded before.

    Call it inside the transaction of what it tells of. A fact that makes no sense is dropped as any other would be.
    """
    return record_all(shop, [told], now_us) == 1


def record_all(shop: "Shop", told: Sequence[Happening], now_us: int) -> int:
    """Record many facts at once; says how many were new."""
    owners = links.customers_of(shop.pk, list({each.identity_id for each in told}))
    known = [each for each in told if each.identity_id in owners]
    if not known:
        return 0
    source = sources.get_own_source(shop, "console")
    incoming = []
    for happening in known:
        each = facts.read(source.pk, source.kind, wire.RawEvent("track", _body(happening), now_us), shop.currency)
        whose = Resolved(happening.identity_id, None, owners[happening.identity_id])
        incoming.append(Incoming(each.source_id, each.raw, each.event, each.purchase, each.drop, whose))
    return facts.take(shop, incoming, now_us).accepted


def _body(told: Happening) -> bytes:
    moment = _EPOCH + timedelta(microseconds=told.at_us)
    event = {
        "event": told.name,
        "userId": f"identity-{told.identity_id}",
        "messageId": told.key[:99],
        "timestamp": moment.isoformat(),
        "properties": {name: value for name, value in told.properties.items() if value not in ("", None)},
    }
    return json.dumps(event).encode()
