"""What is said in chats, by visitors and operators alike: stored by the batch, then everybody concerned is told.

One transaction a batch, whatever its size; who calls acknowledges after it. What follows from the words (search,
facts, wishes, stages) is flows.live.following's, later.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import attachments
from kizuna.conversations.attachments import NewFile
from kizuna.conversations.live import storing
from kizuna.conversations.live.storing import Turned, Words
from kizuna.conversations.threads import Author
from kizuna.flows.live import news

if TYPE_CHECKING:
    from kizuna.conversations.models import Attachment, Message

__all__ = ["Author", "Refusal", "Said", "Stored", "store", "upload"]

MOST_BYTES = 200 * 1024 * 1024
Said = Words
Refusal = Turned


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored entry; `is_new` is False where it was stored before."""

    message: "Message"
    is_new: bool
    files: Sequence["Attachment"] = ()


def store(batch: Sequence[Said], now_us: int, origin: str = "") -> list[Stored | Refusal]:
    """Store what was said, in the order given, and say what became of each.

    `origin` names the process whose own panels show it already. Nothing is stored where it raises.
    """
    with transaction.atomic():
        kept = storing.append_many(batch, now_us)
        heads: dict[int, dict[int, int]] = defaultdict(dict)
        for said, each in zip(batch, kept, strict=True):
            if not isinstance(each, Turned) and each.is_new:
                heads[said.shop_id][said.conversation_id] = each.message.number
        for shop_id, chats in sorted(heads.items()):
            news.tell_heads(shop_id, chats, origin)
    return [
        each if isinstance(each, Turned) else Stored(each.message, each.is_new, _files(said, each))
        for said, each in zip(batch, kept, strict=True)
    ]


def upload(shop_id: int, conversation_id: int, told: tuple[str, str, bytes], now_us: int) -> "Attachment":
    """Keep a file, (name, type, content), until the words it goes with are said. Raises attachments.Refused."""
    name, content_type, content = told
    attachments.keep_bytes(content)
    with transaction.atomic():
        if storing.weigh_files(conversation_id) + len(content) > MOST_BYTES:
            raise attachments.Refused(f"a conversation holds files of {MOST_BYTES // (1024 * 1024)} MB together")
        new = NewFile(name, content_type, content, conversation_id=conversation_id)
        return attachments.store(shop_id, new, now_us)


def _files(said: Said, kept: storing.Kept) -> "Sequence[Attachment]":
    return storing.list_files(kept.message) if said.attachments else ()
