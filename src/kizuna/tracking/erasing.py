"""Taking a person's facts and visits out of the database, and what the debugger still shows of them."""

import json
from collections.abc import Collection, Sequence

from kizuna.tracking.models import Arrival, Fact, SetAside, Visit


def erase_waiting(source_ids: Sequence[int], known_as: Collection[str]) -> int:
    """Delete events set aside that name somebody: taken later, they would make the person known again."""
    names = {each.casefold() for each in known_as if each}
    named = [
        row.pk
        for row in SetAside.objects.filter(source_id__in=list(source_ids)).only("id", "body").iterator()
        if any(said in names for said in _strings(bytes(row.body)))
    ]
    return SetAside.objects.filter(pk__in=named).delete()[0]


def _strings(body: bytes) -> set[str]:
    """Every word of a JSON body as a whole string; what is no JSON says nothing."""
    try:
        waiting: list[object] = [json.loads(body)]
    except ValueError:
        return set()
    found: set[str] = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            found.add(each.casefold())
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found


def erase(shop_id: int, identity_ids: Sequence[int], known_as: Collection[str]) -> int:
    """Delete the facts and visits of identities, and the debugger's lines of their keys; returns how many facts."""
    wanted = list(identity_ids)
    Visit.objects.filter(shop_id=shop_id, identity_id__in=wanted).delete()
    Arrival.objects.filter(shop_id=shop_id, who__in=list(known_as)).delete()
    return Fact.objects.filter(shop_id=shop_id, identity_id__in=wanted).delete()[0]
