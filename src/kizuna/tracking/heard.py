"""When customers last said something to the shop by themselves: mails, calls, letters, meetings, chats, wishes.

Machines never count. Read by identity, along the index of each one's facts.
"""

from collections.abc import Collection
from itertools import batched

from django.db.models import Max, Q

from kizuna.tables.rows import of_shop
from kizuna.tracking.models import About, Channel, Direction, Fact

_IN_ONE_QUERY = 2_000
_SPEAKING = (Channel.PHONE, Channel.FAX, Channel.POST, Channel.IN_PERSON, Channel.CHAT)
_WISHES = ("Wish Expressed", "Complaint Made", "Praise Given", "Suggestion Made")


def last_said(shop_id: int, identity_ids: Collection[int]) -> dict[int, int]:
    """Read, by identity, when it last said something."""
    found: dict[int, int] = {}
    speaks = Q(counts_email=True) | Q(channel__in=_SPEAKING) | Q(name__in=_WISHES)
    for part in batched(identity_ids, _IN_ONE_QUERY):
        rows = of_shop(Fact.objects.filter(speaks, identity_id__in=part, direction=Direction.IN), shop_id)
        rows = rows.filter(about=About.BY)
        found.update(rows.order_by().values_list("identity_id").annotate(at=Max("happened_us")))
    return found
