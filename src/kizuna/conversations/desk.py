"""What happens to a conversation on the desk: whose it is, how it stands, its tags, and what notes mention.

Each function changes one row that the caller has locked, and says what changed so that the thread can tell of it.
"""

from collections.abc import Collection
from datetime import datetime

from kizuna.conversations import chat_turns
from kizuna.conversations.live import continuing
from kizuna.conversations.models import Channel, Conversation, ConversationTag, Mention, Message, State, Tag

LONGEST_TAG = 40
MOST_TAGS = 30
LIVING = (State.OPEN, State.SNOOZED)


class Refused(ValueError):
    """What was asked for cannot be done with this conversation; the text says why."""


class Taken(Refused):
    """Somebody else was quicker."""


def give(conversation: Conversation, person_id: int | None) -> bool:
    """Let a conversation be somebody's, or nobody's; False where it was already."""
    if conversation.assignee_id == person_id:
        return False
    conversation.assignee_id = person_id
    conversation.save(update_fields=["assignee"])
    return True


def take(conversation: Conversation, person_id: int) -> bool:
    """Take a conversation that is nobody's; False where it is theirs already. Raises Taken."""
    if conversation.assignee_id not in (None, person_id):
        raise Taken("somebody else has taken it")
    return give(conversation, person_id)


def hand_to(conversation: Conversation, team_id: int) -> bool:
    """Hand a conversation to another team, whose people choose who answers; False where it was there."""
    if conversation.team_id == team_id:
        return False
    conversation.team_id, conversation.assignee_id = team_id, None
    conversation.save(update_fields=["team", "assignee"])
    return True


def set_state(conversation: Conversation, state: str, now_us: int, until_us: int | None = None) -> bool:
    """Close, open, snooze, or call it spam; False where it stands so already."""
    if conversation.state == state and conversation.snoozed_until_us == until_us:
        return False
    if conversation.merged_into_id is not None:
        raise Refused("it was merged into another conversation")
    if conversation.channel == Channel.CHAT:
        _check_chat(conversation, state, now_us)
    conversation.state, conversation.snoozed_until_us = state, until_us
    conversation.closed_us = now_us if state == State.CLOSED else None
    if state in (State.CLOSED, State.SPAM):
        conversation.awaits_us, conversation.waiting_since_us = False, None
        if conversation.channel == Channel.CHAT:
            chat_turns.end_of(conversation.pk, state, now_us)
    conversation.save()
    return True


def _check_chat(conversation: Conversation, state: str, now_us: int) -> None:
    """A closed chat is asked about later; one visitor has one open chat at a time."""
    if state in LIVING and conversation.state not in LIVING and find_open_chat(conversation) is not None:
        raise Refused("this visitor has another chat open: answer there")
    is_over = state == State.CLOSED
    continuing.plan_asking(conversation, now_us + continuing.PANEL_ASKS_US if is_over else None)


def find_open_chat(conversation: Conversation) -> Conversation | None:
    """Find the chat that the visitor of another has open, with whatever team."""
    if conversation.identity_id is None:
        return None
    theirs = Conversation.objects.filter(shop_id=conversation.shop_id, identity_id=conversation.identity_id)
    theirs = theirs.filter(channel=Channel.CHAT, state__in=LIVING)
    return theirs.exclude(pk=conversation.pk).first()


def list_to_wake(now_us: int, most: int) -> list[Conversation]:
    """List the conversations of every shop whose time of rest is over."""
    due = Conversation.objects.filter(state=State.SNOOZED, snoozed_until_us__lte=now_us)
    return list(due.order_by("snoozed_until_us")[:most])


def tag(conversation: Conversation, name: str) -> bool:
    """Put a tag on a conversation; False where it is there. Raises Refused for a name that is none."""
    wanted = " ".join(name.split()).lower()[:LONGEST_TAG]
    if not wanted:
        raise Refused("a tag needs a word")
    if ConversationTag.objects.filter(conversation=conversation).count() >= MOST_TAGS:
        raise Refused(f"it has {MOST_TAGS} tags already")
    kept, _ = Tag.objects.get_or_create(shop_id=conversation.shop_id, name=wanted)
    _, is_new = ConversationTag.objects.get_or_create(conversation=conversation, tag=kept)
    return is_new


def untag(conversation: Conversation, name: str) -> bool:
    """Take a tag off a conversation."""
    removed, _ = ConversationTag.objects.filter(conversation=conversation, tag__name=name).delete()
    return removed > 0


def list_tags(shop_id: int) -> list[str]:
    """List a shop's tags."""
    return list(Tag.objects.filter(shop_id=shop_id).order_by("name").values_list("name", flat=True)[:500])


def mention(message: Message, person_ids: Collection[int]) -> None:
    """Remember whom a note names."""
    rows = [Mention(shop_id=message.shop_id, message=message, person_id=each) for each in person_ids]
    Mention.objects.bulk_create(rows, ignore_conflicts=True)


def is_mention_seen(shop_id: int, message_id: int, person_id: int) -> bool:
    """Whether somebody has looked at a note that names them, or the note is gone."""
    waiting = Mention.objects.filter(shop_id=shop_id, message_id=message_id, person_id=person_id, seen_at=None)
    return not waiting.exists()


def see_mentions(conversation: Conversation, person_id: int, now: datetime) -> int:
    """Note that somebody has looked at the notes that name them."""
    mine = Mention.objects.filter(
        shop_id=conversation.shop_id, message__conversation=conversation, person_id=person_id, seen_at=None
    )
    return mine.update(seen_at=now)
