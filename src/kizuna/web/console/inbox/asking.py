"""The address of an inbox list read into a question: view, team, tag, channel, order, words, and where to go on.

The address is the whole state, so that a list can be kept, shared and opened in another tab.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import QueryDict

from kizuna.conversations import queues, search, teams
from kizuna.conversations.queues import Asked
from kizuna.conversations.threads import Channel

if TYPE_CHECKING:
    from kizuna.conversations.models import Team
    from kizuna.shops.models import Shop

VIEWS = (
    ("mine", "Mine", "person"),
    ("unassigned", "Unassigned", "inbox"),
    ("team", "My teams", "customers"),
    ("waiting", "Waiting longest", "clock"),
    ("all", "All open", "mail"),
    ("mentions", "Mentions", "at"),
    ("snoozed", "Snoozed", "moon"),
    ("closed", "Closed", "check"),
    ("spam", "Spam", "alert"),
)
ORDERS = (
    ("newest", "Newest first"),
    ("oldest", "Oldest first"),
    ("waiting", "Waiting longest"),
    ("retain", "Who must be retained"),
)
MOST_FOUND = 200


@dataclass(frozen=True)
class Question:
    """What a list shows, in words of its address."""

    view: str
    order: str
    team: "Team | None"
    tag: str
    channel: str
    words: str
    after: str

    def query(self, **other: str) -> str:
        """Write the address anew with some parts changed; what says nothing is left out."""
        told = {
            "view": self.view,
            "order": self.order,
            "team": str(self.team.public_id) if self.team else "",
            "tag": self.tag,
            "channel": self.channel,
            "q": self.words,
        }
        told |= other
        if told["order"] == _usual_order(told["view"]):
            told["order"] = ""
        return urlencode({name: value for name, value in told.items() if value})

    @property
    def narrowed(self) -> bool:
        """Whether more than the view was asked for."""
        return bool(self.team or self.tag or self.channel or self.words)


def parse(query: QueryDict, shop: "Shop", person_id: int) -> Question:
    """Read an address; what it does not know means the usual."""
    view = query.get("view", "")
    view = view if view in queues.VIEWS else _view_with_work(shop, person_id)
    order = query.get("order", "")
    order = order if any(order == key for key, _ in ORDERS) else _usual_order(view)
    channel = query.get("channel", "")
    return Question(
        view,
        order,
        _find_team(shop, query.get("team", "")),
        query.get("tag", "")[:40],
        channel if channel in Channel.values else "",
        " ".join(query.get("q", "").split())[:200],
        query.get("after", ""),
    )


def ask(shop: "Shop", question: Question, person_id: int) -> Asked:
    """Put the question to the room; words are looked up first."""
    found = None
    if question.words:
        found = tuple(search.find(shop.pk, question.words, MOST_FOUND))
    return Asked(
        question.view,
        person_id,
        question.order if question.order in queues.ORDERS else "newest",
        question.team.pk if question.team else None,
        question.tag,
        question.channel,
        found,
    )


def _view_with_work(shop: "Shop", person_id: int) -> str:
    """Where an address names no view: what nobody has taken, else what is theirs, else everything open."""
    filled = (view for view in ("unassigned", "mine", "all") if queues.count(shop.pk, Asked(view, person_id)))
    return next(filled, "unassigned")


def _usual_order(view: str) -> str:
    return "waiting" if view == "waiting" else "newest"


def _find_team(shop: "Shop", key: str) -> "Team | None":
    return next((each for each in teams.list_teams(shop.pk) if str(each.public_id) == key), None)
