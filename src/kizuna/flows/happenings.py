"""Facts that Kizuna's own rooms know of a customer: a mail that came in, an answer that went out, a wish.

They take the path of every other event (flows.facts), through the shop's own source, so that the time line, the
stocks and the warehouse hold one kind of fact wherever it came from. Telling the same `key` again changes nothing.
"""

import json
from collections.abc import Mapping
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
    customer_id = links.customers_of(shop.pk, [told.identity_id]).get(told.identity_id)
    if customer_id is None:
        return False
    source = sources.get_own_source(shop, "console")
    raw = wire.RawEvent("track", _body(told), now_us)
    each = facts.read(source.pk, source.kind, raw, shop.currency)
    known = Incoming(
        each.source_id, each.raw, each.event, each.purchase, each.drop, Resolved(told.identity_id, None, customer_id)
    )
    return facts.take(shop, [known], now_us).accepted == 1


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
