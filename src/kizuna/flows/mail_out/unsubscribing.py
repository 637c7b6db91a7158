"""The way out of marketing mail: the link each carries, and what following it does."""

from typing import TYPE_CHECKING

from django.conf import settings

from kizuna.conversations import mail_ids
from kizuna.conversations.mail_ids import Unsubscribe
from kizuna.outreach import suppression

if TYPE_CHECKING:
    from kizuna.conversations.outgoing import Outgoing


def link_of(row: "Outgoing") -> str:
    """Write the unsubscribe link of a mail; it names its first recipient only, by a keyed hash."""
    key = suppression.address_key(row.shop_id, row.recipients[0]["address"])
    told = Unsubscribe(row.shop_id, row.pk, key[: mail_ids.ADDRESS_KEY_BYTES])
    return f"{settings.PUBLIC_URL}/unsubscribe/{mail_ids.make_unsubscribe_token(settings.SECRET_KEY, told)}/"
