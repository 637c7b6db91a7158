"""Taking a person's facts and visits out of the database, and what the debugger still shows of them."""

from collections.abc import Collection, Sequence

from kizuna.tracking.models import Arrival, Fact, Visit


def erase(shop_id: int, identity_ids: Sequence[int], known_as: Collection[str]) -> int:
    """Delete the facts and visits of identities, and the debugger's lines of their keys; returns how many facts."""
    wanted = list(identity_ids)
    Visit.objects.filter(shop_id=shop_id, identity_id__in=wanted).delete()
    Arrival.objects.filter(shop_id=shop_id, who__in=list(known_as)).delete()
    return Fact.objects.filter(shop_id=shop_id, identity_id__in=wanted).delete()[0]
