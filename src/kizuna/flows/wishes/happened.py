"""What a wish leaves behind in other rooms: a fact of the customer, a line in the conversation, a note to open pages.

Called inside the transaction of what happened; pages are told after the commit.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.bus import notes
from kizuna.conversations import threads
from kizuna.conversations.threads import Author, Direction, Kind, NewMessage
from kizuna.customers import links
from kizuna.flows import happenings, stages
from kizuna.flows.happenings import Happening

if TYPE_CHECKING:
    from kizuna.conversations.models import ServiceRequest
    from kizuna.shops.models import Shop

LONGEST = 300
EXPRESSED = "Wish Expressed"


def record(
    shop: "Shop", wish: "ServiceRequest", name: str, now_us: int, properties: Mapping[str, object] | None = None
) -> None:
    """Record a fact of the customer about a wish: that it was expressed once, the rest once per moment."""
    if wish.identity_id is None:
        return
    said = {"wish_id": str(wish.public_id), "about": wish.kind.name if wish.kind else "", "text": wish.title}
    moment = "" if name == EXPRESSED else f"-{now_us}"
    key = f"wish-{wish.public_id.hex}-{name.replace(' ', '-').lower()}{moment}"
    happenings.record(shop, Happening(name, wish.identity_id, now_us, key[:80], {**said, **(properties or {})}), now_us)


def express(shop: "Shop", wish: "ServiceRequest", now_us: int) -> None:
    """Record that the customer expressed the wish, if that was not done: the machine may err, a person vouches."""
    record(shop, wish, EXPRESSED, now_us, {"text": wish.text[:LONGEST], "source": wish.source})


def tell_thread(shop: "Shop", wish: "ServiceRequest", words: str, person_id: int | None, now_us: int) -> None:
    """Leave a line of what happened in the conversation, for the shop's people; nothing is sent."""
    if wish.conversation_id is None:
        return
    line = NewMessage(
        direction=Direction.WITHIN,
        author=Author.MACHINE if person_id is None else Author.PERSON,
        text=words[:LONGEST],
        at_us=now_us,
        kind=Kind.HAPPENING,
        person_id=person_id,
        is_automatic=person_id is None,
        remarks={"happening": "wish", "wish": str(wish.public_id)},
    )
    threads.append(shop.pk, wish.conversation_id, line, now_us)


def publish(shop: "Shop", wish: "ServiceRequest") -> None:
    """Tell open pages that a wish changed."""
    body: dict[str, object] = {"wish": str(wish.public_id), "stage": str(wish.stage)}
    transaction.on_commit(partial(notes.publish, f"shop:{shop.pk}:wishes", body))


def follow(shop: "Shop", wish: "ServiceRequest", now_us: int) -> None:
    """Let follow what every change of a wish brings with it."""
    publish(shop, wish)
    if wish.identity_id is not None:
        stages.review(shop, links.customers_of(shop.pk, [wish.identity_id]).values(), now_us)
