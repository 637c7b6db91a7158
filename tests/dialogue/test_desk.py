"""What operators rely on: taking back, minutes booked once, kept answers, macros, merging, splitting, files, drafts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from kizuna.conversations import attachments, attention, canned, drafts, outgoing, queues, search, talks_of, threads
from kizuna.conversations.models import Attachment, Conversation
from kizuna.conversations.queues import Asked
from kizuna.conversations.threads import State
from kizuna.conversations.wishes import Source
from kizuna.customers import links
from kizuna.flows import identities
from kizuna.flows.dialogue import attending, files, habits, handling, joining, writing
from kizuna.flows.dialogue.joining import Bulk
from kizuna.flows.dialogue.writing import Refused, Reply
from kizuna.flows.wishes import opening
from kizuna.flows.wishes.opening import NewWish
from kizuna.relationships import investments
from kizuna.science import periods
from tests.dialogue.making import NOW, Desk, hear, make_desk, write_in
from tests.shops.making import log_in

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def _entries(desk: Desk, conversation: Conversation) -> list[str]:
    return [each.text for each in threads.list_messages(desk.shop.pk, conversation.pk)]


def test_an_answer_can_be_taken_back_until_it_has_left() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    kept = files.upload(desk.shop, conversation, ("a.txt", "text/plain", b"a"), desk.kim, NOW)
    told = Reply("Too quick", attachment_ids=(kept.pk,), close=True)
    message = writing.reply(desk.shop, conversation.pk, told, desk.kim, NOW)
    assert outgoing.states(desk.shop.pk, [message.pk])[message.pk].may_withdraw
    with pytest.raises(Refused):
        writing.take_back(desk.shop, message.pk, desk.lee, NOW)
    assert writing.take_back(desk.shop, message.pk, desk.kim, NOW) == "Too quick"
    conversation.refresh_from_db()
    assert (conversation.state, conversation.awaits_us) == (State.OPEN, True)
    assert conversation.first_response_us is None
    assert drafts.find(desk.shop.pk, conversation.pk, desk.kim.pk)["reply"] == "Too quick"
    assert [each.pk for each in attachments.list_waiting(desk.shop.pk, desk.kim.pk, conversation.pk)] == [kept.pk]
    assert sum(each.amount_minor for each in investments.list_of_conversation(desk.shop.pk, conversation.pk)) == 0
    with pytest.raises(Refused):
        writing.take_back(desk.shop, message.pk, desk.kim, NOW)


def test_minutes_are_measured_believed_only_as_time_passes_and_booked_once() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    for beat in range(30):
        at = NOW + timedelta(seconds=10 * beat)
        attending.beat(desk.shop, conversation, desk.kim, 500 if beat == 3 else 10, at, types=False)
    [mine] = attention.list_under_way(conversation.pk)
    assert 300 <= mine.seconds <= 302
    attending.set_minutes(desk.shop, conversation.pk, desk.kim, 7, LATER)
    handling.close(desk.shop, conversation.pk, desk.kim, LATER)
    handling.close(desk.shop, conversation.pk, desk.kim, LATER)
    handling.reopen(desk.shop, conversation.pk, desk.kim, LATER)
    handling.close(desk.shop, conversation.pk, desk.kim, LATER)
    [booked] = investments.list_of_conversation(desk.shop.pk, conversation.pk)
    assert (booked.kind, booked.minutes, booked.person_id) == ("minutes", 7.0, desk.kim.pk)
    attending.beat(desk.shop, conversation, desk.kim, 10, LATER, types=False)
    handling.reopen(desk.shop, conversation.pk, desk.kim, LATER)
    handling.close(desk.shop, conversation.pk, desk.kim, LATER)
    assert len(investments.list_of_conversation(desk.shop.pk, conversation.pk)) == 2, "a new sitting"
    client = log_in(desk.kim)
    url = f"/s/{desk.shop.slug}/inbox/{conversation.public_id}/minutes/"
    client.post(url, {"minutes": "2,5", "booked": str(booked.id)})
    assert investments.list_of_conversation(desk.shop.pk, conversation.pk)[0].minutes == 2.5
    assert client.post(url, {"minutes": "1", "booked": "999999"}).status_code == 404


def test_who_else_is_there_is_known_for_a_moment() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    attending.beat(desk.shop, conversation, desk.lee, 5, NOW, types=True)

    def seen(seconds: int) -> list[tuple[str, bool]]:
        at_us = periods.epoch_us(NOW + timedelta(seconds=seconds))
        return [(each.name, each.types) for each in attention.list_present(conversation.pk, desk.kim.pk, at_us)]

    assert (seen(1), seen(20), seen(60)) == ([("Lee Lowe", True)], [("Lee Lowe", False)], [])
    attending.leave(desk.shop, conversation, desk.lee)
    assert seen(1) == []


def test_kept_answers_fill_what_is_known_and_show_what_is_not() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    told = ("Hello", "Dear {{ customer.email }}, about {{order.number}}: {{ nonsense }}. {{operator.first_name}}", None)
    kept = habits.save_reply(desk.shop, None, told, desk.kim, NOW)
    filled = habits.fill(desk.shop, conversation.pk, kept.pk, desk.kim)
    assert filled.text == "Dear ann@example.com, about {{order.number}}: {{ nonsense }}. Kim"
    assert filled.missing == ("order.number", "nonsense")
    with pytest.raises(canned.NotThere):
        canned.get_reply(make_desk().shop.pk, kept.pk)


def test_a_macro_does_everything_or_nothing() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    kept = habits.save_reply(desk.shop, None, ("Thanks", "Thank you, {{ operator.name }}", None), desk.kim, NOW)
    gap = habits.save_reply(desk.shop, None, ("Gap", "{{ order.number }}", None), desk.kim, NOW)
    steps = [["reply", kept.pk], ["tag", "Praise"], ["assign", "me"], ["note", "done"], ["close"]]
    good = habits.save_macro(desk.shop, None, "Thank", steps, desk.kim, NOW)
    bad = habits.save_macro(desk.shop, None, "Bad", [["tag", "x"], ["reply", gap.pk]], desk.kim, NOW)
    with pytest.raises(Refused, match=r"order\.number"):
        habits.run(desk.shop, bad.pk, conversation.pk, desk.kim, NOW)
    assert queues.tags_of([conversation.pk]) == {}
    habits.run(desk.shop, good.pk, conversation.pk, desk.kim, NOW, "key")
    conversation.refresh_from_db()
    assert (conversation.state, conversation.assignee_id) == (State.CLOSED, desk.kim.pk)
    assert queues.tags_of([conversation.pk]) == {conversation.pk: ["praise"]}
    assert "Thank you, Kim Kay" in _entries(desk, conversation)
    with pytest.raises(canned.Refused):
        habits.remove_reply(desk.shop, kept.pk, desk.kim, NOW)


def test_merging_keeps_every_entry_and_splitting_gives_some_back() -> None:
    desk = make_desk()
    first, second = write_in(desk, "One", ago_min=60), write_in(desk, "Two", "Again", ago_min=30)
    handling.tag(desk.shop, second.pk, "tea", desk.kim, NOW)
    joining.merge(desk.shop, first.pk, second.pk, desk.kim, NOW)
    assert _entries(desk, first)[:2] == ["One", "Two"]
    assert threads.get(desk.shop.pk, second.public_id).pk == first.pk
    assert queues.tags_of([first.pk]) == {first.pk: ["tea"]}
    assert search.find(desk.shop.pk, "two", 5)[:1] != []
    hear(second, "Three")
    assert "Three" in _entries(desk, first), "what arrives for the merged one goes where it went"
    made = joining.split(desk.shop, first.pk, [2], desk.kim, NOW)
    assert "Two" in _entries(desk, made)
    assert "Two" not in _entries(desk, first)
    other = write_in(desk, email="bo@example.com")
    with pytest.raises(Refused, match="different customers"):
        joining.merge(desk.shop, first.pk, other.pk, desk.kim, NOW)
    with pytest.raises(Refused):
        joining.split(desk.shop, other.pk, [1], desk.kim, NOW)


def test_files_are_kept_once_and_given_safely() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    evil = ("../..\\x\u202egpj.exe\r\nSet-Cookie: a=b", "text/html; charset=x", b"<script>alert(1)</script>")
    first = files.upload(desk.shop, conversation, evil, desk.kim, NOW)
    again = files.upload(desk.shop, conversation, evil, desk.kim, NOW)
    assert first.sha256 == again.sha256
    assert first.name == "xgpj.exeSet-Cookie: a=b"
    answer = log_in(desk.lee).get(f"/files/{first.token}/")
    assert b"".join(answer) == evil[2]
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert log_in(desk.kim).get("/files/unknown/").status_code == 404
    assert not files.remove(desk.shop, conversation, first.token, desk.lee, NOW), "not theirs"
    assert files.remove(desk.shop, conversation, first.token, desk.kim, NOW)
    assert attachments.read_bytes(again) == evil[2]
    with pytest.raises(files.Refused):
        files.upload(desk.shop, conversation, ("b", "", b"x" * (attachments.LARGEST + 1)), desk.kim, NOW)
    message = writing.reply(desk.shop, conversation.pk, Reply("See", attachment_ids=(again.pk,)), desk.kim, NOW)
    files.sweep(NOW + timedelta(days=9))
    assert list(Attachment.objects.values_list("message_id", flat=True)) == [message.pk]
    with pytest.raises(Refused):
        writing.reply(desk.shop, conversation.pk, Reply("See", attachment_ids=(again.pk,)), desk.kim, NOW)


def test_mail_is_shown_in_a_frame_that_runs_nothing() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    message = hear(conversation, "see")
    message.html = '<b>hello</b><img alt="" data-blocked-src="https://spy.example/a.gif">'
    message.save()
    client, url = log_in(desk.kim), f"/s/{desk.shop.slug}/inbox/{conversation.public_id}/"
    answer = client.get(f"{url}mail/{message.number}/")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-same-origin" in policy
    assert "https:" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert b' src="https://spy' not in answer.content
    assert b' src="https://spy' in client.get(f"{url}mail/{message.number}/?images=1").content
    assert client.get(f"{url}mail/77/").status_code == 404
    assert "Load remote images" in client.get(url).content.decode()


def test_several_at_once_each_by_itself() -> None:
    desk = make_desk()
    some = [write_in(desk, subject=f"Letter {number}") for number in range(4)]
    handling.take(desk.shop, some[0].pk, desk.lee, NOW)
    done, refused = joining.act_on(desk.shop, [each.pk for each in some], Bulk("take"), desk.kim, NOW)
    assert (done, refused) == (3, ["somebody else has taken it"])
    client, url = log_in(desk.kim), f"/s/{desk.shop.slug}/inbox/bulk/"
    chosen = {"id": [str(each.public_id) for each in some], "act": "close", "query": "view=mine"}
    assert "4 conversations closed" in client.post(url, chosen, follow=True).content.decode()
    assert not queues.list_page(desk.shop.pk, Asked("all", desk.kim.pk)).rows
    assert client.post(url, chosen | {"act": "explode"}).status_code == 404


def test_a_wish_is_taken_from_a_message_once() -> None:
    desk = make_desk()
    conversation = write_in(desk, "I wish for blue cups")
    client, url = log_in(desk.kim), f"/s/{desk.shop.slug}/inbox/{conversation.public_id}/"
    for _ in range(2):
        assert client.post(f"{url}wish/1/").status_code == 302
    page = client.get(url).content.decode()
    assert "Open wishes" in page
    assert page.count("I wish for blue cups") >= 2
    assert client.post(f"{url}wish/9/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_take_it_at_once_are_never_both_right() -> None:
    desk = make_desk()
    with transaction.atomic():
        conversation = write_in(desk)

    def take(person: "object") -> bool:
        try:
            return handling.take(desk.shop, conversation.pk, person, NOW)  # type: ignore[arg-type]
        except handling.Taken:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(take, [desk.kim, desk.lee]))
    assert sorted(won) == [False, True]
    conversation.refresh_from_db()
    assert conversation.assignee_id == (desk.kim, desk.lee)[won.index(True)].pk


def test_a_wish_goes_with_the_conversation_it_came_from() -> None:
    desk = make_desk()
    first, second = write_in(desk, "One", ago_min=60), write_in(desk, "Two", "Again", ago_min=30)
    message = threads.list_messages(desk.shop.pk, second.pk)[0]
    wish = opening.open_wish(desk.shop, NewWish(None, "Two", Source.MESSAGE, message_id=message.pk), desk.kim, NOW)
    joining.merge(desk.shop, first.pk, second.pk, desk.kim, NOW)
    wish.refresh_from_db()
    assert wish.conversation_id == first.pk
    number = next(each.number for each in threads.list_messages(desk.shop.pk, first.pk) if each.pk == message.pk)
    made = joining.split(desk.shop, first.pk, [number], desk.kim, NOW)
    wish.refresh_from_db()
    assert wish.conversation_id == made.pk


def test_customers_parted_again_read_only_their_own_words() -> None:
    desk = make_desk()
    ann, bo = write_in(desk), write_in(desk, "Bo's secret", "Tea", "bo@example.com", 9)
    writing.reply(desk.shop, bo.pk, Reply("An answer to Bo"), desk.kim, NOW)
    merged = identities.merge(desk.shop, identities.Pair(ann.customer_id, bo.customer_id), desk.kim, NOW)
    joining.merge(desk.shop, ann.pk, bo.pk, desk.kim, NOW)
    identities.unmerge(desk.shop, merged, desk.kim, NOW)
    mine = links.identities_of(desk.shop.pk, [ann.customer_id])[ann.customer_id]
    assert [each.text for each in talks_of.list_said(desk.shop.pk, ann.pk, mine)] == ["Where is my tea?"]
    assert len(talks_of.list_said(desk.shop.pk, ann.pk, None)) == 3
