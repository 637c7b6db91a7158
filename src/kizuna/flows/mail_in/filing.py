"""Where a mail that was read goes, and what follows: a conversation, a fact, a bounce's effect, or the shelf.

Only a human's mail counts as contact and asks for an answer. A sender who failed the check joins nobody's thread or
profile. What opens nothing is kept aside, whole, where people can look at it and open it all the same.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from kizuna.conversations import desk, mail_ids, mail_terms, raw_mail, threads
from kizuna.conversations.live import continuing
from kizuna.conversations.mail import brake, matching
from kizuna.conversations.mail.matching import Match, Sender
from kizuna.conversations.mail.parsed import ParsedMail, Verdict
from kizuna.conversations.mail.senders import Check
from kizuna.conversations.raw_mail import RawState
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import addresses, identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.flows import happenings, hearing
from kizuna.flows.dialogue import desks, news
from kizuna.flows.happenings import Happening
from kizuna.flows.mail_in import reporting, storing
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation, Message, RawMail
    from kizuna.shops.models import Shop

MINUTE_US = 60_000_000
SAME_SUBJECT_US = 180 * MINUTE_US
_REPORTS = {Verdict.BOUNCE, Verdict.COMPLAINT}
_OPENS_NOTHING = {Verdict.AWAY, Verdict.RECEIPT, Verdict.LOOP, Verdict.BOUNCE, Verdict.COMPLAINT}
_FACTS = {Channel.FAX: "Fax Received", Channel.POST: "Letter Received"}
_TOLD_TEXT = 2000


@dataclass(frozen=True, slots=True)
class _Case:
    """A mail on its way into a shop."""

    shop: "Shop"
    raw: "RawMail"
    mail: ParsedMail
    check: Check
    now: datetime
    verdict: Verdict
    why: str
    address: str
    channel: str
    anyway: bool = False

    @property
    def now_us(self) -> int:
        """The instant in epoch microseconds."""
        return periods.epoch_us(self.now)

    @property
    def is_human(self) -> bool:
        """Whether a human wrote it."""
        return self.verdict in {Verdict.HUMAN, Verdict.UNSUBSCRIBE}


def place(shop: "Shop", raw: "RawMail", mail: ParsedMail, check: Check, now: datetime, *, anyway: bool = False) -> None:
    """Put a mail where it belongs and mark its raw mail; in the caller's transaction, its raw mail locked.

    `anyway` opens a conversation also for what opens none: a person looked at it and said so.
    """
    now_us = periods.epoch_us(now)
    raw.from_address, raw.subject = mail.sender.address, mail.subject[:300]
    fingerprint = fingerprint_of(mail)
    twin = raw_mail.find_twin(raw.team_id, fingerprint)
    if twin is not None and twin.pk != raw.pk:
        raw.state, raw.why = RawState.DUPLICATE, f"the same mail came before, as {twin.public_id}"
        raw.conversation_id, raw.message_id = twin.conversation_id, twin.message_id
        raw_mail.settle(raw, now_us)
        return
    raw.fingerprint = fingerprint
    case = replace(_judge(shop, raw, mail, check, now), anyway=anyway)
    raw.verdict, raw.why = case.verdict.value, case.why[:300]
    message, settled = _report(case) if case.verdict in _REPORTS and not anyway else _file(case)
    raw.state = RawState.DONE if settled else RawState.ASIDE
    if message is not None:
        raw.message, raw.conversation_id = message, message.conversation_id
    raw_mail.settle(raw, now_us)


def fingerprint_of(mail: ParsedMail) -> str:
    """What makes two mails one although servers on two ways wrote different lines above them.

    The Message-ID alone does not: some writers use one twice, and somebody could use up another's.
    """
    told = (mail.message_id, mail.sender.address, mail.subject, str(mail.date_us), mail.body_hash)
    return hashlib.sha256("\n".join(told).encode("utf-8", "replace")).hexdigest()


def _judge(shop: "Shop", raw: "RawMail", mail: ParsedMail, check: Check, now: datetime) -> _Case:
    """Add what the database knows to what the mail says: our own mail, our own addresses, fax machines, forms."""
    verdict, why, address = mail.verdict, mail.why, mail.sender.address
    if mail_ids.is_ours(settings.SECRET_KEY, mail.message_id):
        verdict, why = Verdict.LOOP, "it is a mail of ours that came back"
    elif matching.is_own_address(shop.pk, address):
        others = [each.address for each in mail.reply_to if not matching.is_own_address(shop.pk, each.address)]
        if others and verdict not in _REPORTS:
            # a form of the shop's own site: it writes from our address and names the customer to answer
            verdict, why, address = Verdict.HUMAN, "a form of the shop's own", others[0]
            check = Check.FAILED if check == Check.FAILED else Check.UNKNOWN
        else:
            verdict, why = Verdict.LOOP, "it comes from an address of ours"
    ways = (address, *(each.lower() for each in raw.recipients), *(each.address for each in mail.to))
    channel = mail_terms.channel_of(shop.pk, ways)
    if channel != Channel.EMAIL and verdict not in {*_REPORTS, Verdict.LOOP}:
        verdict, why = Verdict.HUMAN, "a fax or a scanned letter, sent on by a machine"
    return _Case(shop, raw, mail, check, now, verdict, why, address, channel)


def _file(case: _Case) -> "tuple[Message | None, bool]":
    """Put a mail into its conversation; (its message, whether it found a place)."""
    if case.verdict == Verdict.LOOP and not case.anyway:
        return None, False
    links.lock(case.shop.pk)
    identity_id, customer_id = _find_customer(case)
    match = _match(case, customer_id)
    conversation = match.conversation and _living(match.conversation)
    if conversation is None and case.verdict in _OPENS_NOTHING and not case.anyway:
        return None, False
    if conversation is None and not case.is_human and identity_id is not None:
        since = case.now_us - SAME_SUBJECT_US
        subject = case.mail.subject[:300]
        conversation = matching.find_recent(case.shop.pk, case.raw.team_id, identity_id, subject, since)
    is_new = conversation is None
    if conversation is None:
        conversation = _open(case, identity_id, customer_id)
    elif case.raw.door == "imap":
        threads.lock(case.shop.pk, conversation.pk)
        known = matching.find_filed(conversation.pk, case.raw.fingerprint)
        if known is not None:
            return known, True  # it came to another team's mailbox as well
    message = _append(case, conversation, match, identity_id)
    if identity_id is not None:
        _record(case, identity_id, message)
    _follow(case, conversation.pk, message)
    if is_new:
        _acknowledge(case, conversation.pk)
    news.tell(case.shop.pk, conversation.pk)
    return message, True


def _report(case: _Case) -> "tuple[Message | None, bool]":
    """Let a bounce or complaint have its effect; one that names no mail of ours is kept aside."""
    row = reporting.follow_report(case.shop, case.mail, case.raw.recipients, case.now)
    return (None, False) if row is None else (row.message, True)


def _follow(case: _Case, conversation_id: int, message: "Message") -> None:
    """What follows from words of a human whose sender was not refuted."""
    if not case.is_human or case.check == Check.FAILED:
        return
    if case.verdict == Verdict.UNSUBSCRIBE:
        reporting.stop_marketing(case.shop, case.address, str(case.raw.public_id), case.now)
        if message.identity_id is not None:
            key = f"unsubscribed-{case.raw.fingerprint}"
            happenings.record(
                case.shop, Happening("Unsubscribed", message.identity_id, message.at_us, key), case.now_us
            )
    hearing.hear(case.shop, message, case.now)


def _acknowledge(case: _Case, conversation_id: int) -> None:
    """Tell a human at once that their mail arrived, where the team wants that and no two machines would answer."""
    believed = case.verdict == Verdict.HUMAN and case.check != Check.FAILED and case.channel == Channel.EMAIL
    if believed and brake.may_answer(case.shop.pk, case.address, case.mail.subject, case.now_us):
        desks.acknowledge(case.shop, conversation_id, case.now)


def _find_customer(case: _Case) -> tuple[int | None, int | None]:
    """Find whom the shop knows by the address, or make a customer of it.

    Nobody where the sender is forged, missing or a fax machine.
    """
    if not case.address or case.check == Check.FAILED or case.channel != Channel.EMAIL:
        return None, None
    identity_id = addresses.find_identity(case.shop.pk, case.address)
    if identity_id is None:
        made = identity.ensure(case.shop.pk, IdentityKind.EMAIL, [case.address], [_at_us(case)])
        identity_id = made[case.address]
    return identity_id, links.customers_of(case.shop.pk, [identity_id]).get(identity_id)


def _match(case: _Case, customer_id: int | None) -> Match:
    if case.check == Check.FAILED:
        return Match()
    known = [] if customer_id is None else links.identities_of(case.shop.pk, [customer_id])[customer_id]
    sender = Sender(case.address, frozenset(known))
    secret = settings.SECRET_KEY
    # a fetched mail has no envelope: the signed address stands in its headers alone
    recipients = case.raw.recipients if case.raw.door != "imap" else matching.list_addressed(case.mail)
    return matching.find_conversation(case.shop.pk, case.raw.team_id, secret, case.mail, recipients, sender)


def _living(found: "Conversation") -> "Conversation":
    """The chat that a visitor has open meanwhile takes the mail to one that was closed: they have one at a time."""
    if found.channel != Channel.CHAT or found.state in desk.LIVING:
        return found
    return desk.find_open_chat(found) or found


def _open(case: _Case, identity_id: int | None, customer_id: int | None) -> "Conversation":
    new = NewConversation(
        team_id=case.raw.team_id,
        channel=case.channel,
        subject=case.mail.subject,
        identity_id=identity_id,
        customer_id=customer_id,
    )
    return threads.open_conversation(case.shop.pk, new, case.now_us)


def _append(case: _Case, conversation: "Conversation", match: Match, identity_id: int | None) -> "Message":
    mail = case.mail
    shown = mail.sender if case.address == mail.sender.address else mail.reply_to[0]
    new = NewMessage(
        direction=Direction.IN,
        author=Author.CUSTOMER if case.is_human else Author.MACHINE,
        text=mail.text,
        full_text=mail.full_text,
        at_us=_at_us(case),
        channel=case.channel,
        subject=mail.subject,
        identity_id=identity_id,
        from_address=case.address,
        from_name=shown.name,
        to=[each.address for each in mail.to],
        cc=[each.address for each in mail.cc],
        is_automatic=not case.is_human,
        client_id=f"mail-{case.raw.pk}",
        message_id=mail.message_id,
        in_reply_to=mail.in_reply_to[0] if mail.in_reply_to else "",
        remarks=_remarks(case, match),
    )
    message, made = threads.append(case.shop.pk, conversation.pk, new, case.now_us)
    if made:
        storing.store_content(case.shop.pk, message, mail, case.now_us)
    if conversation.channel == Channel.CHAT and case.is_human:
        continuing.note_mail(conversation, case.now_us)
    return message


def _remarks(case: _Case, match: Match) -> dict[str, object]:
    """What the page tells beside a message: only what is there."""
    mail, meeting = case.mail, case.mail.meeting
    told: dict[str, object] = {
        "sender_check": case.check.value,
        "raw": str(case.raw.public_id),
        "matched_by": match.by,
        "answers_of_another": "" if match.refused is None else str(match.refused.public_id),
        "verdict": "" if case.verdict == Verdict.HUMAN else case.verdict.value,
        "why": case.why,
        "problems": list(mail.problems),
        "cut": list(mail.cut),
        "protection": mail.protection,
        "forwarded_from": mail.forwarded_from,
        "is_forward": mail.is_forward,
        "reply_to": mail.reply_to[0].address if mail.reply_to and mail.reply_to[0].address != case.address else "",
        "meeting": None if meeting is None else [meeting.method, meeting.summary, meeting.begins, meeting.location],
    }
    return {name: value for name, value in told.items() if value}


def _record(case: _Case, identity_id: int, message: "Message") -> None:
    """Tell it as a fact of the customer; one mail that came to two teams is one fact."""
    is_machine = message.is_automatic
    told = Happening(
        _FACTS.get(Channel(case.channel), "Email Received"),
        identity_id,
        message.at_us,
        f"mail-{case.raw.fingerprint}",
        {"subject": case.mail.subject[:300], "text": message.text[:_TOLD_TEXT], "machine": is_machine},
    )
    happenings.record(case.shop, told, case.now_us)


def _at_us(case: _Case) -> int:
    """When it was written: what the mail says, unless it claims a time after it came or more than a month before."""
    said = case.mail.date_us
    came = case.raw.received_us
    return said if said is not None and came - 31 * 1440 * MINUTE_US <= said <= came else came
