"""The tables of conversations, by theme: the dialogue itself; mail in and out and wishes stand beside it."""

from kizuna.conversations.models.dialogue import (
    Attachment,
    Author,
    CannedReply,
    Channel,
    Conversation,
    ConversationTag,
    Direction,
    Draft,
    Kind,
    Macro,
    Mention,
    Message,
    State,
    Tag,
    Team,
    TeamMember,
)

__all__ = [
    "Attachment",
    "Author",
    "CannedReply",
    "Channel",
    "Conversation",
    "ConversationTag",
    "Direction",
    "Draft",
    "Kind",
    "Macro",
    "Mention",
    "Message",
    "State",
    "Tag",
    "Team",
    "TeamMember",
]
