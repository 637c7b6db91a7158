"""When customers last said something to the shop by themselves: mails, calls, letters, meetings, chats, wishes.

Machines never count. Read by identity, along the index of each one's facts.
"""

from collections.abc import Collection
from itertools import batched

from django.db.models import Max, Min, Q, QuerySet

from kizuna.tables.rows import of_shop
from kizuna.tracking.models import About, Channel, Direction, Fact

_IN_ONE_QUERY = 2_000
_SPEAKING = (Channel.PHONE, Channel.FAX, Channel.POST, Channel.IN_PERSON, Channel.CHAT)
_WISHES = ("Wish Expressed", "Complaint Made", "Praise Given", "Suggestion Made")


def last_said(shop_id: int, identity_ids: Collection[int]) -> dict[int, int]:
    """Read, by identity, when it last said something."""
    found: dict[int, int] = {}
    for part in batched(identity_ids, _IN_ONE_QUERY):
        found.update(_said(shop_id, part).values_list("identity_id").annotate(at=Max("happened_us")))
    return found


def first_said(shop_id: int, identity_ids: Collection[int]) -> dict[int, int]:
    """Read, by identity, when it first said something."""
    found: dict[int, int] = {}
    for part in batched(identity_ids, _IN_ONE_QUERY):
        found.update(_said(shop_id, part).values_list("identity_id").annotate(at=Min("happened_us")))
    return found


def _said(shop_id: int, identity_ids: Collection[int]) -> QuerySet[Fact]:
    speaks = Q(counts_email=True) | Q(channel__in=_SPEAKING) | Q(name__in=_WISHES)
    rows = Fact.objects.filter(speaks, identity_id__in=identity_ids, direction=Direction.IN, about=About.BY)
    return of_shop(rows, shop_id).order_by()
