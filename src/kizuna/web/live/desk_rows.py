"""What the page Live shows of a shop now, as small rows by key: who waits, chats, who is online, who serves.

Composed from the rooms that know, in a few queries whatever the number; the stream sends only the rows that changed.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from kizuna.conversations.live import keys, online, seats, turns
from kizuna.conversations.live.turns import TurnState
from kizuna.html import figures
from kizuna.money import currency
from kizuna.relationships import handful

if TYPE_CHECKING:
    from kizuna.conversations.models import Turn
    from kizuna.relationships.models import Standing
    from kizuna.shops.models import Shop

type Row = dict[str, Any]
type Rows = dict[int, Row]
LONGEST_PREVIEW = 140


class Standings:
    """Where customers stand, looked up once for each of them while a console is open, and anew when told to."""

    def __init__(self, shop_id: int) -> None:
        self._shop_id = shop_id
        self._known: dict[int, Standing | None] = {}

    def forget(self) -> None:
        """Look up everybody anew from here on."""
        self._known.clear()

    def of(self, customer_ids: Collection[int]) -> "Mapping[int, Standing | None]":
        """Give where these customers stand."""
        missing = [each for each in customer_ids if each not in self._known]
        if missing:
            self._known |= dict.fromkeys(missing) | handful.find(self._shop_id, missing)
        return self._known


def read_chats(shop: "Shop", standings: Standings, now_us: int) -> Rows:
    """Read every chat that waits, in its place, or is served."""
    waiting = turns.list_waiting(shop.pk, now_us)
    served = turns.list_served(shop.pk)
    places = turns.places(shop.pk, waiting, now_us)
    known = standings.of({turn.conversation.customer_id for turn in (*waiting, *served)} - {None})  # type: ignore[arg-type]
    vouched = keys.list_vouched(shop.pk, {turn.conversation.identity_id or 0 for turn in (*waiting, *served)})
    rows = {}
    for turn in (*waiting, *served):
        row = _chat(shop, turn, known.get(turn.conversation.customer_id or 0))
        row["unproven"] = row["known"] and turn.conversation.identity_id not in vouched
        place = places.get(turn.pk)
        row["place"] = 0 if place is None else place.position
        row["wait_s"] = None if place is None else _coarse(place.expected_wait_s)
        rows[turn.conversation_id] = row
    return rows


def read_visitors(shop: "Shop", standings: Standings, now_us: int) -> Rows:
    """Read who is on the shop's pages."""
    found = online.list_online(shop.pk, now_us)
    known = standings.of({each.customer_id for each in found if each.customer_id is not None})
    rows = {}
    for each in found:
        row = _who(known.get(each.customer_id or 0), each.visitor_key)
        row |= {
            "url": each.url,
            "title": each.title,
            "source": each.source,
            "language": each.language,
            "cart": _money(each.cart_minor, each.currency or shop.currency),
            "minor": each.cart_minor,
            "since": each.since_us // 1000,
            "page_since": each.page_since_us // 1000,
            "invited": (each.invited_us or 0) // 1000,
            "identity": each.identity_id or 0,
        }
        rows[each.id] = row
    return rows


def read_seats(shop: "Shop") -> Rows:
    """Read who serves, or has served, at the live desk."""
    return {
        each.person.pk: {
            "person": str(each.person.public_id),
            "name": each.person.name or each.person.email,
            "state": each.state,
            "since": each.since_us // 1000,
            "until": (each.wrap_up_until_us or 0) // 1000,
            "chats": each.chats,
            "capacity": each.capacity,
            "languages": list(each.languages),
            "skills": list(each.skills),
        }
        for each in seats.list_seats(shop.pk)
    }


def _chat(shop: "Shop", turn: "Turn", standing: "Standing | None") -> Row:
    conversation = turn.conversation
    state = getattr(conversation, "chat", None)
    told = "" if state is None else state.name
    row = _who(standing, str(conversation.public_id), told)
    return row | {
        "id": str(conversation.public_id),
        "state": "waiting" if turn.state == TurnState.WAITING else "served",
        "person": turn.person_id or 0,
        "by": _name(turn.person),
        "wanted": _name(turn.wanted) if turn.state == TurnState.WAITING else "",
        "team": _department(turn),
        "since": turn.waited_since_us // 1000,
        "served": (turn.served_us or 0) // 1000,
        "awaits": (conversation.waiting_since_us or 0) // 1000 if conversation.awaits_us else 0,
        "stake": _money(turn.value_minor, shop.currency),
        "language": turn.language,
        "number": conversation.last_number,
        "preview": conversation.preview[:LONGEST_PREVIEW],
        "identity": conversation.identity_id or 0,
        "delivered": 0 if state is None else state.delivered_number,
        "read": 0 if state is None else state.read_number,
        "seen": 0 if state is None else state.seen_number,
    }


def _who(standing: "Standing | None", key: str, told: str = "") -> Row:
    """Who somebody is to the shop; what a visitor calls themselves is shown as said, never as known."""
    if standing is None or not standing.label:
        return {"who": told or f"Visitor {key[-4:]}", "known": False, "segment": "", "factor": "", "customer": ""}
    return {
        "who": standing.label,
        "known": standing.known,
        "segment": standing.segment,
        "factor": "" if standing.rf is None else f"{standing.rf:.2f}",
        "customer": str(standing.customer.public_id),
    }


def _department(turn: "Turn") -> str:
    """The department a chat waits for, where it is not everybody's."""
    waits = turn.state == TurnState.WAITING
    return turn.team.name if waits and turn.team is not None and not turn.team.is_default else ""


def _name(person: Any) -> str:
    return "" if person is None else person.name or person.email


def _coarse(seconds: int | None) -> int | None:
    """A wait to the quarter of a minute: finer would move every row with every look."""
    return None if seconds is None else round(seconds / 15) * 15


def _money(minor: int, code: str) -> str:
    """Write an amount in whole units; nothing is empty."""
    if minor <= 0 or not currency.is_known(code):
        return ""
    return f"{code} {figures.whole(max(1, minor / 10 ** currency.exponent(code)))}"
