"""What chats begin with: the first words of a visitor, for learning what is asked and not answered."""

from dataclasses import dataclass

from kizuna.conversations import similar
from kizuna.conversations.models import Channel, Conversation, Direction, Kind, Message, State
from kizuna.tables.rows import of_shop

MOST = 500


@dataclass(frozen=True, slots=True)
class FirstWords:
    """How a chat began: addresses and long numbers are left out."""

    conversation_id: int
    text: str
    language: str
    at_us: int


def list_shops(since_us: int) -> list[int]:
    """Name the shops in which a chat began since an instant."""
    rows = Conversation.objects.filter(channel=Channel.CHAT, opened_us__gt=since_us).order_by()
    return sorted(set(rows.values_list("shop_id", flat=True)))


def list_since(shop_id: int, since_us: int) -> list[FirstWords]:
    """List how the chats of a shop began since an instant, the newest first."""
    talks = Conversation.objects.filter(shop_id=shop_id, channel=Channel.CHAT, opened_us__gt=since_us)
    talks = talks.exclude(state=State.SPAM).select_related("chat").order_by("-opened_us")[:MOST]
    found = {talk.pk: talk for talk in talks}
    said = of_shop(Message.objects.filter(conversation_id__in=list(found)), shop_id)
    said = said.filter(kind=Kind.MESSAGE, direction=Direction.IN, is_automatic=False)
    first: dict[int, FirstWords] = {}
    for row in said.order_by("conversation_id", "number").only("conversation_id", "text", "at_us"):
        if row.conversation_id not in first and row.text.strip():
            state = getattr(found[row.conversation_id], "chat", None)
            language = "" if state is None else state.language
            text = similar.without_particulars(row.text[:500])
            first[row.conversation_id] = FirstWords(row.conversation_id, text, language, row.at_us)
    return list(first.values())
