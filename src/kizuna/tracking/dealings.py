"""The facts in which customer and shop dealt with each other: contacts, reactions, wishes, recommendations.

Read-only: what stages of a relationship are reckoned from. Which fact counts as what is said in PARTS.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kizuna.shops import sources
from kizuna.tracking.models import Channel, Fact, Visit

CONTACT_IN, CONTACT_OUT, REACTION, WISH, SAID, PRAISE = "in", "out", "reaction", "wish", "said", "praise"

PARTS: Final[dict[str, tuple[str, ...]]] = {
    "Email Received": (CONTACT_IN,),
    "Phone Call Received": (CONTACT_IN, CONTACT_OUT),
    "In-Person Contact": (CONTACT_IN, CONTACT_OUT),
    "Fax Received": (CONTACT_IN,),
    "Letter Received": (CONTACT_IN,),
    "Chat Message Received": (CONTACT_IN,),
    "Complaint Made": (CONTACT_IN,),
    "Praise Given": (CONTACT_IN,),
    "Suggestion Made": (CONTACT_IN,),
    "Email Sent": (CONTACT_OUT,),
    "Phone Call Made": (CONTACT_OUT,),
    "Fax Sent": (CONTACT_OUT,),
    "Letter Sent": (CONTACT_OUT,),
    "Chat Message Sent": (CONTACT_OUT,),
    "Question Answered": (CONTACT_OUT,),
    "Email Opened": (REACTION,),
    "Email Link Clicked": (REACTION,),
    "Survey Answered": (REACTION,),
    "Wish Expressed": (WISH,),
    "Preference Stated": (SAID,),
    "Customer Referred": (PRAISE,),
    "Product Reviewed": (PRAISE,),
}
"""What each fact is part of: a call or a meeting is a contact both ways; a preference stated is learned and agreed."""

_OF_THE_SHOP = {name for name, parts in PARTS.items() if {CONTACT_IN, CONTACT_OUT} & {*parts}} | {"Customer Referred"}
"""What only the shop knows: a browser that says so, with a key anybody can read, is not believed."""
PRAISING_SCORE = 4
_TOGETHER = 500
_CHUNK = 20_000

type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Dealing:
    """One part of a fact."""

    identity_id: int
    at_us: int
    part: str
    channel: str
    message_id: str
    name: str


def dealings_of(shop_id: int, identity_ids: Collection[int]) -> list[Dealing]:
    """Read what customer and shop had to do with each other; machines and poor reviews are left out."""
    found: list[Dealing] = []
    browsers = sources.list_browser_ids(shop_id)
    for part in _parts(identity_ids):
        rows = Fact.objects.filter(shop_id=shop_id, identity_id__in=part, name__in=list(PARTS))
        columns = ("identity_id", "happened_us", "name", "channel", "message_id", "properties", "source_id")
        for identity_id, at_us, name, channel, message_id, properties, source_id in rows.values_list(*columns):
            if _counts(name, properties) and not (source_id in browsers and name in _OF_THE_SHOP):
                label = _word(channel)
                found += [Dealing(identity_id, at_us, each, label, message_id, name) for each in PARTS[name]]
    return found


def visits_of(shop_id: int, identity_ids: Collection[int]) -> list[tuple[int, int]]:
    """Read (identity, beginning) of the visits of visitor keys."""
    found: list[tuple[int, int]] = []
    for part in _parts(identity_ids):
        rows = Visit.objects.filter(shop_id=shop_id, identity_id__in=part)
        found += rows.values_list("identity_id", "first_us")
    return found


def list_identities(shop_id: int) -> list[int]:
    """List the identities of a shop that have any dealing."""
    rows = Fact.objects.filter(shop_id=shop_id, name__in=list(PARTS)).order_by()
    return list(rows.values_list("identity_id", flat=True).distinct())


def contact_columns(shop_id: int, from_us: int, until_us: int) -> tuple[Ints, Ints]:
    """Read (identity, instant) of every contact either way in (from, to]; machines and a browser's word are none."""
    browsers = sources.list_browser_ids(shop_id)
    names = [name for name, parts in PARTS.items() if {CONTACT_IN, CONTACT_OUT} & {*parts}]
    rows = Fact.objects.filter(
        shop_id=shop_id, name__in=names, happened_us__gt=from_us, happened_us__lte=until_us
    ).exclude(source_id__in=browsers)
    told = rows.values_list("identity_id", "happened_us", "properties").iterator(_CHUNK)
    kept = np.array([(who, at) for who, at, said in told if said.get("machine") is not True], dtype=np.int64)
    table = kept.reshape(-1, 2)
    return table[:, 0].copy(), table[:, 1].copy()


def _counts(name: str, properties: dict[str, Any]) -> bool:
    if properties.get("machine") is True:
        return False
    if name != "Product Reviewed":
        return True
    rating = properties.get("rating")
    return isinstance(rating, int | float) and rating >= PRAISING_SCORE


def _word(channel: int) -> str:
    return Channel(channel).label.replace("-", "" if channel == Channel.EMAIL else "_").replace(" ", "_")


def _parts(identity_ids: Collection[int]) -> list[list[int]]:
    ordered = sorted(set(identity_ids))
    return [ordered[start : start + _TOGETHER] for start in range(0, len(ordered), _TOGETHER)]
