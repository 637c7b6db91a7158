"""Teams set up by the owner, each change in the audit log, and the acknowledgement that a team may send by itself."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import team_setup, teams, threads
from kizuna.conversations.team_setup import Refused, TeamDraft
from kizuna.flows.dialogue import writing
from kizuna.shops import audit, members

if TYPE_CHECKING:
    from uuid import UUID

    from kizuna.conversations.models import Team
    from kizuna.shops.models import Person, Shop

__all__ = ["Refused", "acknowledge", "archive", "save"]


@transaction.atomic
def save(
    shop: "Shop",
    public_id: "UUID | str | None",
    draft: TeamDraft,
    person_ids: Sequence[int],
    person: "Person | None",
    now: datetime,
) -> "Team":
    """Store a team and who sits in it. Raises Refused with the field, teams.NotThere."""
    team = team_setup.save(shop.pk, public_id, draft)
    ours = {each.person_id for each in members.list_members(shop)}
    teams.seat(team.pk, [each for each in person_ids if each in ours])
    audit.record(shop, person, "team_saved", f"team {team.name}", None, asdict(draft), now)
    return team


@transaction.atomic
def archive(shop: "Shop", public_id: "UUID | str", person: "Person | None", now: datetime) -> None:
    """Put a team away. Raises Refused, teams.NotThere."""
    team = team_setup.archive(shop.pk, public_id, now)
    audit.record(shop, person, "team_archived", f"team {team.name}", None, None, now)


@transaction.atomic
def acknowledge(shop: "Shop", conversation_id: int, now: datetime) -> bool:
    """Tell who has just opened a conversation that it arrived, where the team wants that; once per conversation.

    Whether an automatic answer may go out at all (loops) is asked by the caller.
    """
    conversation = threads.find(shop.pk, conversation_id)
    team = None if conversation is None else teams.find(shop.pk, conversation.team_id)
    if conversation is None or team is None or not team.acknowledgement:
        return False
    try:
        writing.machine(shop, conversation.pk, team.acknowledgement, now, client_id="acknowledged")
    except writing.Refused:
        return False
    return True
