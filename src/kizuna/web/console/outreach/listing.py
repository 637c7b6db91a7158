"""The list of dialogue mails and the page of one: what it asks, whom, what came back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from kizuna.conversations import talks
from kizuna.flows.outreach import choosing, facing, outcome
from kizuna.html import figures
from kizuna.outreach import plays, reached
from kizuna.outreach.plays import PlayState
from kizuna.outreach.starters import STARTERS
from kizuna.relationships import lists
from kizuna.science import periods
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.outreach import words

if TYPE_CHECKING:
    from kizuna.outreach.models import Play
    from kizuna.shops.models import Shop

NEWEST = 8


@dataclass(frozen=True)
class PlayRow:
    """A play as lists and its own page show it."""

    play: "Play"
    state: str
    tone: str
    whom: str
    waiting: int
    written: int
    answered: int
    held: int
    answer_share: str


@dataclass(frozen=True)
class AnswerRow:
    """One answer to a play, with the way to its conversation."""

    label: str
    segment: str
    preview: str
    answered_us: int
    conversation: UUID | None


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List the shop's dialogue mails."""
    found = plays.list_plays(shop.pk)
    counts = reached.count(found)
    context = {
        "tab": "plays",
        "rows": [row_of(play, counts.get(play.pk, {})) for play in found],
        "starters": STARTERS,
    }
    return render(request, "console/outreach/page.html", context)


@shop_page("view")
def show(request: ShopRequest, shop: "Shop", public_id: UUID) -> HttpResponse:
    """Show one dialogue mail with what became of it."""
    play = find_or_404(shop, public_id)
    team = facing.team_name(shop.pk, play.team_id)
    now_us = periods.epoch_us(timezone.now())
    row = row_of(play, reached.count([play]).get(play.pk, {}))
    found = outcome.movement(shop, play, now_us) if play.started_us is not None else None
    context = {
        "row": row,
        "play": play,
        "team": team,
        "reasons": words.reasons(play.left_out),
        "answers": _answers(shop, play),
        "movement": words.movement(found) if found is not None else [],
        "now_us": now_us,
        "preview": None,
    }
    if play.state in (PlayState.DRAFT, PlayState.PAUSED):
        asked = choosing.asked_of(play, team)
        context |= preview_context(choosing.preview(shop, asked, play, now_us))
    return render(request, "console/outreach/play.html", context)


def _answers(shop: "Shop", play: "Play") -> list[AnswerRow]:
    newest = reached.list_newest(play, "answered", NEWEST)
    names = lists.names_of(shop.pk, [each.customer_id for each in newest if each.customer_id is not None])
    seen = talks.glimpses(shop.pk, [each.conversation_id for each in newest if each.conversation_id is not None])
    rows = []
    for each in newest:
        glimpse = seen.get(each.conversation_id or 0)
        label = names[each.customer_id][1] if each.customer_id in names else ""
        rows.append(
            AnswerRow(
                label,
                each.segment,
                glimpse.preview if glimpse else "",
                each.answered_us or 0,
                glimpse.public_id if glimpse else None,
            )
        )
    return rows


def row_of(play: "Play", counts: dict[str, int]) -> PlayRow:
    """Count a play in words."""
    answered = counts.get("answered", 0)
    written = answered + counts.get("sent", 0)
    state, tone = words.STATES[play.state]
    return PlayRow(
        play=play,
        state=state,
        tone=tone,
        whom=words.whom(plays.who_of(play)),
        waiting=counts.get("waiting", 0),
        written=written,
        answered=answered,
        held=counts.get("held", 0),
        answer_share=figures.share(answered / written, 0) if written else "–",
    )


def preview_context(found: choosing.Preview) -> dict[str, object]:
    """What the preview's template reads."""
    return {
        "preview": found,
        "preview_reasons": words.reasons(found.left_out),
        "lacking": words.lacking(found.lacking),
        "refused": [(each.person, words.why(each.reason, each.lacks)) for each in found.refused],
    }


def find_or_404(shop: "Shop", public_id: UUID) -> "Play":
    """Find a play of the shop, or nothing is there."""
    try:
        return plays.get(shop.pk, public_id)
    except plays.NotThere:
        raise Http404 from None
