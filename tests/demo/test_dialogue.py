"""The demo's dialogue: told through the flows, with what the simulation says of it, once however often it is told."""

from collections import Counter
from pathlib import Path

import pytest

from kizuna.conversations.models import Conversation, Message, Outgoing, ServiceRequest
from kizuna.demo import dialogue, filling, kept, retelling, simulator
from kizuna.demo.simulator_dialogue import DECLINED
from kizuna.demo.simulator_world import Plan
from kizuna.knowledge.models import Lesson
from kizuna.outreach.models import MailMonth, Play, Target
from kizuna.relationships import stages
from kizuna.relationships.models import Investment, Referral
from tests.demo.test_filling import NOW_US, quiet

PLAN = Plan(NOW_US, customers=200)


def test_the_same_plan_tells_the_same_stories_and_keeps_what_is_true_of_them() -> None:
    first, again = (simulator.simulate(Plan(NOW_US, 400)).world for _ in range(2))
    assert first.stories == again.stories
    wishes = [story for story in first.stories if story.wish is not None]
    assert len(wishes) == first.truth.wishes.sum() > 8
    assert first.truth.wishes_late.sum() == sum(each.wish.outcome == "late" for each in wishes if each.wish)
    for story in first.stories:
        instants = [line.at_us for line in story.lines]
        assert instants == sorted(instants)
        assert instants[-1] <= NOW_US


@pytest.mark.django_db(transaction=True)
def test_what_is_told_is_known_everywhere_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = filling.fill(tmp_path, PLAN, quiet)
    world = simulator.simulate(PLAN).world

    def stop(doing: str, done: int, whole: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dialogue.tell_once(tmp_path, stop)
    assert Conversation.objects.filter(messages__client_id__endswith="-0").count() == 5
    dialogue.tell_once(tmp_path, quiet)
    told = Conversation.objects.filter(shop=shop).exclude(messages__client_id__startswith="play-")
    chats = told.filter(channel="chat")
    assert chats.distinct().count() == len(world.chats) > 10
    told = told.exclude(channel="chat")
    assert told.distinct().count() == len(world.stories)
    wished = [story.wish for story in world.stories if story.wish is not None and len(story.lines) > 1]
    asked = ServiceRequest.objects.filter(shop=shop, conversation__channel="chat")
    assert asked.count() == sum(bool(chat.wish) for chat in world.chats)
    rows = ServiceRequest.objects.filter(shop=shop).exclude(conversation__channel="chat")
    assert rows.count() == len(wished)
    assert rows.filter(stage="declined").count() == sum(each.outcome == DECLINED for each in wished)
    assert not rows.filter(stage="confirmed", confirmed_us=None).exists()
    assert Counter(rows.values_list("within_capability", flat=True))[True] > 0
    assert Lesson.objects.filter(shop=shop).exists()
    assert Investment.objects.filter(shop=shop).count() > len(world.stories)
    assert Play.objects.filter(shop=shop).count() == 3
    assert Target.objects.filter(shop=shop, state="answered").exists()
    assert MailMonth.objects.filter(shop=shop).count() == 12
    assert Referral.objects.filter(shop=shop).exclude(attributed_us=None).exists()
    assert not Outgoing.objects.exists(), "no mail leaves"
    standing = stages.find_many(shop.pk, list(rows.filter(stage="confirmed").values_list("customer_id", flat=True)))
    assert {each.highest for each in standing.values()} <= {2, 3, 4, 5}

    before = (Message.objects.count(), Investment.objects.count(), Target.objects.count())
    note = kept.read_note(tmp_path)
    assert note is not None
    assert note.talked
    dialogue.tell_once(tmp_path, quiet)
    monkeypatch.setattr(retelling, "_QUIET_US", 0)
    dialogue.tell(shop, world, quiet)
    assert (Message.objects.count(), Investment.objects.count(), Target.objects.count()) == before
