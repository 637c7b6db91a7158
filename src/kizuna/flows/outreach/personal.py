"""One person writes to one customer to begin the dialogue: no bulk mail, so it needs no consent to marketing.

It is still not sent to strangers, nor to who must not be written to at all, unsubscribed or complained.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import talks, teams, threads
from kizuna.customers import links
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Beginning
from kizuna.flows.outreach import facing
from kizuna.outreach import letters, suppression
from kizuna.outreach.starters import STARTERS
from kizuna.outreach.who import Person
from kizuna.relationships import roll

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.shops.models import Person as Writer
    from kizuna.shops.models import Shop


_THEIR_WORD = (suppression.Reason.UNSUBSCRIBED, suppression.Reason.COMPLAINT)


class Refused(ValueError):
    """This customer cannot be written to, in words."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is written, from which team (None: the default one); `token` makes a form sent twice one mail."""

    subject: str
    text: str
    team_id: int | None
    token: str


def look(shop: "Shop", customer_id: int, now_us: int) -> Person | None:
    """Gather what is known of one customer; None where nobody is there."""
    return next(iter(facing.people(shop, roll.read(shop.pk, [customer_id]), None)), None)


def suggest(shop: "Shop", known: Person | None, writer: str) -> dict[str, str]:
    """Give the words to begin with, as far as the fields can be filled."""
    starter = STARTERS["ask"]
    values = {**(known.values if known is not None else {}), "team": writer or shop.name}
    if letters.missing(letters.fields_of(starter.subject, starter.text), values):
        return {"subject": "A question to you", "text": ""}
    letter = letters.write(starter.subject, starter.text, values)
    return {"subject": letter.subject, "text": letter.text}


@transaction.atomic
def write(shop: "Shop", customer_id: int, words: Words, person: "Writer", now: datetime) -> "Conversation":
    """Begin a dialogue with a customer, once for a token. Raises Refused."""
    known = look(shop, customer_id, 0)
    if known is None or not known.address:
        raise Refused("we have no e-mail address of this customer")
    if not known.has_relation:
        raise Refused("mail keeps customers, it does not win them: this one never bought and never wrote")
    barred = suppression.find(shop.pk, [known.address]).get(known.address)
    if barred is not None and (barred.scope == suppression.Scope.ALL or barred.reason in _THEIR_WORD):
        raise Refused(f"this address must not be written to ({barred.words}): see the suppression list")
    links.lock(shop.pk)
    begun = talks.find_begun(shop.pk, links.identities_of(shop.pk, [customer_id])[customer_id], words.token)
    if begun is not None:
        return begun
    team_id = words.team_id or teams.ensure_default(shop.pk).pk
    told = Beginning(
        team_id,
        known.identity_id,
        words.subject,
        words.text,
        state=threads.State.BEGUN,
        address=known.address,
        client_id=words.token,
    )
    return writing.begin(shop, told, person, now)
