"""Mail in the sender's hand: begun, settled, put back; one run of the sender is named by a token.

Beginning is committed before anything is sent, so what a dead run had in hand is known, and in doubt: what is no
marketing is sent again under its own Message-ID, marketing is not. Callers hold the transaction.
"""

import json
from collections.abc import Collection, Sequence

from django.db import connection
from django.db.models import F, QuerySet

from kizuna.conversations import outgoing
from kizuna.conversations.models import Outgoing, SendState
from kizuna.conversations.outgoing import Outcome

IN_DOUBT = "The sender ended while it was being sent: it may have arrived, so it is not sent again by itself."
_SETTLE = (
    "UPDATE conversations_outgoing SET state = %s, recipients = %s, code = %s, detail = %s, due_us = %s, sent_us = %s,"
    " provider_id = %s, changed_us = %s, begun_by = '' WHERE id = %s AND state = 'sending' AND begun_by = %s"
)


def is_waiting(now_us: int) -> bool:
    """Whether a mail is due; reads only."""
    return _due(now_us).exists()


def begin(token: str, count: int, now_us: int, paused: Collection[str] = ()) -> list[Outgoing]:
    """Take the next due mails in hand, what is no marketing first; domains that are to wait are passed over."""
    due = _due(now_us).exclude(domain__in=paused) if paused else _due(now_us)
    told = due.select_related("shop", "message__conversation__team")
    locked = told.select_for_update(
        skip_locked=True, of=("self",) if connection.features.has_select_for_update_of else ()
    )
    rows = list(locked.order_by("marketing", "due_us", "id")[:count])
    begun = Outgoing.objects.filter(pk__in=[row.pk for row in rows])
    begun.update(state=SendState.SENDING, begun_by=token, attempts=F("attempts") + 1, changed_us=now_us)
    for row in rows:
        row.state, row.begun_by, row.attempts = SendState.SENDING, token, row.attempts + 1
    return rows


def settle(token: str, outcomes: Sequence[tuple[Outgoing, Sequence[Outcome]]], now_us: int) -> None:
    """Store what came of mails in hand; those that another run has taken over meanwhile are left alone."""
    rows = []
    for row, each in outcomes:
        _apply(row, each, now_us)
        shown = (row.state, json.dumps(row.recipients), row.code, row.detail, row.due_us, row.sent_us, row.provider_id)
        rows.append((*shown, now_us, row.pk, token))
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_SETTLE, rows)


def is_left(token: str) -> bool:
    """Whether an ended run has left something in hand; reads only."""
    return Outgoing.objects.filter(state=SendState.SENDING).exclude(begun_by=token).exists()


def recover(token: str, now_us: int) -> tuple[int, int]:
    """Settle what dead runs had in hand: (mails to be sent again under their own id, marketing that stays in doubt)."""
    left = Outgoing.objects.filter(state=SendState.SENDING).exclude(begun_by=token)
    doubtful = 0
    for row in left.filter(marketing=True):
        for each in row.recipients:
            if each["state"] == SendState.QUEUED:
                each.update(state=SendState.UNCERTAIN.value, detail=IN_DOUBT)
        row.state, row.detail, row.changed_us, row.begun_by = SendState.UNCERTAIN, IN_DOUBT, now_us, ""
        row.save(update_fields=["recipients", "state", "detail", "changed_us", "begun_by"])
        doubtful += 1
    again = left.filter(marketing=False).update(state=SendState.QUEUED, begun_by="", changed_us=now_us)
    return again, doubtful


def release(token: str, ids: Collection[int], due_us: int, why: str) -> None:
    """Put mails in hand back that were not tried at all, and say why."""
    mine = Outgoing.objects.filter(pk__in=ids, state=SendState.SENDING, begun_by=token)
    mine.update(
        state=SendState.QUEUED, begun_by="", due_us=due_us, attempts=F("attempts") - 1, code="", detail=why[:500]
    )


def list_untold(count: int) -> list[Outgoing]:
    """List sent mails of which no fact was recorded yet, the oldest first."""
    untold = Outgoing.objects.filter(state__in=(SendState.SENT, SendState.DELIVERED), told=False)
    return list(untold.select_related("shop", "message__conversation").order_by("sent_us")[:count])


def mark_told(ids: Collection[int]) -> None:
    """Note that the facts of these mails are recorded."""
    Outgoing.objects.filter(pk__in=ids).update(told=True)


def _due(now_us: int) -> QuerySet[Outgoing]:
    return Outgoing.objects.filter(state=SendState.QUEUED, due_us__lte=now_us)


def _apply(row: Outgoing, outcomes: Sequence[Outcome], now_us: int) -> None:
    by_address = {each.address: each for each in outcomes}
    for each in row.recipients:
        outcome = by_address.get(each["address"])
        if outcome is not None:
            each.update(state=outcome.state.value, code=outcome.code[:12], detail=outcome.detail[:500])
            row.due_us = outcome.due_us or row.due_us
            row.provider_id = outcome.provider_id or row.provider_id
            if outcome.state == SendState.SENT:
                row.sent_us = now_us
    outgoing.sum_up(row)
