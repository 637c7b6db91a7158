"""Whom plays have reached, read: for caps, for results, for lists. Rows change in outreach.targets only."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import batched

from django.db.models import Count

from kizuna.outreach.models import Play, Target, TargetState
from kizuna.tables.rows import of_shop

__all__ = ["TargetState"]

_IN_ONE_QUERY = 5_000
WRITTEN = (TargetState.SENT, TargetState.ANSWERED)


def sent_to(shop_id: int, identity_ids: Collection[int], since_us: int) -> dict[int, list[int]]:
    """Read when identities got a dialogue mail of any play since an instant."""
    found: dict[int, list[int]] = defaultdict(list)
    for part in batched(identity_ids, _IN_ONE_QUERY):
        rows = of_shop(Target.objects.filter(identity_id__in=part, state__in=WRITTEN, decided_us__gt=since_us), shop_id)
        for identity_id, at_us in rows.order_by().values_list("identity_id", "decided_us"):
            found[identity_id].append(at_us or 0)
    return dict(found)


def decided_in(play: Play, identity_ids: Collection[int]) -> set[int]:
    """Read which identities a play has written to or held back."""
    found: set[int] = set()
    for part in batched(identity_ids, _IN_ONE_QUERY):
        rows = Target.objects.filter(play=play, identity_id__in=part, decided_us__isnull=False)
        found.update(rows.values_list("identity_id", flat=True))
    return found


def count_sent_since(play: Play, since_us: int) -> int:
    """Count the mails of a play since an instant."""
    return Target.objects.filter(play=play, state__in=WRITTEN, decided_us__gte=since_us).count()


def count(plays: Sequence[Play]) -> dict[int, dict[str, int]]:
    """Count the rows of plays by state."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Target.objects.filter(play__in=plays).order_by().values_list("play_id", "state").annotate(n=Count("pk"))
    for play_id, state, number in rows:
        found[play_id][state] = number
    return dict(found)


def list_decided(play: Play) -> list[tuple[int, str, str, int]]:
    """List (identity, state, segment then, when) of everybody written to or held back."""
    rows = Target.objects.filter(play=play, decided_us__isnull=False).order_by("id")
    return [
        (identity, state, segment, at_us or 0)
        for identity, state, segment, at_us in rows.values_list("identity_id", "state", "segment", "decided_us")
    ]


def list_newest(play: Play, state: str, limit: int) -> list[Target]:
    """List the newest rows in a state."""
    rows = Target.objects.filter(play=play, state=state)
    return list(rows.select_related("customer").order_by("-decided_us", "-id")[:limit])


def list_waiting_identities(play: Play) -> list[int]:
    """List who waits in a play."""
    return list(Target.objects.filter(play=play, state=TargetState.WAITING).values_list("identity_id", flat=True))
