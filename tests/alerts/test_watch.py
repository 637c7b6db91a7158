"""Who is alerted when: each reason once, only who may see it, names only where asked for, mail when nobody is there."""

from datetime import timedelta

import pytest

from kizuna.conversations import desk, teams, threads
from kizuna.conversations.live import seats
from kizuna.conversations.live.turns import NewTurn, enter
from kizuna.conversations.models import ChatState, Outgoing, SeatState, Turn
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import identity
from kizuna.customers.identity import IdentityKind
from kizuna.flows import alerts, alerts_watch
from kizuna.flows.alerts import Chosen
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Note
from kizuna.science import periods
from kizuna.shops import devices, members
from kizuna.shops.models import Alert, Device
from tests.alerts.push_service import push_service
from tests.shops.making import NOW, make_person, make_shop

pytestmark = pytest.mark.django_db
NOW_US = periods.epoch_us(NOW)
LATER = NOW + timedelta(seconds=30)


@pytest.fixture
def service(settings):
    with push_service() as running:
        settings.PUSH_HOSTS = (running.netloc,)
        yield running


@pytest.fixture
def shop():
    return make_shop()


def open_chat(shop, person=None, key="visitor-1"):
    """Let a visitor write and wait, or be served by somebody."""
    who = identity.ensure(shop.pk, IdentityKind.VISITOR, [key], [NOW_US])[key]
    team = teams.ensure_default(shop.pk)
    talk = threads.open_conversation(shop.pk, NewConversation(team.pk, Channel.CHAT, "Chat", who, None), NOW_US)
    ChatState.objects.create(conversation=talk, name="Zoe Zimmer", context={})
    said = NewMessage(Direction.IN, Author.CUSTOMER, "Secret question about my order", NOW_US, client_id=f"c-{key}")
    threads.append(shop.pk, talk.pk, said, NOW_US)
    turn = enter(NewTurn(shop.pk, talk.pk, team.pk), NOW_US)
    if person is not None:
        Turn.objects.filter(pk=turn.pk).update(state="served", person=person, served_us=NOW_US)
    return talk


def sit(shop, person, seen_us, used_us=None):
    seat = seats.ensure(shop.pk, person.pk)
    seat.state, seat.seen_us, seat.used_us, seat.since_us = (
        SeatState.AVAILABLE,
        seen_us,
        used_us or seen_us,
        NOW_US - 10**9,
    )
    seat.save()


def listen(shop, service=None, role="operator", path="browser", **chosen):
    person = make_person(shop, role)
    alerts.choose(shop, person, Chosen(**chosen))
    if service is not None:
        devices.add(person, service.subscription(f"{path}-{person.pk}"), NOW_US)
    return person


def run_jobs():
    """Do what was queued, as the worker would."""
    from kizuna.jobs.models import Job

    for job in Job.objects.filter(task__endswith="alerts.deliver"):
        alerts.deliver.call(**job.kwargs)
    return Job.objects.filter(task__endswith="alerts.deliver").count()


def test_who_does_not_look_is_pushed_once_and_sees_no_name(shop, service):
    kim = listen(shop, service)
    open_chat(shop)
    assert alerts_watch.watch_shop(shop, NOW) == 0
    assert alerts_watch.watch_shop(shop, NOW + timedelta(seconds=6)) == 1
    assert alerts_watch.watch_shop(shop, NOW + timedelta(seconds=8)) == 0
    assert run_jobs() == 1
    assert [each["title"] for each in service.arrived] == ["A chat waits"]
    assert "Zoe" not in str(service.arrived)
    assert "Secret" not in str(service.arrived)
    assert service.arrived[0]["url"] == f"/s/{shop.slug}/live/"
    assert Alert.objects.get(person=kim).sent_us is not None


