"""The shelf of raw mail as people see it: what is in quarantine or kept aside, looked at, put back, let go.

How a mail gets there is raw_mail's affair. Callers hold the transaction.
"""

from uuid import UUID

from django.db.models import QuerySet

from kizuna.conversations.models import RawMail, RawState

__all__ = ["NotThere", "RawState"]


_SETTLED = (RawState.DONE, RawState.ASIDE, RawState.DUPLICATE, RawState.DISCARDED)


class NotThere(LookupError):
    """This shop has no such raw mail."""


def count_by_state(shop_id: int) -> dict[str, int]:
    """Count a shop's mails that need somebody: in quarantine, and kept aside."""
    wanted = (RawState.QUARANTINED, RawState.PENDING)
    return {str(state): _of(shop_id).filter(state=state).count() for state in wanted}


def list_of(shop_id: int, state: str, before: int | None, limit: int) -> list[RawMail]:
    """List a shop's mails in a state, the newest first, without their bytes."""
    found = _of(shop_id).filter(state=state).defer("body").select_related("team", "conversation")
    return list((found if before is None else found.filter(pk__lt=before)).order_by("-pk")[:limit])


def get(shop_id: int, public_id: UUID | str) -> RawMail:
    """Get a mail of the shop with its bytes. Raises NotThere."""
    found = _of(shop_id).filter(public_id=public_id).select_related("team", "conversation").first()
    if found is None:
        raise NotThere(str(public_id))
    return found


def put_back(shop_id: int, public_id: UUID | str) -> None:
    """Let a mail wait again that was set aside. Raises NotThere."""
    again = (RawState.QUARANTINED, RawState.ASIDE, RawState.DISCARDED)
    changed = _of(shop_id).filter(public_id=public_id, state__in=again).exclude(body=None)
    if not changed.update(state=RawState.PENDING, attempts=0, problem="", fingerprint=""):
        raise NotThere(str(public_id))


def discard(shop_id: int, public_id: UUID | str, now_us: int) -> None:
    """Let go of a mail that was set aside. Raises NotThere."""
    waiting = _of(shop_id).filter(public_id=public_id, state__in=(RawState.QUARANTINED, RawState.ASIDE))
    if not waiting.update(state=RawState.DISCARDED, done_us=now_us):
        raise NotThere(str(public_id))


def prune(shop_id: int, before_us: int, limit: int) -> int:
    """Let go of the bytes of mails that were taken before an instant; returns how many, at most the limit.

    The row stays, so that the same mail is still known; what waits or is in quarantine is never touched.
    """
    old = _of(shop_id).filter(state__in=_SETTLED, done_us__lt=before_us, body__isnull=False)
    return _of(shop_id).filter(pk__in=list(old.order_by("pk").values_list("pk", flat=True)[:limit])).update(body=None)


def _of(shop_id: int) -> QuerySet[RawMail]:
    return RawMail.objects.filter(shop_id=shop_id)
