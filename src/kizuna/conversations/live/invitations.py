"""The moments at which visitors were invited, or held back from it: by a rule or by an operator, each once.

What came of it, accepted or declined, is noted on the row; what it was worth is reckoned from these rows elsewhere.
"""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from kizuna.conversations.models import ChatInvitation, InvitationRule

if TYPE_CHECKING:
    from kizuna.shops.models import Person

LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Invited:
    """What a panel says of an invitation; the server decides about the hold-out, not the panel."""

    visitor_key: str
    client_id: str
    rule: str
    url: str
    at_us: int
    held: bool = False
    outcome: str = ""
    identity_id: int | None = None


def note(shop_id: int, told: Invited) -> None:
    """Note an invitation once per client id; its outcome may be told later under the same one."""
    row, _ = ChatInvitation.objects.get_or_create(
        shop_id=shop_id,
        client_id=told.client_id[:64],
        defaults={
            "visitor_key": told.visitor_key[:255],
            "identity_id": told.identity_id,
            "rule": _find_rule(shop_id, told.rule),
            "held": told.held,
            "url": told.url[:500],
            "at_us": told.at_us,
        },
    )
    if row.visitor_key == told.visitor_key[:255] and told.outcome == "declined" and row.declined_us is None:
        ChatInvitation.objects.filter(pk=row.pk, accepted_us=None).update(declined_us=told.at_us)


def by_hand(shop_id: int, visitor_key: str, person_id: int, words: str, now_us: int) -> str:
    """Note that an operator invites a visitor with words; returns the client id under which they accept."""
    client_id = "hand-" + secrets.token_urlsafe(12)
    ChatInvitation.objects.create(
        shop_id=shop_id,
        visitor_key=visitor_key[:255],
        person_id=person_id,
        client_id=client_id,
        words=words[:LONGEST_WORDS],
        at_us=now_us,
    )
    return client_id


def find_words(shop_id: int, client_id: str, visitor_key: str, language: str) -> "tuple[str, Person | None]":
    """Find what an invitation said to a visitor, and who invited them by hand; nothing where it is another's."""
    rows = ChatInvitation.objects.filter(shop_id=shop_id, client_id=client_id[:64], visitor_key=visitor_key, held=False)
    row = rows.select_related("rule", "person").first()
    if row is None or row.rule is None:
        return ("", None) if row is None else (row.words, row.person)
    said = row.rule.words
    return str(said.get(language) or said.get("en") or next(iter(said.values()), "")), None


def accept(shop_id: int, client_id: str, conversation_id: int, now_us: int) -> None:
    """Note that an invitation became a chat."""
    open_ones = ChatInvitation.objects.filter(shop_id=shop_id, client_id=client_id, accepted_us=None, held=False)
    open_ones.update(accepted_us=now_us, conversation_id=conversation_id)


def _find_rule(shop_id: int, public_id: str) -> InvitationRule | None:
    try:
        wanted = UUID(public_id)
    except ValueError:
        return None
    return InvitationRule.objects.filter(shop_id=shop_id, public_id=wanted).first()
