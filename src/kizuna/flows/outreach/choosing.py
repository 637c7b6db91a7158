"""Choosing whom a play writes to: a preview with counted reasons, and the enrolment that lets customers wait.

Choosing again changes nothing for those who had their mail: who matches now waits, who no longer matches does not.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from django.db import transaction
from django.tasks import task

from kizuna.flows.outreach import facing
from kizuna.jobs import queue
from kizuna.jobs.standing import every
from kizuna.outreach import letters, plays, reached, targets, who
from kizuna.outreach.letters import Letter
from kizuna.outreach.targets import Chosen
from kizuna.outreach.who import Person, Who
from kizuna.relationships import roll
from kizuna.relationships.roll import RollRow
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.outreach.models import Play
    from kizuna.shops.models import Shop

PREVIEW_PARTS = 4
EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of whom: as a play keeps it, or as somebody is writing it."""

    subject: str
    text: str
    who: Who
    team_name: str


@dataclass(frozen=True, slots=True)
class Example:
    """What one customer would read, or why they would get nothing."""

    person: Person
    letter: Letter | None
    reason: str = ""
    lacks: Sequence[str] = ()


@dataclass
class Preview:
    """Who would be written to; `whole` is false where only the first customers were looked at."""

    matching: int = 0
    looked_at: int = 0
    whole: bool = True
    left_out: Counter[str] = field(default_factory=Counter)
    lacking: Counter[str] = field(default_factory=Counter)
    letters: list[Example] = field(default_factory=list)
    refused: list[Example] = field(default_factory=list)


def preview(shop: "Shop", asked: Asked, play: "Play | None", now_us: int) -> Preview:
    """Look who would be written to now, why others are left out, and what the first of them would read."""
    found = Preview()
    for number, part in enumerate(roll.walk(shop.pk, asked.who.segments)):
        if number == PREVIEW_PARTS:
            found.whole = False
            break
        for person, reason, lacks in _judge(shop, asked, part, play, now_us):
            found.looked_at += 1
            found.matching += not reason
            found.left_out[reason] += bool(reason)
            found.lacking.update(lacks if reason == "missing" else ())
            _keep_example(found, asked, Example(person, None, reason, lacks))
    del found.left_out[""]
    return found


def first_letter(shop: "Shop", asked: Asked, play: "Play", now_us: int) -> Example | None:
    """Find the first customer who would be written to, with their letter; looks no further than a preview does."""
    for part in islice(roll.walk(shop.pk, asked.who.segments), PREVIEW_PARTS):
        for person, reason, _ in _judge(shop, asked, part, play, now_us):
            if not reason:
                return Example(person, _write(asked, person))
    return None


def asked_of(play: "Play", team_name: str) -> Asked:
    """Read what a play asks."""
    return Asked(play.subject, play.text, plays.who_of(play), team_name)


def judge_one(shop: "Shop", asked: Asked, identity_id: int, play: "Play", now_us: int) -> Example | None:
    """Judge the customer of one identity anew, with the letter if they may be written to; None: nobody is there."""
    person = facing.one(shop, identity_id, play)
    if person is None:
        return None
    lacks = _lacks(asked, person)
    reason = who.find_reason(asked.who, person, bool(lacks), now_us)
    return Example(person, None if reason else _write(asked, person), reason, lacks)


def enrol(shop: "Shop", play: "Play", team_name: str, now_us: int) -> int:
    """Let everybody who matches wait for a play's mail, a part of the shop at a time; returns how many match."""
    asked, matching = asked_of(play, team_name), 0
    left_out: Counter[str] = Counter()
    waiting = set(reached.list_waiting_identities(play))
    for part in roll.walk(shop.pk, asked.who.segments):
        chosen = []
        for person, reason, _ in _judge(shop, asked, part, play, now_us):
            if reason:
                left_out[reason] += 1
                continue
            chosen.append(Chosen(person.identity_id, person.customer_id))
            waiting.discard(person.identity_id)
        matching += len(chosen)
        with transaction.atomic():
            targets.enrol(play, chosen, now_us)
    with transaction.atomic():
        targets.withdraw(play, waiting)
        plays.note_chosen(play, matching, left_out, now_us)
    return matching


@task(queue_name="slow")
def choose(shop_id: int, play_id: int, now_us: int) -> None:
    """Choose the customers of one running play."""
    play = plays.find(shop_id, play_id)
    if play is not None and play.state == plays.PlayState.RUNNING:
        shop = tenants.get_shop_by_id(shop_id)
        enrol(shop, play, facing.team_name(shop.pk, play.team_id), now_us)


def ask_to_choose(play: "Play", now_us: int) -> None:
    """Enqueue the choosing of a play's customers, inside the caller's transaction."""
    queue.enqueue_once(choose, f"outreach:{play.pk}", shop_id=play.shop_id, play_id=play.pk, now_us=now_us)


@every("outreach.choose", cron="40 3 * * *")
def choose_anew(now: datetime) -> None:
    """Choose the customers of every running play anew: relations change from day to day."""
    for play in plays.list_running():
        with transaction.atomic():
            ask_to_choose(play, periods.epoch_us(now))


def _judge(
    shop: "Shop", asked: Asked, part: Sequence[RollRow], play: "Play | None", now_us: int
) -> Iterator[tuple[Person, str, list[str]]]:
    for person in facing.people(shop, part, play):
        lacks = _lacks(asked, person)
        yield person, who.find_reason(asked.who, person, bool(lacks), now_us), lacks


def _lacks(asked: Asked, person: Person) -> list[str]:
    return letters.missing(letters.fields_of(asked.subject, asked.text), _values(asked, person))


def _values(asked: Asked, person: Person) -> Mapping[str, str]:
    return facing.with_team(person, asked.team_name)


def _write(asked: Asked, person: Person) -> Letter:
    return letters.write(asked.subject, asked.text, _values(asked, person))


def _keep_example(found: Preview, asked: Asked, example: Example) -> None:
    if not example.reason and len(found.letters) < EXAMPLES:
        letter = _write(asked, example.person)
        found.letters.append(Example(example.person, letter))
    elif example.reason and example.reason not in who.CHOICE and len(found.refused) < EXAMPLES:
        found.refused.append(example)