def test_name_and_words_are_shown_to_who_asked_for_them(shop, service):
    listen(shop, service, with_words=True)
    open_chat(shop)
    alerts_watch.watch_shop(shop, LATER)
    run_jobs()
    assert service.arrived[0]["title"] == "Zoe Zimmer waits"
    assert service.arrived[0]["body"].startswith("Secret question")


def test_who_may_not_answer_any_more_gets_nothing_even_at_the_last_moment(shop, service):
    kim = listen(shop, service)
    reader = listen(shop, service, role="reader")
    other = make_shop("other")
    listen(other, service)
    open_chat(shop)
    alerts_watch.watch_shop(shop, LATER)
    assert {each.person_id for each in Alert.objects.all()} == {kim.pk}
    assert reader.pk != kim.pk
    members.remove_member(members.get_member(shop, kim.public_id))
    run_jobs()
    assert service.arrived == []


def test_who_looks_at_the_console_is_told_by_the_page_alone(shop, service):
    kim = listen(shop, service)
    open_chat(shop)
    later_us = periods.epoch_us(LATER)
    sit(shop, kim, later_us)
    assert alerts_watch.watch_shop(shop, LATER) == 0
    sit(shop, kim, later_us, used_us=later_us - 60_000_000)
    assert alerts_watch.watch_shop(shop, LATER) == 1
    assert Alert.objects.get().way == "push"


def test_mail_goes_when_nobodys_console_is_open_and_then_rests(shop):
    kim, lee = listen(shop), listen(shop, by_mail=False)
    assert alerts_watch.watch_shop(shop, LATER) == 0
    open_chat(shop)
    open_chat(shop, key="visitor-2")
    alerts_watch.watch_shop(shop, LATER)
    mails = list(Outgoing.objects.filter(shop=shop))
    assert len(mails) == 1
    assert kim.email in str(mails[0].recipients)
    assert lee.email not in str(mails[0].recipients)
    assert "Zoe" not in str(mails[0].__dict__)
    open_chat(shop, key="visitor-3")
    alerts_watch.watch_shop(shop, LATER + timedelta(minutes=29))
    assert Outgoing.objects.filter(shop=shop).count() == 1
    open_chat(shop, key="visitor-4")
    alerts_watch.watch_shop(shop, LATER + timedelta(minutes=31))
    assert Outgoing.objects.filter(shop=shop).count() == 2


def test_no_mail_while_one_console_is_open(shop):
    listen(shop)
    sit(shop, make_person(shop, "operator"), periods.epoch_us(LATER))
    open_chat(shop)
    alerts_watch.watch_shop(shop, LATER)
    assert not Outgoing.objects.filter(shop=shop).exists()


def test_an_operator_is_told_of_words_in_their_own_chat_only(shop, service):
    kim, lee = listen(shop, service, waiting=False), listen(shop, service, waiting=False)
    talk = open_chat(shop, kim)
    assert alerts_watch.watch_shop(shop, LATER) == 1
    run_jobs()
    assert service.arrived[0]["title"] == "A customer wrote to you"
    assert not Alert.objects.filter(person=lee).exists()
    said = NewMessage(Direction.OUT, Author.PERSON, "Here you are", NOW_US + 1, person_id=kim.pk)
    threads.append(shop.pk, talk.pk, said, NOW_US + 1)
    assert alerts_watch.watch_shop(shop, LATER) == 0


def test_what_was_answered_meanwhile_is_not_pushed(shop, service):
    kim = listen(shop, service)
    talk = open_chat(shop)
    alerts_watch.watch_shop(shop, LATER)
    said = NewMessage(Direction.OUT, Author.PERSON, "Here", NOW_US + 1, person_id=kim.pk)
    threads.append(shop.pk, talk.pk, said, NOW_US + 1)
    run_jobs()
    assert service.arrived == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten_and_one_that_fails_is_not(shop, service, status):
    listen(shop, service)
    open_chat(shop)
    alerts_watch.watch_shop(shop, LATER)
    service.status = 503
    run_jobs()
    assert "503" in Device.objects.get().problem
    service.status = status
    run_jobs()
    assert not Device.objects.exists()


