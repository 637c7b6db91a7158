"""The stages of handling: what may follow what, the clock that stands while we wait, promises and facts."""

from datetime import date, timedelta

import pytest

from kizuna.conversations import wishes
from kizuna.conversations.models import Message, ServiceRequest, WishMove
from kizuna.conversations.wishes import Stage, WrongStage
from kizuna.flows.wishes import handling, opening
from kizuna.flows.wishes.handling import Acceptance, Refusal, Understanding
from kizuna.flows.wishes.opening import NewWish
from kizuna.privileges import capabilities
from kizuna.privileges.capabilities import Beyond
from kizuna.privileges.models import CapabilityWeek, Promise
from kizuna.shops.tenants import Refused
from kizuna.tracking.models import Fact
from tests.flows.wishes.making import Scene

pytestmark = pytest.mark.django_db


def test_a_wish_from_a_message_becomes_fulfilled_and_every_move_is_kept() -> None:
    scene = Scene()
    message = scene.says("Could I have the lamp in green?")
    new = NewWish(None, "", "message", message_id=message.pk)
    wish = opening.open_wish(scene.shop, new, scene.operator, scene.now)
    again = opening.open_wish(scene.shop, new, scene.operator, scene.later(minutes=1))
    assert again.pk == wish.pk
    assert (wish.text, wish.identity_id, wish.customer_id) == (message.text, scene.identity_id, scene.customer_id)
    scene.answers("In which green?")
    scene.later(hours=1)
    scene.says("Like moss.")
    handling.understand(scene.shop, wish.public_id, Understanding("moss green"), scene.operator, scene.now)
    handling.accept(scene.shop, wish.public_id, Acceptance(date(2026, 3, 10)), scene.operator, scene.later(hours=1))
    handling.start(scene.shop, wish.public_id, scene.operator, scene.later(hours=24))
    handling.fulfil(scene.shop, wish.public_id, "Lacquered", scene.operator, scene.later(hours=24))
    handling.confirm(scene.shop, wish.public_id, None, scene.later(hours=24))
    [dates] = wishes.list_of(scene.shop.pk, [scene.identity_id])
    assert (dates.confirmed_by_customer, dates.within_capability, dates.via_portal) == (False, True, False)
    assert dates.understood_us < dates.accepted_us < dates.fulfilled_us < dates.promised_us
    moves = WishMove.objects.filter(wish__public_id=wish.public_id, what="stage").order_by("id")
    assert [move.after for move in moves] == [
        "forwarded",
        "understood",
        "accepted",
        "in_work",
        "fulfilled",
        "confirmed",
    ]
    assert [move.by for move in moves][-1] == "customer"
    facts = Fact.objects.filter(shop_id=scene.shop.pk).order_by("happened_us", "id").values_list("name", flat=True)
    assert list(facts) == ["Wish Expressed", "Wish Accepted", "Wish Fulfilled", "Wish Confirmed"]
    lines = Message.objects.filter(conversation=scene.conversation, kind="happening").count()
    assert lines == 3


def test_the_clock_stands_while_we_wait_for_the_customer() -> None:
    scene = Scene()
    message = scene.says("Could I have the lamp in green?")
    wish = opening.open_wish(scene.shop, NewWish(None, "", "message", message_id=message.pk), scene.operator, scene.now)
    first_due = wish.due_us
    scene.later(hours=2)
    scene.answers("Moss green?")
    wish = handling.understand(scene.shop, wish.public_id, Understanding("moss green"), scene.operator, scene.now)
    assert (wish.stage, wish.due_us, wish.waits_since_us) == (Stage.FORWARDED, None, scene.now_us)
    scene.later(days=7)
    scene.says("Yes!")
    handling.heard(scene.shop, scene.conversation.pk, scene.now_us)
    wish = wishes.get(scene.shop.pk, wish.public_id)
    assert (wish.stage, wish.waits_since_us) == (Stage.UNDERSTOOD, None)
    assert first_due is not None
    assert wish.due_us == first_due + timedelta(days=7) // timedelta(microseconds=1)
    moved = WishMove.objects.get(wish=wish, what="stage", after="understood")
    assert (moved.working_minutes, moved.waiting_minutes) == (120 + 5 * 480, 5 * 480)


def test_a_wish_is_not_accepted_before_it_is_understood() -> None:
    scene = Scene()
    wish = scene.wish()
    with pytest.raises(WrongStage):
        handling.accept(scene.shop, wish.public_id, Acceptance(), scene.operator, scene.now)
    assert ServiceRequest.objects.get(pk=wish.pk).stage == Stage.FORWARDED


