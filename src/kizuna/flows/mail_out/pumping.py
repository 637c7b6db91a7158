"""The worker's pump that sends mail: begin (committed), send, settle; what an ended run had in hand is in doubt.

Transactional mail in doubt is sent again under its own Message-ID, marketing is not. Who refuses for now is asked again
later and later, for two days; who refuses for good is a bounce. What is due is taken a few at a time.
"""

import logging
import random
import secrets
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.db import transaction

from kizuna.conversations import in_hand, letters, mail_ids
from kizuna.conversations.composing import BadAddress, Letter
from kizuna.conversations.outgoing import Outcome, Outgoing, SendState
from kizuna.flows import happenings
from kizuna.flows.happenings import Happening
from kizuna.flows.mail_out import delivery, unsubscribing, wires
from kizuna.flows.mail_out.smtp import Answer, Unreachable
from kizuna.flows.mail_out.wires import Post, Wire
from kizuna.jobs import standing
from kizuna.outreach import suppression
from kizuna.science import periods

GROUP = 20
GROUPS_A_STEP = 20
TOLD_AT_ONCE = 400
GIVE_UP_AFTER_S = 2 * 86_400
DELAYS_S = (60, 300, 900, 1800, 3600, 7200, 14_400)
AWAY_S = 30
_STATES = {"sent": SendState.SENT, "bounced": SendState.BOUNCED, "failed": SendState.FAILED}
_log = logging.getLogger(__name__)

type Settled = tuple[Outgoing, list[Outcome]]


@standing.pump("mail.send", interval_s=0.25)
def send_due(now: datetime) -> bool:
    """Send what is due; True where more waits."""
    now_us = periods.epoch_us(now)
    token = secrets.token_hex(8)
    _recover(token, now_us)
    if not in_hand.is_waiting(now_us):
        return _tell_of_sent(now_us)
    wire = wires.open_wire()
    try:
        for _ in range(GROUPS_A_STEP):
            with transaction.atomic():
                rows = in_hand.begin(token, GROUP, now_us)
            if not rows or not _send_group(token, wire, rows, now):
                break
    finally:
        wire.close()
    _tell_of_sent(now_us)
    return in_hand.is_waiting(now_us)


def _recover(token: str, now_us: int) -> None:
    with transaction.atomic():
        again, doubtful = in_hand.recover(token, now_us)
    if again or doubtful:
        _log.warning("a sender had ended: %d mails are sent again, %d stay in doubt", again, doubtful)


def _send_group(token: str, wire: Wire, rows: Sequence[Outgoing], now: datetime) -> bool:
    """Send the mails in hand and settle each; False where the mail server is away."""
    now_us = periods.epoch_us(now)
    written = letters.read(rows, unsubscribing.link_of, now)
    barred = _barred(rows)
    settled: list[Settled] = []
    away = ""
    for row in rows:
        if away:
            break
        try:
            settled.append((row, [*barred[row.pk], *_send(wire, row, written[row.pk], barred[row.pk], now_us)]))
        except Unreachable as problem:
            away = str(problem)
    with transaction.atomic():
        in_hand.settle(token, settled, now_us)
        for row, outcomes in settled:
            for outcome in outcomes:
                if outcome.state == SendState.BOUNCED:
                    delivery.follow_bounce(row, outcome, delivery.is_hard(outcome.code), now)
        _announce([row for row, _ in settled])
        if away:
            left = [row.pk for row in rows[len(settled) :]]
            in_hand.release(token, left, now_us + AWAY_S * 1_000_000, away)
            _log.warning("%d mails wait: %s", len(left), away)
    return not away


def _announce(rows: Sequence[Outgoing]) -> None:
    for shop_id, mine in groupby(sorted(rows, key=lambda row: row.shop_id), key=lambda row: row.shop_id):
        delivery.announce(shop_id, list(mine))


def _barred(rows: Sequence[Outgoing]) -> dict[int, list[Outcome]]:
    """Tell which recipients are not written to, by the number of the mail."""
    barred: dict[int, list[Outcome]] = {row.pk: [] for row in rows}
    for shop_id, mine in groupby(sorted(rows, key=lambda row: row.shop_id), key=lambda row: row.shop_id):
        of_shop = list(mine)
        known = suppression.find(shop_id, {each for row in of_shop for each in _waiting(row)})
        for row in of_shop:
            for address in _waiting(row):
                why = known.get(address)
                if why is not None and (row.marketing or why.scope == suppression.Scope.ALL):
                    told = f"On the suppression list: {why.words}"
                    barred[row.pk].append(Outcome(address, SendState.FAILED, "", told))
    return barred


def _waiting(row: Outgoing) -> list[str]:
    return [each["address"] for each in row.recipients if each["state"] == SendState.QUEUED]


def _send(wire: Wire, row: Outgoing, letter: Letter | str, barred: Sequence[Outcome], now_us: int) -> list[Outcome]:
    without = {each.address for each in barred}
    addresses = [each for each in _waiting(row) if each not in without]
    if not addresses:
        return []
    if isinstance(letter, str):
        return [Outcome(each, SendState.FAILED, "", letter) for each in addresses]
    bounces_to = row.sender
    if row.reply_to:
        bounces_to = mail_ids.make_bounce_address(settings.SECRET_KEY, row.pk, row.sender)
    try:
        carried = wire.carry(Post(letter, bounces_to, addresses, row.public_id.hex))
    except (BadAddress, ValueError) as problem:
        return [Outcome(each, SendState.FAILED, "", str(problem)) for each in addresses]
    return [_outcome(row, each, carried.answers[each], carried.provider_id, now_us) for each in addresses]


def _outcome(row: Outgoing, address: str, answer: Answer, provider_id: str, now_us: int) -> Outcome:
    if answer.kind in _STATES:
        return Outcome(address, _STATES[answer.kind], answer.code, answer.detail, provider_id=provider_id)
    if answer.kind == "doubt" and row.marketing:
        return Outcome(address, SendState.UNCERTAIN, "", f"{answer.detail} It is not sent again by itself.")
    delay_s = DELAYS_S[min(row.attempts, len(DELAYS_S)) - 1] * (0.8 + 0.4 * random.random())  # noqa: S311
    if now_us - row.created_us > GIVE_UP_AFTER_S * 1_000_000:
        return Outcome(address, SendState.FAILED, answer.code, f"Given up after two days: {answer.detail}")
    return Outcome(address, SendState.QUEUED, answer.code, answer.detail, now_us + int(delay_s * 1e6))


def _tell_of_sent(now_us: int) -> bool:
    """Record the facts of what was sent, many at once; True where more waits."""
    untold = in_hand.list_untold(TOLD_AT_ONCE)
    if not untold:
        return False
    with transaction.atomic():
        for _, rows in groupby(sorted(untold, key=lambda row: row.shop_id), key=lambda row: row.shop_id):
            mine = list(rows)
            happenings.record_all(mine[0].shop, [each for row in mine for each in _happening(row)], now_us)
        in_hand.mark_told([row.pk for row in untold])
    return len(untold) == TOLD_AT_ONCE


def _happening(row: Outgoing) -> list[Happening]:
    if row.message is None or row.message.conversation.identity_id is None:
        return []
    told = {"email_id": row.public_id.hex, "subject": row.message.subject or row.message.conversation.subject}
    at_us = row.sent_us or row.changed_us
    return [Happening("Email Sent", row.message.conversation.identity_id, at_us, f"email-sent-{row.public_id}", told)]
