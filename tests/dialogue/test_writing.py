"""Answers, notes and what is done with a conversation, through the flows."""

from datetime import timedelta

import pytest

from kizuna.conversations import contacts as talked
from kizuna.conversations import queues, search, threads
from kizuna.conversations.models import Conversation, Mention, Message, Outgoing
from kizuna.conversations.queues import Asked
from kizuna.conversations.threads import State
from kizuna.flows import contacts, identities, stage_events
from kizuna.flows.contacts import ContactDraft
from kizuna.flows.dialogue import handling, writing
from kizuna.flows.dialogue.writing import Beginning, Note, Refused, Reply
from kizuna.flows.identities import Pair
from kizuna.relationships import investments
from kizuna.science.stages import Act
from tests.dialogue.making import NOW, hear, make_desk, write_in

pytestmark = pytest.mark.django_db


def test_an_answer_goes_to_who_wrote_and_counts_once() -> None:
    desk = make_desk()
    conversation = write_in(desk, ago_min=30)
    assert conversation.awaits_us
    told = Reply("It left yesterday.", client_id="once")
    first = writing.reply(desk.shop, conversation.pk, told, desk.kim, NOW)
    again = writing.reply(desk.shop, conversation.pk, told, desk.kim, NOW)
    assert first.pk == again.pk
    assert first.recipients == {"to": ["ann@example.com"], "cc": []}
    conversation.refresh_from_db()
    assert (conversation.awaits_us, conversation.waiting_since_us, conversation.assignee_id) == (
        False,
        None,
        desk.kim.pk,
    )
    assert conversation.first_response_us == first.at_us


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (Reply("   "), "write something"),
        (Reply("x" * 100_001), "at most"),
        (Reply("Hello", to=("nobody",)), "no e-mail address"),
        (Reply("Hello", to=("a@b.example\nBcc: c@d.example",)), "no e-mail address"),
        (Reply("Hello", to=tuple(f"a{n}@b.example" for n in range(51))), "at most 50"),
        (Reply("Hello", attachment_ids=(7,)), "no longer there"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_leaves_nothing(told: Reply, why: str) -> None:
    desk = make_desk()
    conversation = write_in(desk)
    with pytest.raises(Refused, match=why):
        writing.reply(desk.shop, conversation.pk, told, desk.kim, NOW)
    assert [each.number for each in threads.list_messages(desk.shop.pk, conversation.pk)] == [1]


def test_a_note_is_ours_alone_and_names_colleagues() -> None:
    desk = make_desk()
    stranger = make_desk().kim
    conversation = write_in(desk)
    told = Note("@Lee Lowe please look", (desk.lee.pk, stranger.pk, desk.kim.pk))
    writing.note(desk.shop, conversation.pk, told, desk.kim, NOW)
    assert [each.person_id for each in Mention.objects.all()] == [desk.lee.pk]
    conversation.refresh_from_db()
    assert conversation.awaits_us, "a note answers nobody"
    assert conversation.preview == "Where is my tea?"
    asked = Asked("mentions", desk.lee.pk)
    assert [each.pk for each in queues.list_page(desk.shop.pk, asked).rows] == [conversation.pk]
    handling.look(desk.shop, conversation, desk.lee, NOW)
    assert not queues.list_page(desk.shop.pk, asked).rows


def test_a_dialogue_the_shop_begins_waits_outside_the_inbox_until_they_answer() -> None:
    desk = make_desk()
    identity_id = write_in(desk).identity_id
    told = Beginning(desk.team.pk, identity_id, "A question", "What do you wish for?", state=State.BEGUN)
    begun = writing.begin(desk.shop, told, None, NOW)
    everything = Asked("all", desk.kim.pk)
    assert begun.pk not in {each.pk for each in queues.list_page(desk.shop.pk, everything).rows}
    hear(begun, "Green tea!")
    assert begun.pk in {each.pk for each in queues.list_page(desk.shop.pk, everything).rows}
    with pytest.raises(Refused, match="address"):
        writing.begin(desk.shop, Beginning(desk.team.pk, None, "A", "B"), None, NOW)


def test_the_quicker_one_takes_it() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    assert handling.take(desk.shop, conversation.pk, desk.kim, NOW)
    assert not handling.take(desk.shop, conversation.pk, desk.kim, NOW)
    with pytest.raises(handling.Taken):
        handling.take(desk.shop, conversation.pk, desk.lee, NOW)
    assert handling.assign(desk.shop, conversation.pk, desk.lee, desk.kim, NOW)


def test_what_rests_wakes_by_itself_or_by_a_word() -> None:
    desk = make_desk()
    first, second = write_in(desk), write_in(desk, email="bo@example.com")
    for each in (first, second):
        handling.snooze(desk.shop, each.pk, NOW + timedelta(hours=3), desk.kim, NOW)
    hear(second, "Still nothing", "bo@example.com")
    handling.wake(NOW + timedelta(hours=1))
    states = dict(Conversation.objects.values_list("pk", "state"))
    assert (states[first.pk], states[second.pk]) == (State.SNOOZED, State.OPEN)
    handling.wake(NOW + timedelta(hours=4))
    assert Conversation.objects.get(pk=first.pk).state == State.OPEN
    with pytest.raises(Refused):
        handling.snooze(desk.shop, first.pk, NOW, desk.kim, NOW)


def test_spam_stays_out_of_the_way() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    handling.mark_spam(desk.shop, conversation.pk, desk.kim, NOW)
    hear(conversation, "Buy my pills")
    conversation.refresh_from_db()
    assert conversation.state == State.SPAM
    handling.reopen(desk.shop, conversation.pk, desk.kim, NOW)
    conversation.refresh_from_db()
    assert (conversation.state, conversation.awaits_us) == (State.OPEN, True)


def test_conversations_are_found_by_subject_person_and_text() -> None:
    desk = make_desk()
    tea = write_in(desk, "The sencha arrived broken", "Broken cups", "ann@example.com")
    coffee = write_in(desk, "Kaffee für Zoë", "Frage", "zoe@example.org")
    japanese = write_in(desk, "注文した抹茶が届きません", "抹茶", "ken@example.jp")
    found = {
        words: search.find(desk.shop.pk, words, 10) for words in ("sench", "BROKEN cup", "zoe@example.org", "抹茶", "")
    }
    assert found == {
        "sench": [tea.pk],
        "BROKEN cup": [tea.pk],
        "zoe@example.org": [coffee.pk],
        "抹茶": [japanese.pk],
        "": [],
    }
    assert search.find(desk.shop.pk, "example", 10) == [japanese.pk, coffee.pk, tea.pk], "the newest first"
    assert search.find(make_desk().shop.pk, "sencha", 10) == []


def test_a_conversation_follows_its_identity_through_merge_and_undo() -> None:
    desk = make_desk()
    ann, bo = write_in(desk), write_in(desk, email="bo@example.com")
    assert ann.customer_id is not None
    assert bo.customer_id is not None
    merge_id = identities.merge(desk.shop, Pair(ann.customer_id, bo.customer_id), desk.kim, NOW)
    assert Conversation.objects.get(pk=bo.pk).customer_id == ann.customer_id
    identities.unmerge(desk.shop, merge_id, desk.kim, NOW)
    assert Conversation.objects.get(pk=bo.pk).customer_id == bo.customer_id


def test_a_call_noted_by_hand_is_a_conversation_with_its_cost() -> None:
    desk = make_desk()
    customer_id = write_in(desk).customer_id
    assert customer_id is not None
    draft = ContactDraft("Phone Call Received", NOW, "Cups", "They wish for cups", 6, token="once", stays_open=True)
    assert contacts.record_contact(desk.shop, customer_id, draft, desk.kim, NOW)
    assert not contacts.record_contact(desk.shop, customer_id, draft, desk.kim, NOW)
    call = Conversation.objects.get(channel="phone")
    assert (call.state, call.awaits_us, call.subject, call.customer_id) == (State.OPEN, True, "Cups", customer_id)
    booked = investments.list_of_conversation(desk.shop.pk, call.pk)
    assert sorted(each.kind for each in booked) == ["channel", "minutes"]
    assert [each.minutes for each in booked if each.kind == "minutes"] == [6.0]
    letter = ContactDraft("Letter Sent", NOW, note="We sent samples", token="other")
    contacts.record_contact(desk.shop, customer_id, letter, desk.kim, NOW)
    assert Conversation.objects.get(channel="post").state == State.CLOSED


def test_what_never_arrived_is_no_contact_and_a_friend_in_copy_speaks_for_themselves() -> None:
    desk = make_desk()
    ann, bo = write_in(desk, ago_min=60), write_in(desk, email="bo@example.com", ago_min=50)
    message = writing.reply(desk.shop, ann.pk, Reply("On its way."), desk.kim, NOW)
    assert len(talked.contacts_of(desk.shop.pk, [ann.identity_id])) == 2
    Outgoing.objects.filter(message=message).update(state="failed")
    assert len(talked.contacts_of(desk.shop.pk, [ann.identity_id])) == 1
    hear(ann, "I would like one too", "bo@example.com")
    Message.objects.filter(conversation=ann, direction="in").filter(from_address="bo@example.com").update(
        identity_id=bo.identity_id
    )
    told = stage_events.gather(desk.shop, [ann.customer_id, bo.customer_id])
    assert [sum(each.act == Act.CONTACT_IN for each in told[who]) for who in (ann.customer_id, bo.customer_id)] == [
        1,
        1,
    ]
