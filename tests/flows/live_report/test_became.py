"""What became of a chat: having it is not answering it."""

import pytest

from kizuna.conversations.live.measured import Talk
from kizuna.flows.live_report.gathering import ABANDONED, ANSWERED, OPEN, UNANSWERED, Chat
from kizuna.science import response_times
from kizuna.science.response_times import Act, Entry, TurnSpan

ASKED, SAID = Entry(Act.HEARD, 10), Entry(Act.ANSWERED, 40, 7)


@pytest.mark.parametrize(
    ("entries", "answered_us", "ended_us", "end", "became"),
    [
        ([ASKED, SAID], 40, 90, "closed", ANSWERED),
        ([ASKED, SAID], 40, 90, "left", ANSWERED),
        ([ASKED], None, 90, "left", ABANDONED),
        ([ASKED], None, 90, "closed", UNANSWERED),
        ([ASKED], None, None, "", OPEN),
        ([], 40, 90, "left", ANSWERED),
        ([], None, 90, "left", ABANDONED),
    ],
)
def test_who_was_given_to_somebody_and_heard_no_word_was_not_answered(
    entries: list[Entry], answered_us: int | None, ended_us: int | None, end: str, became: str
) -> None:
    turn = TurnSpan(10, 10, 20, answered_us, ended_us, end, 7)
    chat = Chat(
        Talk(1, "chat", 1, 10, ended_us),
        response_times.read_course(entries),
        tuple(response_times.read_sittings([turn])),
    )
    assert chat.became == became