def test_a_browser_belongs_to_who_last_asked_in_it(shop, service):
    kim, lee = make_person(shop, "operator"), make_person(shop, "operator")
    first = devices.add(kim, service.subscription(), NOW_US)
    second = devices.add(lee, service.subscription(), NOW_US)
    assert (first.pk, devices.list_of(kim.pk)) == (second.pk, [])
    for number in range(devices.MOST_DEVICES + 3):
        devices.add(kim, service.subscription(f"b{number}"), NOW_US + number)
    assert len(devices.list_of(kim.pk)) == devices.MOST_DEVICES


def name_in_note(shop, person, *named, at=NOW, text="@all the secret price"):
    """Let somebody write a note that names others."""
    who = identity.ensure(shop.pk, IdentityKind.EMAIL, ["ann@example.com"], [NOW_US])["ann@example.com"]
    team = teams.ensure_default(shop.pk)
    talk = threads.open_conversation(shop.pk, NewConversation(team.pk, Channel.EMAIL, "Tea", who, None), NOW_US)
    writing.note(shop, talk.pk, Note(text, tuple(each.pk for each in named), "once"), person, at)
    writing.note(shop, talk.pk, Note(text, tuple(each.pk for each in named), "once"), person, at)
    return talk


def test_who_is_named_in_a_note_is_alerted_as_they_settled(shop, service):
    kim = make_person(shop, "operator")
    lee = listen(shop, service, by_mail=False)
    mia = listen(shop, service, by_mail=False, with_words=True)
    deaf = listen(shop, service, mentions=False)
    stranger = listen(make_shop("other"), service)
    talk = name_in_note(shop, kim, lee, mia, deaf, stranger, kim)
    assert run_jobs() == 2
    assert {each.person_id for each in Alert.objects.all()} == {lee.pk, mia.pk}
    assert sorted(each["title"] for each in service.arrived) == [
        f"{kim.name or kim.email} named you",
        "You were named in a note",
    ]
    assert {each["url"] for each in service.arrived} == {f"/s/{shop.slug}/inbox/{talk.public_id}/"}
    assert sum("secret price" in str(each) for each in service.arrived) == 1


def test_a_note_that_was_read_meanwhile_alerts_nobody(shop, service):
    kim, lee = make_person(shop, "operator"), listen(shop, service, by_mail=False)
    talk = name_in_note(shop, kim, lee)
    desk.see_mentions(talk, lee.pk, NOW)
    run_jobs()
    assert service.arrived == []


def test_a_note_is_mailed_to_who_is_not_there_and_then_rests(shop):
    kim = make_person(shop, "operator")
    lee, mia = listen(shop, by_push=False), listen(shop, by_push=False)
    sit(shop, mia, NOW_US, used_us=NOW_US - 60_000_000)
    name_in_note(shop, kim, lee, mia)
    [mail] = Outgoing.objects.all()
    assert mail.recipients[0]["address"] == lee.email
    assert "Somebody named you in a note." in mail.content["text"]
    assert "secret" not in mail.content["text"]
    name_in_note(shop, kim, lee, at=NOW + timedelta(minutes=5))
    assert Outgoing.objects.count() == 1


def test_a_shop_that_fails_keeps_no_other_from_its_alerts(shop, service, monkeypatch):
    listen(shop, service)
    open_chat(shop)
    other = make_shop("other")
    lee = listen(other, service)
    open_chat(other)
    listeners = alerts_watch.alerts.list_listeners

    def list_listeners(shop_id):
        if shop_id == shop.pk:
            raise ValueError("a shop that cannot be read")
        return listeners(shop_id)

    monkeypatch.setattr(alerts_watch.alerts, "list_listeners", list_listeners)
    assert not alerts_watch.watch(LATER)
    assert {each.person_id for each in Alert.objects.all()} == {lee.pk}
