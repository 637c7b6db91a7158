"""How customers respond to the shop's e-mails: human opens, clicks and replies, kept beside the stock E and not in it.

E counts what customers write of their own accord (model, section 2); what they do with the shop's mails is read here.
Opens and clicks by machines (`machine: true`, as the tracking plan says) never count.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from kizuna.tracking import plan
from kizuna.tracking.models import Channel, Fact

OPENED, CLICKED, SENT = "Email Opened", "Email Link Clicked", "Email Sent"


@dataclass(frozen=True, slots=True)
class Response:
    """Mails the shop sent to a customer, and how many of them were opened, clicked and answered by a person."""

    sent: int
    opened: int
    clicked: int
    answered: int
    responded: int

    @property
    def ratio(self) -> float | None:
        """The share of mails with any response, 0 to 1; None where none was sent."""
        return min(self.responded / self.sent, 1.0) if self.sent else None


def read(shop_id: int, identity_ids: Collection[int]) -> Response:
    """Read how a customer, given by all identities, responds; a mail counts once however often it was opened."""
    mails: dict[str, set[str]] = defaultdict(set)
    rows = Fact.objects.filter(shop_id=shop_id, identity_id__in=identity_ids, channel=Channel.EMAIL)
    names = (SENT, OPENED, CLICKED, plan.EMAIL_RECEIVED)
    for name, message_id, said in rows.filter(name__in=names).values_list("name", "message_id", "properties"):
        answers = name == plan.EMAIL_RECEIVED
        if said.get("machine") is True or (answers and not said.get("in_reply_to")):
            continue
        mail = said.get("in_reply_to") if answers else said.get("email_id")
        mails[name].add(str(mail or message_id))
    responded = mails[OPENED] | mails[CLICKED] | mails[plan.EMAIL_RECEIVED]
    return Response(
        len(mails[SENT]), len(mails[OPENED]), len(mails[CLICKED]), len(mails[plan.EMAIL_RECEIVED]), len(responded)
    )
