"""How a turn of the live queue is given and ended, for whatever page or wire answers or closes a chat.

The queue itself is conversations.live.turns. Callers hold the transaction and the conversation's lock.
"""

from collections.abc import Iterable

from kizuna.conversations.models import Turn, TurnState

UNDER_WAY = (TurnState.WAITING, TurnState.SERVED)


def lock_under_way(conversation_id: int) -> Turn | None:
    """Find the turn of a chat that waits or is served, under its lock."""
    return Turn.objects.select_for_update().filter(conversation_id=conversation_id, state__in=UNDER_WAY).first()


def give(turn: Turn, person_id: int, now_us: int) -> None:
    """Let somebody have a locked turn that waits."""
    turn.state, turn.person_id, turn.served_us = TurnState.SERVED, person_id, max(now_us, turn.entered_us)
    turn.save(update_fields=["state", "person", "served_us"])


def end_of(conversation_id: int, end: str, now_us: int, state: str = TurnState.ENDED) -> Turn | None:
    """End the turn under way of a chat, and say which; None where there is none."""
    turn = lock_under_way(conversation_id)
    if turn is not None:
        turn.state, turn.end, turn.ended_us = state, end[:20], max(now_us, turn.served_us or turn.entered_us)
        turn.save(update_fields=["state", "end", "ended_us"])
    return turn


def note_answer(conversation_id: int, person_id: int | None, at_us: int) -> None:
    """Note a human's word in a chat: whoever answers one that waits has it from then on."""
    turn = lock_under_way(conversation_id)
    if turn is not None and hear(turn, person_id, at_us):
        keep_heard([turn])


def find_anothers(conversation_id: int, person_id: int) -> Turn | None:
    """Find the turn of a chat that somebody else serves, with who that is."""
    rows = Turn.objects.filter(conversation_id=conversation_id, state=TurnState.SERVED, person__isnull=False)
    return rows.exclude(person_id=person_id).select_related("person").first()


def is_anothers(turn: Turn | None, person_id: int | None) -> bool:
    """Whether somebody else serves this turn."""
    return turn is not None and turn.state == TurnState.SERVED and turn.person_id not in (None, person_id)


def hear(turn: Turn, person_id: int | None, at_us: int) -> bool:
    """Let a locked turn hear a human's word without writing it yet; says whether that changes it."""
    takes = turn.state == TurnState.WAITING and person_id is not None
    if takes:
        turn.state, turn.person_id, turn.served_us = TurnState.SERVED, person_id, max(at_us, turn.entered_us)
    is_first = turn.answered_us is None
    if is_first:
        turn.answered_us = at_us
    return takes or is_first


def keep_heard(turns: Iterable[Turn]) -> None:
    """Write the turns that heard something new."""
    for turn in turns:
        turn.save(update_fields=["state", "person", "served_us", "answered_us"])