def test_beyond_capacity_nothing_is_promised_and_an_honest_day_is_named() -> None:
    scene = Scene()
    entry = scene.entry(per_week=1, lead_days=1)
    other = scene.entry("Lacquer in stock colours")
    first = scene.understood(capability_id=entry.pk)
    second = scene.understood("A green lamp too", capability_id=entry.pk)
    accepted = handling.accept(scene.shop, first.public_id, Acceptance(), scene.operator, scene.now)
    assert accepted.promised_us is not None
    with pytest.raises(Beyond) as beyond:
        handling.accept(scene.shop, second.public_id, Acceptance(), scene.operator, scene.now)
    assert beyond.value.next_day == date(2026, 3, 9)
    assert [offer.capability.pk for offer in beyond.value.nearest] == [other.pk]
    day = beyond.value.next_day
    handling.accept(scene.shop, second.public_id, Acceptance(day), scene.operator, scene.now)
    held = Promise.objects.filter(released_us=None).order_by("day")
    assert [each.day for each in held] == [date(2026, 3, 3), date(2026, 3, 9)]


def test_declining_gives_back_what_was_promised() -> None:
    scene = Scene()
    entry = scene.entry(per_week=1)
    first, second = scene.understood(capability_id=entry.pk), scene.understood("Two", capability_id=entry.pk)
    handling.accept(scene.shop, first.public_id, Acceptance(), scene.operator, scene.now)
    refusal = Refusal("The workshop burnt down", "The same lamp in grey")
    declined = handling.decline(scene.shop, first.public_id, refusal, scene.operator, scene.now)
    assert (declined.stage, declined.nearest) == (Stage.DECLINED, "The same lamp in grey")
    handling.accept(scene.shop, second.public_id, Acceptance(), scene.operator, scene.now)
    assert CapabilityWeek.objects.get(capability=entry).taken == 1
    handling.withdraw(scene.shop, second.public_id, "", None, scene.now)
    assert CapabilityWeek.objects.get(capability=entry).taken == 0
    assert capabilities.find_promise(scene.shop.pk, second.public_id) is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"identity_id": None}, "customer"),
        ({"identity_id": 10**12}, "customer"),
        ({"source": "rumour"}, "source"),
        ({"kind_id": 10**12}, "kind"),
        ({"capability_id": 10**12}, "capability"),
        ({"department_id": 10**12}, "department"),
        ({"priority": 9}, "priority"),
        ({"own_priority": 0}, "own_priority"),
        ({"message_id": 10**12}, "message"),
        ({"conversation_id": 10**12}, "conversation"),
    ],
)
def test_bad_input_names_the_field(given: dict[str, object], field: str) -> None:
    scene = Scene()
    told = {"identity_id": scene.identity_id, "text": "A lamp", "source": "form", **given}
    with pytest.raises(Refused) as refused:
        opening.open_wish(scene.shop, NewWish(**told), scene.operator, scene.now)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_fulfilled_wish_that_is_not_right_goes_back_into_work_and_the_order_of_wishes_is_theirs() -> None:
    scene = Scene()
    wish = scene.understood()
    handling.accept(scene.shop, wish.public_id, Acceptance(), scene.operator, scene.now)
    handling.fulfil(scene.shop, wish.public_id, "", scene.operator, scene.later(hours=1))
    again = handling.start(scene.shop, wish.public_id, scene.operator, scene.later(hours=1))
    assert (again.stage, again.fulfilled_us) == (Stage.IN_WORK, None)
    assert again.due_us is not None
    other = scene.wish("Something else")
    handling.reorder(scene.shop, other.public_id, 1, None, scene.now)
    handling.reorder(scene.shop, wish.public_id, 2, None, scene.now)
    ordered = wishes.list_open(scene.shop.pk, [scene.identity_id])
    assert [each.pk for each in ordered] == [other.pk, wish.pk]


def test_what_was_understood_once_stays_so_for_the_relationship() -> None:
    scene = Scene()
    message = scene.says("Could I have the lamp in green?")
    new = NewWish(None, "", "message", message_id=message.pk)
    wish = opening.open_wish(scene.shop, new, scene.operator, scene.now)
    understood = Understanding("green", confirmed=True)
    handling.understand(scene.shop, wish.public_id, understood, scene.operator, scene.later(hours=1))
    [before] = wishes.list_of(scene.shop.pk, [scene.identity_id])
    handling.decline(scene.shop, wish.public_id, Refusal("No green left"), scene.operator, scene.later(hours=1))
    handling.forward(scene.shop, wish.public_id, None, scene.operator, scene.later(hours=1))
    [after] = wishes.list_of(scene.shop.pk, [scene.identity_id])
    assert (after.forwarded_us, after.understood_us) == (before.forwarded_us, before.understood_us)
    assert ServiceRequest.objects.get().understood_us is None
