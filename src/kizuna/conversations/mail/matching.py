"""Where a mail belongs: the team it was sent to, and the conversation it goes on with.

By the signed reply address, then In-Reply-To, then References, within the team's mailbox; and only for somebody who
belongs to the conversation. Tokens and ids can be passed on or forged: a stranger with one begins anew.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from kizuna.conversations import mail_ids, teams, threads
from kizuna.conversations.mail.parsed import ParsedMail
from kizuna.conversations.models import Conversation, Message, Outgoing, RawMail, Team

MOST_IDS = 30


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as far as we know: their address and every identity of the customer they are."""

    address: str
    identity_ids: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The conversation a mail goes on with, and by what; where the writer is a stranger to it, `refused` names it."""

    conversation: Conversation | None = None
    by: str = ""
    refused: Conversation | None = None


def find_team(secret: str, address: str) -> Team | None:
    """Find the team that takes mail at an address: its own, with a tag (care+summer@), or a signed one of ours."""
    lean = address.strip().strip("<>").lower()
    found = teams.find_by_address(lean)
    if found is not None:
        return found
    conversation_id = mail_ids.read_reply_address(secret, lean)
    if conversation_id is not None:
        shop_id = Conversation.objects.filter(pk=conversation_id).values_list("shop_id", flat=True).first()
        held = None if shop_id is None else threads.find(shop_id, conversation_id)
        return None if held is None else held.team
    local, _, domain = lean.rpartition("@")
    outgoing_id = mail_ids.read_bounce_address(secret, lean)
    if outgoing_id is not None:
        shop_id = Outgoing.objects.filter(pk=outgoing_id).values_list("shop_id", flat=True).first()
        return None if shop_id is None else teams.ensure_default(shop_id)
    plain = local.partition("+")[0]
    return teams.find_by_address(f"{plain}@{domain}") if plain != local else None


def is_own_address(shop_id: int, address: str) -> bool:
    """Whether a shop's team writes from this address: mail from there is our own coming back."""
    return bool(address) and Team.objects.filter(shop_id=shop_id, address=address).exists()


def find_conversation(
    shop_id: int, team_id: int, secret: str, mail: ParsedMail, recipients: Iterable[str], sender: Sender
) -> Match:
    """Find the conversation that a mail goes on with, or why it begins anew."""
    refused: Conversation | None = None
    for conversation, by in _candidates(shop_id, team_id, secret, mail, recipients):
        if _belongs(conversation, sender):
            return Match(conversation, by)
        refused = refused or conversation
    return Match(refused=refused)


def list_addressed(mail: ParsedMail) -> list[str]:
    """List the addresses that a mail says it was sent to."""
    return list(dict.fromkeys((*mail.delivered_to, *(each.address for each in (*mail.to, *mail.cc)))))


def find_own_message(shop_id: int, message_id: str) -> Message | None:
    """Find the message of a shop that a Message-ID names."""
    if not message_id:
        return None
    return Message.objects.filter(shop_id=shop_id, message_id=message_id).order_by("id").first()


def find_filed(conversation_id: int, fingerprint: str) -> Message | None:
    """Find the message that the same mail, come on another way, became in a conversation."""
    rows = RawMail.objects.filter(conversation_id=conversation_id, fingerprint=fingerprint).exclude(message=None)
    found = rows.select_related("message").defer("body").first()
    return None if found is None else found.message


def find_recent(shop_id: int, team_id: int, identity_id: int, subject: str, since_us: int) -> Conversation | None:
    """Find the newest conversation of a machine that keeps writing under one subject."""
    found = Conversation.objects.filter(
        shop_id=shop_id, team_id=team_id, identity_id=identity_id, subject=subject, last_message_us__gte=since_us
    )
    return found.order_by("-last_message_us", "-id").first()


def _candidates(
    shop_id: int, team_id: int, secret: str, mail: ParsedMail, recipients: Iterable[str]
) -> Iterator[tuple[Conversation, str]]:
    # a signed address that the mail was sent to is enough: the conversation may have gone to another team since
    ours = dict.fromkeys(recipients, True)
    for address in list_addressed(mail):
        ours.setdefault(address, False)
    for address, was_sent_there in ours.items():
        number = mail_ids.read_reply_address(secret, address)
        found = None if number is None else threads.find(shop_id, number)
        if found is not None and (was_sent_there or found.team_id == team_id):
            yield found, "reply address"
    for by, ids in (("In-Reply-To", mail.in_reply_to), ("References", tuple(reversed(mail.references)))):
        for found in _by_ids(shop_id, team_id, ids[:MOST_IDS]):
            yield found, by


def _by_ids(shop_id: int, team_id: int, ids: Collection[str]) -> Iterator[Conversation]:
    if not ids:
        return
    rows = Message.objects.filter(shop_id=shop_id, message_id__in=ids).order_by("id")
    by_id: dict[str, list[int]] = {}
    for message_id, conversation_id in rows.values_list("message_id", "conversation_id"):
        by_id.setdefault(message_id, []).append(conversation_id)
    for message_id in ids:
        for conversation_id in by_id.get(message_id, ()):
            found = threads.find(shop_id, conversation_id)
            if found is not None and found.team_id == team_id:
                yield found


def _belongs(conversation: Conversation, sender: Sender) -> bool:
    if conversation.identity_id is not None and conversation.identity_id in sender.identity_ids:
        return True
    if not sender.address:
        return False
    entries = Message.objects.filter(conversation_id=conversation.pk)
    if entries.filter(from_address=sender.address).exclude(remarks__sender_check="failed").exists():
        return True
    told = entries.filter(direction="out").values_list("recipients", flat=True)
    return any(sender.address in (*each.get("to", ()), *each.get("cc", ())) for each in told)
