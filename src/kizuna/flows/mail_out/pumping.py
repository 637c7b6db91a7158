"""The worker's pump that sends mail: begin (committed), send, settle; what an ended run had in hand is in doubt.

Transactional mail in doubt is sent again under its own Message-ID, marketing is not. Who refuses for now is asked again
later and later, for two days; who refuses for good is a bounce. A few are begun at a time, so that few can be in doubt.
"""

import logging
import random
import secrets
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.db import transaction

from kizuna.conversations import in_hand, letters, mail_ids
from kizuna.conversations.composing import Letter
from kizuna.conversations.outgoing import Outcome, Outgoing, SendState
from kizuna.customers import links
from kizuna.flows import happenings
from kizuna.flows.happenings import Happening
from kizuna.flows.mail_out import delivery, fleet, keys, unsubscribing
from kizuna.flows.mail_out.fleet import Fleet
from kizuna.flows.mail_out.smtp import Answer, Unreachable
from kizuna.flows.mail_out.wires import Carried, Post
from kizuna.jobs import standing
from kizuna.outreach import suppression
from kizuna.science import periods

GROUP = 20
GROUPS_A_STEP = 20
GROUPS_IN_FLIGHT = 2
TOLD_AT_ONCE = 400
GIVE_UP_AFTER_S = 2 * 86_400
DELAYS_S = (60, 300, 900, 1800, 3600, 7200, 14_400)
AWAY_S = 30
_STATES = {"sent": SendState.SENT, "bounced": SendState.BOUNCED, "failed": SendState.FAILED}
_log = logging.getLogger(__name__)

type _Flying = tuple[Outgoing, list[Outcome], "Future[Carried] | None"]


@standing.pump("mail.send", interval_s=0.25)
def send_due(now: datetime) -> bool:
    """Send what is due; True where more waits."""
    now_us = periods.epoch_us(now)
    run = _Run(now)
    run.recover()
    if in_hand.is_waiting(now_us):
        run.send()
        return _tell_of_sent(now_us) or in_hand.is_waiting(now_us)
    fleet.get_fleet().rest()
    return _tell_of_sent(now_us)


