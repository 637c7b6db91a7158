"""The dated events that stages are reckoned from, gathered over all rooms and identities of some customers.

A contact told by a conversation and by the journal alike counts once. Reads only.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from kizuna.conversations import contacts, wishes
from kizuna.customers import links
from kizuna.knowledge import learned
from kizuna.relationships import referrals
from kizuna.sales import ledger
from kizuna.science.stages import Act, Event
from kizuna.tracking import dealings

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

_TOLD_ELSEWHERE = ("wish-", "email-sent-")
"""How the keys of facts begin that a wish, or the message that was sent, tells better itself."""
_SAME_US = 5 * 60 * 1_000_000
_OF_PART = {
    dealings.CONTACT_IN: Act.CONTACT_IN,
    dealings.CONTACT_OUT: Act.CONTACT_OUT,
    dealings.REACTION: Act.REACTION,
    dealings.WISH: Act.WISH,
    dealings.SAID: Act.AGREED,
    dealings.PRAISE: Act.REFERRAL,
}

type Told = Iterable[tuple[int, Event]]


def gather(shop: "Shop", customer_ids: Collection[int]) -> dict[int, list[Event]]:
    """Gather the events of customers; who has no identity left (merged away) is left out."""
    members = {who: each for who, each in links.identities_of(shop.pk, customer_ids).items() if each}
    owner = {identity: customer for customer, identities in members.items() for identity in identities}
    found: dict[int, list[Event]] = {customer: [] for customer in members}
    talks = list(_talks(shop.pk, owner))
    journal = _journal(shop.pk, owner, talks)
    for told in (talks, journal, *(read(shop.pk, owner) for read in (_doings, _wishes, _lessons, _referrals))):
        for identity_id, event in told:
            found[owner[identity_id]].append(event)
    return found


def list_candidates(shop: "Shop") -> set[int]:
    """Every customer who has anything that a stage or the depth of a dialogue is reckoned from."""
    identities = {*contacts.list_identities(shop.pk), *dealings.list_identities(shop.pk)}
    return set(links.customers_of(shop.pk, identities).values())


def _talks(shop_id: int, owner: Mapping[int, int]) -> Told:
    """Contacts of conversations; what somebody in copy wrote is their own, told by the journal."""
    for each in contacts.contacts_of(shop_id, owner):
        if each.writer_id is not None and owner.get(each.writer_id) != owner[each.identity_id]:
            continue
        act = Act.CONTACT_IN if each.inbound else Act.CONTACT_OUT
        yield each.identity_id, Event(each.at_us, act, each.ref, channel=each.channel, thread=str(each.conversation_id))


def _journal(shop_id: int, owner: Mapping[int, int], talks: Told) -> Told:
    """Facts of the journal; those that tell of a message of a conversation, or of a wish kept here, are left out."""
    said: dict[tuple[int, str, str], list[int]] = {}
    for identity_id, event in talks:
        said.setdefault((owner[identity_id], event.act, event.channel), []).append(event.at_us)
    for each in dealings.dealings_of(shop_id, owner):
        if each.message_id.startswith(_TOLD_ELSEWHERE):
            continue
        act = _OF_PART[each.part]
        known = said.get((owner[each.identity_id], act, each.channel), ())
        if not any(abs(each.at_us - at_us) <= _SAME_US for at_us in known):
            wish = each.message_id[:40] if act == Act.WISH else ""
            yield each.identity_id, Event(each.at_us, act, each.message_id, wish=wish, channel=each.channel)


def _doings(shop_id: int, owner: Mapping[int, int]) -> Told:
    for identity_id, first_us in dealings.visits_of(shop_id, owner):
        yield identity_id, Event(first_us, Act.VISIT, channel="web")
    orders = ledger.columns_of(shop_id, owner)
    bought = orders.order_is_purchase
    for identity_id, at_us in zip(
        orders.order_identity[bought].tolist(), orders.order_us[bought].tolist(), strict=True
    ):
        yield identity_id, Event(at_us, Act.PURCHASE, channel="web")


def _wishes(shop_id: int, owner: Mapping[int, int]) -> Told:
    """Wishes as dated where they were said; one understood was confirmed by the customer or by a second turn."""
    for wish in wishes.list_of(shop_id, owner):
        if wish.identity_id is None:
            continue
        ref, via = str(wish.public_id), wish.via_portal
        channel = "portal" if via else ""
        dated = (
            (wish.forwarded_us if wish.said_us is None else min(wish.said_us, wish.forwarded_us), Act.WISH),
            (wish.understood_us, Act.LEARNED),
            (wish.understood_us, Act.AGREED),
            (wish.fulfilled_us, Act.FULFILLED),
            (wish.confirmed_us, Act.CONFIRMED),
        )
        within = wish.within_capability is not False
        for at_us, act in dated:
            if at_us is not None:
                told = Event(at_us, act, ref, wish=ref, channel=channel, within=within, via_portal=via)
                yield wish.identity_id, told


def _lessons(shop_id: int, owner: Mapping[int, int]) -> Told:
    for identity_id, learned_us, confirmed_us in learned.list_moments(shop_id, owner):
        yield identity_id, Event(learned_us, Act.LEARNED, "lesson")
        if confirmed_us is not None:
            yield identity_id, Event(confirmed_us, Act.AGREED, "lesson")


def _referrals(shop_id: int, owner: Mapping[int, int]) -> Told:
    """Who they brought; two accounts of one person, merged since, brought nobody."""
    for each in referrals.list_of(shop_id, owner):
        one_person = owner.get(each.identity_id) == owner[each.giver_identity_id]
        if each.attributed_us is not None and not one_person:
            yield each.giver_identity_id, Event(each.attributed_us, Act.REFERRAL, f"referral-{each.id}")
