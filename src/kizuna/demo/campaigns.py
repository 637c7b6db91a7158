"""The simulated shop's dialogue mails: one that asked and was answered, one to strengthen with its hold-out, one begun.

Who gets them is chosen by the shop's own rules, the lot is drawn as in a real play; what was sent is written into its
conversation, no mail leaves. In truth the mail to strengthen does nothing: the simulated customers do not know of it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from django.db import transaction

from kizuna.conversations import threads
from kizuna.conversations.threads import Author, Direction, NewConversation, NewMessage
from kizuna.customers import links, profiles
from kizuna.demo import dialogue_words
from kizuna.demo.company import CARE, Company
from kizuna.demo.simulator_sales import DAY_US, HOUR_US
from kizuna.flows import happenings, investing
from kizuna.flows.dialogue import handling as desk
from kizuna.flows.happenings import Happening
from kizuna.flows.outreach import answering, choosing, editing, facing
from kizuna.flows.outreach.choosing import Asked
from kizuna.outreach import letters, plays, targets, who
from kizuna.outreach.plays import PlayDraft, PlayState
from kizuna.outreach.starters import STARTERS
from kizuna.outreach.targets import Chosen
from kizuna.outreach.who import Person, Who
from kizuna.relationships import roll, snapshots
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.conversations.models import Conversation
    from kizuna.outreach.models import Play
    from kizuna.shops.models import Shop

ASK_DAYS, STRENGTHEN_DAYS, A_DAY = 13, 120, 6
STILL_WAITING_US = 2 * DAY_US
"""Younger answers still wait for ours."""
ANSWER_SHARE: Final = 0.3
MOST_ASKED, MOST_STRENGTHENED = 60, 120


def run(shop: "Shop", company: Company, now_us: int, seed: int) -> None:
    """Run the plays of the last months, unless the shop has some."""
    if plays.list_plays(shop.pk):
        return
    rng = np.random.default_rng([seed, 41])
    _ask(shop, company, now_us, rng)
    _strengthen(shop, company, now_us)
    renew = STARTERS["renew"]
    draft = PlayDraft("Ask whether it still holds", company.care, renew.subject, renew.text, renew.who, renew.purpose)
    editing.create_play(shop, draft, company.marketer, periods.instant_at(now_us))


def _ask(shop: "Shop", company: Company, now_us: int, rng: np.random.Generator) -> None:
    """What they wish for: to most valuable customers; nearly a third of them answered."""
    begun_us, starter = now_us - ASK_DAYS * DAY_US, STARTERS["ask"]
    wanted = replace(starter.who, silent_days=30)
    draft = PlayDraft("What would help you?", company.care, starter.subject, starter.text, wanted, hold_out=0.1)
    play = _start(shop, company, draft, begun_us)
    people = _candidates(shop, draft, ("A", "B"), now_us, begun_us)[:MOST_ASKED]
    numbers = _send(shop, play, people, begun_us, now_us)
    for place, (conversation_id, sent_us) in enumerate(numbers):
        if rng.random() < ANSWER_SHARE:
            answered_us = min(sent_us + int(rng.exponential(30.0) + 1) * HOUR_US, now_us)
            _answer(shop, conversation_id, answered_us, place)
            if answered_us < now_us - STILL_WAITING_US:
                _reply(shop, company, conversation_id, answered_us + (2 + place % 9) * HOUR_US)
    editing.set_state(
        shop, play.public_id, PlayState.STOPPED, company.marketer, periods.instant_at(now_us - 2 * DAY_US)
    )


def _strengthen(shop: "Shop", company: Company, now_us: int) -> None:
    """From B to A: to those who stood in B then, with a third held back by lot."""
    begun_us, starter = now_us - STRENGTHEN_DAYS * DAY_US, STARTERS["strengthen"]
    draft = PlayDraft(
        "Tell us how it turned out",
        company.care,
        starter.subject,
        starter.text,
        starter.who,
        starter.purpose,
        hold_out=0.35,
        success_days=90,
    )
    play = _start(shop, company, draft, begun_us)
    people = _candidates(shop, draft, ("B",), now_us, begun_us)[:MOST_STRENGTHENED]
    _send(shop, play, people, begun_us, now_us)
    editing.set_state(
        shop, play.public_id, PlayState.PAUSED, company.marketer, periods.instant_at(now_us - 80 * DAY_US)
    )


def _start(shop: "Shop", company: Company, draft: PlayDraft, at_us: int) -> "Play":
    play = editing.create_play(shop, draft, company.marketer, periods.instant_at(at_us - DAY_US))
    return editing.set_state(shop, play.public_id, PlayState.RUNNING, company.marketer, periods.instant_at(at_us))


def _candidates(
    shop: "Shop", draft: PlayDraft, segments: tuple[str, ...], now_us: int, at_us: int
) -> list[tuple[Person, str]]:
    """Who stood in the segments then and may be written to, with the segment of that day."""
    snapshot = snapshots.find_at(shop.pk, at_us)
    if snapshot is None:
        return []
    columns = snapshots.columns(snapshot)
    stood = {
        customer: letter
        for customer, letter in zip(columns.customer_id.tolist(), columns.shown.tolist(), strict=True)
        if letter in segments
    }
    found = []
    anybody = Who(segments=(), silent_days=None)
    for person in facing.people(shop, roll.read(shop.pk, list(stood)), None):
        lacks = letters.missing(letters.fields_of(draft.subject, draft.text), facing.with_team(person, CARE))
        if not who.find_reason(anybody, person, bool(lacks), now_us):
            found.append((person, stood[person.customer_id]))
    return found


def _send(
    shop: "Shop", play: "Play", people: Sequence[tuple[Person, str]], begun_us: int, now_us: int
) -> list[tuple[int, int]]:
    """Write to people, some a day, or hold them back by lot; returns the conversations and when they began."""
    begun = []
    asked = choosing.asked_of(play, CARE)
    for place, (person, segment) in enumerate(people):
        at_us = begun_us + place // A_DAY * DAY_US + (9 + place % A_DAY % 8) * HOUR_US
        if at_us > now_us:
            break
        number = _decide(shop, play, asked, person, (segment, at_us))
        if number is not None:
            begun.append((number, at_us))
    counts = plays.get(shop.pk, play.public_id)
    with transaction.atomic():
        plays.note_chosen(counts, len(people), {}, begun_us)
    return begun


@transaction.atomic
def _decide(shop: "Shop", play: "Play", asked: Asked, person: Person, when: tuple[str, int]) -> int | None:
    segment, at_us = when
    links.lock(shop.pk)
    targets.enrol(play, [Chosen(person.identity_id, person.customer_id)], at_us)
    due = targets.list_due(play, at_us, 1)
    target = targets.lock_waiting(due[0]) if due else None
    if target is None:
        return None
    if targets.is_held(play, person.identity_id):
        targets.decide(target, None, segment, at_us)
        return None
    letter = letters.write(asked.subject, asked.text, facing.with_team(person, CARE))
    new = NewConversation(
        play.team_id, "email", letter.subject, person.identity_id, person.customer_id, threads.State.BEGUN
    )
    conversation = threads.open_conversation(shop.pk, new, at_us)
    line = NewMessage(
        Direction.OUT,
        Author.MACHINE,
        letter.text,
        at_us,
        identity_id=person.identity_id,
        subject=letter.subject,
        to=(person.address,),
        client_id=f"play-{target.pk}",
    )
    message, _ = threads.append(shop.pk, conversation.pk, line, at_us)
    _record(shop, "Email Sent", person.identity_id, at_us, (str(message.public_id), letter.subject, ""))
    targets.decide(target, conversation.pk, segment, at_us)
    return conversation.pk


@transaction.atomic
def _answer(shop: "Shop", conversation_id: int, at_us: int, place: int) -> None:
    links.lock(shop.pk)
    conversation = threads.lock(shop.pk, conversation_id)
    text, _, _ = dialogue_words.PLAY_ANSWERS[place % len(dialogue_words.PLAY_ANSWERS)]
    line = NewMessage(
        Direction.IN,
        Author.CUSTOMER,
        text,
        at_us,
        identity_id=conversation.identity_id,
        from_address=_address_of(conversation),
        from_name=_name_of(conversation),
    )
    message, _ = threads.append(shop.pk, conversation.pk, line, at_us)
    told = (str(message.public_id), f"Re: {conversation.subject}", text)
    _record(shop, "Email Received", conversation.identity_id or 0, at_us, told)
    answering.answered(shop, conversation.pk, message.pk, periods.instant_at(at_us))


@transaction.atomic
def _reply(shop: "Shop", company: Company, conversation_id: int, at_us: int) -> None:
    """An operator thanks them and notes it; the conversation is done."""
    links.lock(shop.pk)
    operator = company.operators[conversation_id % len(company.operators)]
    conversation = threads.lock(shop.pk, conversation_id)
    text = dialogue_words.PLAY_REPLY
    line = NewMessage(
        Direction.OUT,
        Author.PERSON,
        text,
        at_us,
        person_id=operator.pk,
        identity_id=conversation.identity_id,
        to=(_address_of(conversation),),
    )
    message, _ = threads.append(shop.pk, conversation.pk, line, at_us)
    told = (str(message.public_id), f"Re: {conversation.subject}", "")
    _record(shop, "Email Sent", conversation.identity_id or 0, at_us, told)
    now = periods.instant_at(at_us)
    desk.assign(shop, conversation.pk, operator, None, now)
    investing.book_minutes(shop, conversation.pk, operator, 150.0, now, sitting=f"play-{conversation.pk}")
    investing.book_message(shop, message.pk, message.channel, now)
    desk.close(shop, conversation.pk, operator, now)


def _address_of(conversation: "Conversation") -> str:
    """Where the mail that began it went to."""
    return str(threads.list_messages(conversation.shop_id, conversation.pk)[0].recipients["to"][0])


def _name_of(conversation: "Conversation") -> str:
    customer = profiles.find_by_id(conversation.shop_id, conversation.customer_id or 0)
    return customer.name if customer is not None else ""


def _record(shop: "Shop", name: str, identity_id: int, at_us: int, told: tuple[str, str, str]) -> None:
    key, subject, text = told
    said = {"subject": subject, "text": text, "email_id": key}
    happenings.record(shop, Happening(name, identity_id, at_us, f"demo-{key}", said), at_us)