class _Run:
    """One step of the pump: some groups of mails, two of them on their way while the next is begun."""

    def __init__(self, now: datetime) -> None:
        self.now, self.now_us = now, periods.epoch_us(now)
        self.token = secrets.token_hex(8)
        self.fleet: Fleet = fleet.get_fleet()
        self.signers = keys.Signers()
        self.away = ""

    def recover(self) -> None:
        """Settle what an ended run had in hand."""
        if not in_hand.is_left(self.token):
            return
        with transaction.atomic():
            again, doubtful = in_hand.recover(self.token, self.now_us)
        if again or doubtful:
            _log.warning("a sender had ended: %d mails are sent again, %d stay in doubt", again, doubtful)

    def send(self) -> None:
        """Begin, send and settle until nothing is due, the step is long enough, or the mail server is away."""
        flying: deque[list[_Flying]] = deque()
        begun = 0
        while True:
            landed = flying.popleft() if len(flying) >= GROUPS_IN_FLIGHT or begun >= GROUPS_A_STEP else []
            settled = self._land(landed)
            with transaction.atomic():
                self._settle(settled, landed)
                rows = [] if begun >= GROUPS_A_STEP or self.away else self._begin()
            if rows:
                begun += 1
                flying.append(self._start(rows))
            elif not flying:
                return
            else:
                begun = GROUPS_A_STEP

    def _begin(self) -> list[Outgoing]:
        at_s = time.monotonic()
        rows = in_hand.begin(self.token, GROUP, self.now_us, self.fleet.pace.list_full(at_s))
        started = []
        for row in rows:
            wait_s = self.fleet.pace.take([mail_ids.domain_of(each) for each in _waiting(row)], at_s)
            if wait_s:
                due_us = self.now_us + int(wait_s * 1e6)
                in_hand.release(self.token, [row.pk], due_us, "Waits: its domain gets so many mails a minute.")
            else:
                started.append(row)
        return started

    def _start(self, rows: Sequence[Outgoing]) -> list[_Flying]:
        """Write the letters and give them to the fleet."""
        written = letters.read(rows, unsubscribing.link_of, self.now)
        barred = _barred(rows)
        return [self._start_one(row, written[row.pk], barred[row.pk]) for row in rows]

    def _start_one(self, row: Outgoing, letter: Letter | str, barred: list[Outcome]) -> _Flying:
        without = {each.address for each in barred}
        addresses = [each for each in _waiting(row) if each not in without]
        if isinstance(letter, str):
            return row, [*barred, *(Outcome(each, SendState.FAILED, "", letter) for each in addresses)], None
        if not addresses:
            return row, barred, None
        bounces_to = row.sender
        if row.reply_to:
            bounces_to = mail_ids.make_bounce_address(settings.SECRET_KEY, row.pk, row.sender)
        sign = self.signers.find(row.shop_id, mail_ids.domain_of(row.sender), self.now)
        return row, barred, self.fleet.carry(Post(letter, bounces_to, addresses, row.public_id.hex, sign))

    def _land(self, flying: Sequence[_Flying]) -> list[tuple[Outgoing, list[Outcome]]]:
        """Wait for what is on its way; what could not be tried at all is left out."""
        settled = []
        for row, known, carried in flying:
            try:
                told = [] if carried is None else self._read(row, known, carried.result())
            except Unreachable as problem:
                self.away = str(problem)
                continue
            except Exception as problem:
                _log.exception("mail %s could not be sent", row.pk)
                words = f"A fault in Kizuna ({type(problem).__name__})."
                told = [Outcome(each, SendState.FAILED, "", words) for each in _waiting(row)]
            settled.append((row, [*known, *told]))
        return settled

    def _read(self, row: Outgoing, known: Sequence[Outcome], carried: Carried) -> list[Outcome]:
        return [
            _outcome(row, address, answer, carried.provider_id, self.now_us)
            for address, answer in carried.answers.items()
        ]

    def _settle(self, settled: Sequence[tuple[Outgoing, list[Outcome]]], landed: Sequence[_Flying]) -> None:
        back = [row for row, outcomes in settled if any(each.state == SendState.BOUNCED for each in outcomes)]
        _lock_shops(back)
        in_hand.settle(self.token, settled, self.now_us)
        for row, outcomes in settled:
            for outcome in outcomes:
                if outcome.state == SendState.BOUNCED:
                    delivery.follow_bounce(row, outcome, delivery.is_hard(outcome.code), self.now)
        # a dialogue mail that went out opens no inbox: pages need not look again for each of thousands
        shown = [row for row, _ in settled if not row.marketing or row.state != SendState.SENT]
        for shop_id, mine in groupby(sorted(shown, key=_shop_of), key=_shop_of):
            delivery.announce(shop_id, list(mine))
        left = {row.pk for row, _, _ in landed} - {row.pk for row, _ in settled}
        if left:
            in_hand.release(self.token, left, self.now_us + AWAY_S * 1_000_000, self.away)
            _log.warning("%d mails wait: %s", len(left), self.away)


def _shop_of(row: Outgoing) -> int:
    return int(row.shop_id)


def _barred(rows: Sequence[Outgoing]) -> dict[int, list[Outcome]]:
    """Tell which recipients are not written to, by the number of the mail."""
    barred: dict[int, list[Outcome]] = {row.pk: [] for row in rows}
    for shop_id, mine in groupby(sorted(rows, key=_shop_of), key=_shop_of):
        of_shop = list(mine)
        known = suppression.find(shop_id, {each for row in of_shop for each in _waiting(row)})
        for row in of_shop if known else ():
            for address in _waiting(row):
                why = known.get(address)
                if why is not None and (row.marketing or why.scope == suppression.Scope.ALL):
                    told = f"On the suppression list: {why.words}"
                    barred[row.pk].append(Outcome(address, SendState.FAILED, "", told))
    return barred


def _waiting(row: Outgoing) -> list[str]:
    return [each["address"] for each in row.recipients if each["state"] == SendState.QUEUED]


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
        _lock_shops(untold)
        for _, rows in groupby(sorted(untold, key=_shop_of), key=_shop_of):
            mine = list(rows)
            happenings.record_all(mine[0].shop, [each for row in mine for each in _happening(row)], now_us)
        in_hand.mark_told([row.pk for row in untold])
    return len(untold) == TOLD_AT_ONCE


def _lock_shops(rows: Sequence[Outgoing]) -> None:
    """Lock the identities of the shops about whose mails facts are told, in the order of their numbers."""
    for shop_id in sorted({row.shop_id for row in rows}):
        links.lock(shop_id)


def _happening(row: Outgoing) -> list[Happening]:
    if row.message is None or row.message.conversation.identity_id is None:
        return []
    told: dict[str, object] = {
        "email_id": row.public_id.hex,
        "subject": row.message.subject or row.message.conversation.subject,
        "machine": row.machine or None,
    }
    at_us = row.sent_us or row.changed_us
    return [Happening("Email Sent", row.message.conversation.identity_id, at_us, f"email-sent-{row.public_id}", told)]
