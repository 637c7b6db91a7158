"""What happens when a person writes, starts, pauses or stops a play, or sets the rules: a transaction each, audited."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kizuna.conversations import teams
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Notice
from kizuna.flows.outreach import choosing, facing, used
from kizuna.outreach import plays
from kizuna.outreach.letters import Letter
from kizuna.outreach.plays import PlayDraft, PlayState, Refused, RulesDraft
from kizuna.science import periods
from kizuna.shops import audit

if TYPE_CHECKING:
    from kizuna.outreach.models import Play
    from kizuna.shops.models import Person, Shop

_PAST = {PlayState.RUNNING: "started", PlayState.PAUSED: "paused", PlayState.STOPPED: "stopped"}


@transaction.atomic
def create_play(shop: "Shop", draft: PlayDraft, person: "Person | None", now: datetime) -> "Play":
    """Keep a new play as a draft. Raises Refused with the field."""
    play = plays.create(shop.pk, _with_team(shop, draft), person, periods.epoch_us(now))
    audit.record(shop, person, "dialogue_mail_created", f"play {play.public_id}", None, {"name": play.name}, now)
    return play


@transaction.atomic
def change_play(shop: "Shop", public_id: UUID | str, draft: PlayDraft, person: "Person", now: datetime) -> "Play":
    """Change a play that was never started. Raises Refused with the field, NotThere."""
    play = plays.change(plays.get(shop.pk, public_id, locked=True), _with_team(shop, draft), periods.epoch_us(now))
    audit.record(shop, person, "dialogue_mail_changed", f"play {play.public_id}", None, {"name": play.name}, now)
    return play


@transaction.atomic
def set_state(shop: "Shop", public_id: UUID | str, state: str, person: "Person | None", now: datetime) -> "Play":
    """Start, pause or stop a play; starting chooses its customers. Raises Refused, NotThere."""
    now_us = periods.epoch_us(now)
    play = plays.get(shop.pk, public_id, locked=True)
    before = play.state
    plays.set_state(play, state, now_us)
    if state == PlayState.RUNNING:
        choosing.ask_to_choose(play, now_us)
    action = f"dialogue_mail_{_PAST[PlayState(state)]}"
    audit.record(shop, person, action, f"play {play.public_id}", {"state": before}, {"state": state}, now)
    return play


@transaction.atomic
def set_rules(shop: "Shop", draft: RulesDraft, person: "Person | None", now: datetime) -> None:
    """Set the rules for all dialogue mails of a shop. Raises Refused with the field."""
    before = plays.set_rules(shop.pk, draft)
    if before != draft:
        audit.record(shop, person, "dialogue_mail_rules_changed", "rules", _plain(before), _plain(draft), now)


@transaction.atomic
def ask_for_usage(shop: "Shop", now: datetime) -> None:
    """Ask for what mail was used for to be reckoned now."""
    used.ask(shop, now)


@transaction.atomic
def send_test(shop: "Shop", public_id: UUID | str, person: "Person", now: datetime) -> str:
    """Send a play's mail to the person who asks, as its first customer would read it; returns that customer's label."""
    play = plays.get(shop.pk, public_id)
    asked = choosing.asked_of(play, facing.team_name(shop.pk, play.team_id))
    example = choosing.first_letter(shop, asked, play, periods.epoch_us(now))
    letter = example.letter if example is not None and example.letter is not None else Letter(play.subject, play.text)
    sending.send_notice(shop, Notice(person.email, f"Test: {letter.subject}", letter.text, machine=False), now)
    return example.person.label if example is not None else ""


def _with_team(shop: "Shop", draft: PlayDraft) -> PlayDraft:
    if draft.team_id == plays.DEFAULT_TEAM:
        return replace(draft, team_id=teams.ensure_default(shop.pk).pk)
    team = teams.find(shop.pk, draft.team_id)
    if team is None or team.archived_at is not None:
        raise Refused("team", "choose a team that writes")
    return draft


def _plain(draft: RulesDraft) -> dict[str, object]:
    said = asdict(draft)
    return {**said, "window": {**said["window"], "weekdays": sorted(draft.window.weekdays)}}
