"""A shop's mail of a span of time as facts: what was sent to whom, opened by people or machines, and said.

Machines are told apart by the mark of the tracking plan (`machine: true`); what they do is counted apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kizuna.tracking import plan
from kizuna.tracking.models import Fact

SENT, OPENED, CLICKED = "Email Sent", "Email Opened", "Email Link Clicked"
SPAM: Final = "Email Marked as Spam"
WISHED: Final = "Wish Expressed"
SAID: Final = ("Suggestion Made", "Praise Given", "Complaint Made", "Survey Answered", "Preference Stated")
"""What customers say beyond buying, ignoring, answering and wishing."""
_NAMES = (SENT, OPENED, CLICKED, SPAM, WISHED, plan.EMAIL_RECEIVED, plan.UNSUBSCRIBED, *SAID)
_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class MailFact:
    """One fact of mail or of what was said."""

    name: str
    identity_id: int
    at_us: int
    by_machine: bool


def walk(shop_id: int, from_us: int, until_us: int) -> Iterator[MailFact]:
    """Read the facts of mail in [from, until), in no promised order."""
    rows = Fact.objects.filter(shop_id=shop_id, happened_us__gte=from_us, happened_us__lt=until_us, name__in=_NAMES)
    columns = ("name", "identity_id", "happened_us", "properties")
    for name, identity_id, at_us, said in rows.order_by().values_list(*columns).iterator(_CHUNK):
        yield MailFact(name, identity_id, at_us, said.get("machine") is True)
