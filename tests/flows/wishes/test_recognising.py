"""Recognition: explained proposals, opened by itself only where the owner says so, learned from what people say."""

import pytest
from django.db import transaction

from kizuna.conversations import wish_kinds, wish_recognition, wishes
from kizuna.conversations.models import Message, Recogniser, ServiceRequest, WishProposal
from kizuna.conversations.threads import Author, Direction, NewMessage, append
from kizuna.conversations.wish_recognition import NONE, Proposal
from kizuna.conversations.wishes import Stage
from kizuna.flows import hearing
from kizuna.flows.wishes import handling, opening, recognising, teaching
from kizuna.flows.wishes.handling import Understanding
from kizuna.jobs.models import Job
from kizuna.shops.tenants import Refused
from kizuna.tracking.models import Fact
from tests.flows.wishes.making import Scene

pytestmark = pytest.mark.django_db
REPAIR = "The zip is broken, can you repair it for me?"
THANKS = "Thank you very much, everything arrived and is fine."


@pytest.fixture(scope="module")
def learned(django_db_setup: None, django_db_blocker: object) -> dict[str, object]:
    """What a model learned from the start set looks like: learned once for every test here."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        scene = Scene()
        wish_kinds.ensure_start(scene.shop.pk)
        kept = wish_recognition.learn(scene.shop.pk, wish_recognition.list_examples(scene.shop.pk), scene.now_us)
        seeds = {str(kind.pk): kind.seed for kind in wish_kinds.list_kinds(scene.shop.pk)}
        told = {"model": kept.model, "figures": kept.figures, "seeds": seeds}
        transaction.set_rollback(True)
    return told


def _taught(learned: dict[str, object]) -> Scene:
    scene = Scene()
    wish_kinds.ensure_start(scene.shop.pk)
    ours = {kind.seed: str(kind.pk) for kind in wish_kinds.list_kinds(scene.shop.pk)}
    model = dict(learned["model"])  # type: ignore[call-overload]
    seeds = learned["seeds"]
    model["labels"] = [ours.get(seeds.get(label), label) for label in model["labels"]]  # type: ignore[attr-defined]
    figures = learned["figures"]
    Recogniser.objects.create(shop=scene.shop, model=model, learned_us=0, examples=0, figures=figures)
    return scene


def test_what_was_held_back_is_judged_far_better_than_by_the_commonest(learned: dict[str, object]) -> None:
    figures = learned["figures"]["start"]  # type: ignore[index]
    assert figures["texts"] > 250
    assert figures["wish_or_not"] > 0.88 > figures["usual"]
    assert figures["kind"] > 0.6 > 3 * figures["usual_kind"]


def test_a_wish_is_proposed_with_its_kind_and_the_words_for_it_and_taken_up_with_a_click(
    learned: dict[str, object],
) -> None:
    scene = _taught(learned)
    message = scene.says(REPAIR)
    opening.suggest(scene.shop, message.pk, scene.now)
    opening.suggest(scene.shop, message.pk, scene.now)
    [proposal] = wish_recognition.list_open(scene.shop.pk, scene.conversation.pk)
    assert proposal.kind is not None
    assert (proposal.state, proposal.kind.seed) == (Proposal.PROPOSED, "repair")
    assert {"repair", "broken"} & {word for word, _ in proposal.words}
    assert not ServiceRequest.objects.exists()
    wish = recognising.take(scene.shop, message.pk, scene.operator, scene.now)
    assert wish.kind_id == proposal.kind_id
    assert wish_recognition.list_open(scene.shop.pk, scene.conversation.pk) == []


def test_a_mail_that_was_heard_is_looked_at_in_the_slow_lane_once(learned: dict[str, object]) -> None:
    scene = _taught(learned)
    message, thanks = scene.says(REPAIR), scene.says(THANKS)
    Message.objects.update(channel="email")
    for each in (message, message, thanks):
        each.refresh_from_db()
        hearing.hear(scene.shop, each, scene.now)
    waiting = Job.objects.filter(task__contains="look_later")
    assert waiting.count() == 2
    assert not WishProposal.objects.exists(), "receiving does not wait for it"
    opening.look_later.func(scene.shop.pk, message.pk)
    [proposal] = wish_recognition.list_open(scene.shop.pk, scene.conversation.pk)
    assert (proposal.state, proposal.message_id) == (Proposal.PROPOSED, message.pk)
    recognising.dismiss(scene.shop, message.pk, scene.operator, scene.now)
    wish_kinds.set_rules(scene.shop.pk, True, 0.5)
    opening.look_later.func(scene.shop.pk, message.pk)
    assert not ServiceRequest.objects.exists(), "what a person dismissed stays dismissed"


def test_thanks_robots_and_our_own_words_are_no_wishes(learned: dict[str, object]) -> None:
    scene = _taught(learned)
    opening.suggest(scene.shop, scene.says(THANKS).pk, scene.now)
    opening.suggest(scene.shop, scene.answers(REPAIR).pk, scene.now)
    robot = NewMessage(Direction.IN, Author.CUSTOMER, REPAIR, scene.now_us, is_automatic=True)
    opening.suggest(scene.shop, append(scene.shop.pk, scene.conversation.pk, robot, scene.now_us)[0].pk, scene.now)
    assert list(WishProposal.objects.values_list("state", flat=True)) == [Proposal.NOTHING]


def test_by_the_owners_setting_it_is_opened_marked_and_taken_back_without_a_trace(learned: dict[str, object]) -> None:
    scene = _taught(learned)
    recognising.change_rules(scene.shop, True, 0.6, scene.operator, scene.now)
    message = scene.says(REPAIR)
    opening.suggest(scene.shop, message.pk, scene.now)
    wish = ServiceRequest.objects.get()
    assert (wish.source, wish.stage) == ("machine", Stage.FORWARDED)
    assert not Fact.objects.filter(shop_id=scene.shop.pk, name="Wish Expressed").exists()
    recognising.dismiss(scene.shop, message.pk, scene.operator, scene.now)
    assert wishes.list_of(scene.shop.pk, [scene.identity_id]) == []
    examples = wish_recognition.list_examples(scene.shop.pk)
    assert [(each.text, each.label) for each in examples if each.is_own] == [(REPAIR, NONE)]

    other = scene.says("Please engrave her name on it, it is a present")
    opening.suggest(scene.shop, other.pk, scene.now)
    wish = ServiceRequest.objects.get()
    confirmed = Understanding("her name on it", confirmed=True)
    assert Fact.objects.filter(shop_id=scene.shop.pk, name="Wish Expressed").count() == 0
    handling.understand(scene.shop, wish.public_id, confirmed, scene.operator, scene.now)
    assert Fact.objects.filter(shop_id=scene.shop.pk, name="Wish Expressed").count() == 1
    with pytest.raises(Refused):
        recognising.dismiss(scene.shop, other.pk, scene.operator, scene.now)


def test_corrections_are_learned_from() -> None:
    scene = Scene()
    wish_kinds.ensure_start(scene.shop.pk)
    kind = wish_kinds.store(scene.shop.pk, wish_kinds.KindDraft("Tuning a piano"), None)
    for number in range(6):
        scene.wish(f"My piano sounds out of tune in octave {number}, please tune the piano", kind_id=kind.pk)
    teaching.learn.func(shop_id=scene.shop.pk, now_us=scene.now_us)
    found = wish_recognition.recognise(scene.shop.pk, "Please tune the old piano again")
    newest = wish_recognition.find_newest(scene.shop.pk)
    assert found is not None
    assert newest is not None
    assert (found.kind_id, newest.examples) == (kind.pk, 6)
    assert newest.figures["own"]["texts"] == 6


def test_before_anything_was_learned_a_message_waits_for_the_slow_lane() -> None:
    scene = Scene()
    message = scene.says(REPAIR)
    opening.suggest(scene.shop, message.pk, scene.now)
    job = Job.objects.get(task="kizuna.flows.wishes.opening.look_later")
    assert job.queue == "slow"
    opening.look_later.func(**job.kwargs)
    assert WishProposal.objects.get().state == Proposal.PROPOSED
