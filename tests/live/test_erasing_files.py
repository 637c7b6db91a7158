"""A file that a visitor uploaded and never sent goes with their chat."""

import pytest

from kizuna.conversations import attachments, erasing
from kizuna.conversations.attachments import NewFile
from kizuna.conversations.models import Attachment
from tests.dialogue.making import make_desk
from tests.live.talking import open_chat

pytestmark = pytest.mark.django_db


def test_a_file_that_was_never_sent_is_erased_with_its_chat() -> None:
    desk = make_desk()
    chat, other = open_chat(desk, "Hello"), open_chat(desk, "Hello", visitor="visitor-2")
    for each in (chat, other):
        attachments.store(desk.shop.pk, NewFile("a.png", "image/png", b"x%d" % each.pk, conversation_id=each.pk), 1)
    gone = erasing.erase(desk.shop.pk, [chat.identity_id or 0], [])
    assert len(gone) == 1
    assert Attachment.objects.get().for_conversation == other.pk
