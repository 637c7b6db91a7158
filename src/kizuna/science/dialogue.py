"""Depth of a dialogue: a level from 1, the shop has written, to 5, both begin and what was learned is used.

Here: the level from one customer's dated events (science.stages). Source: Fig. 1 of the model's paper [KS], model
section 3; that a reply counts as a reaction, and what a turn and a beginning are, is ours.
"""

from collections.abc import Iterable

from kizuna.science.stages import DAY_US, Act, Event, in_order

APART_US = 14 * DAY_US
"""Contacts outside any conversation begin a dialogue anew after so long without one."""
TURNS = 2
LEVELS = range(6)


def depth(events: Iterable[Event]) -> int:
    """Level of a dialogue, 0 where the shop has not written: each level asks for the one below.

    1 message: the shop has written. 2 trust: they reacted (opened, clicked or answered) after that. 3 interrelation:
    they answered. 4 interactive communication: two turns each way, a turn being all that one side writes until the
    other does. 5 relationship: both sides have begun a dialogue, and a wish was fulfilled after something was learned.

    >>> said = [Event(day, act) for day, act in enumerate((Act.CONTACT_OUT, Act.REACTION, Act.CONTACT_IN))]
    >>> [depth(said[:number]) for number in range(4)]
    [0, 1, 2, 3]
    >>> more = [Event(3, Act.CONTACT_OUT), Event(4, Act.CONTACT_IN)]
    >>> begun = [Event(9 * APART_US, Act.CONTACT_IN), Event(5, Act.LEARNED), Event(6, Act.FULFILLED)]
    >>> depth(said + more), depth(said + more + begun)
    (4, 5)
    """
    ordered = in_order(events)
    acts = [event.act for event in ordered]
    if Act.CONTACT_OUT not in acts:
        return 0
    after = set(acts[acts.index(Act.CONTACT_OUT) :])
    if not after & {Act.REACTION, Act.CONTACT_IN}:
        return 1
    if Act.CONTACT_IN not in after:
        return 2
    contacts = [event for event in ordered if event.act in (Act.CONTACT_IN, Act.CONTACT_OUT)]
    if min(_turns(contacts, act) for act in (Act.CONTACT_IN, Act.CONTACT_OUT)) < TURNS:
        return 3
    return 5 if len(_beginners(contacts)) == 2 and _is_used(acts) else 4


def _turns(contacts: list[Event], act: Act) -> int:
    """How many turns one side took."""
    before = [None, *(event.act for event in contacts[:-1])]
    return sum(event.act == act != was for event, was in zip(contacts, before, strict=True))


def _beginners(contacts: list[Event]) -> set[Act]:
    """Which sides have begun a dialogue: the first of a conversation, or after a long silence where there is none."""
    began, threads, last_us = set(), set(), None
    for event in contacts:
        if event.thread:
            if event.thread not in threads:
                began.add(event.act)
            threads.add(event.thread)
        elif last_us is None or event.at_us - last_us >= APART_US:
            began.add(event.act)
        last_us = event.at_us
    return began


def _is_used(acts: list[Act]) -> bool:
    """Whether a wish was fulfilled after something was learned."""
    learned = next((place for place, act in enumerate(acts) if act in (Act.LEARNED, Act.AGREED)), len(acts))
    return Act.FULFILLED in acts[learned:]
