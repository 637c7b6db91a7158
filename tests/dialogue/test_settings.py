"""Teams, kept answers and macros as an owner sets them up."""

import pytest

from kizuna.conversations import canned, teams
from kizuna.conversations.models import Message, Team
from kizuna.flows.dialogue import desks
from tests.dialogue.making import NOW, make_desk, write_in
from tests.mail.post import make_post, write
from tests.shops.making import log_in, make_person

pytestmark = pytest.mark.django_db


def test_an_owner_sets_teams_up() -> None:
    desk = make_desk()
    owner = log_in(make_person(desk.shop, "owner"))
    url = f"/s/{desk.shop.slug}/settings/teams/"
    told = {"name": "Packing", "address": " Packing@Tea.Example ", "is_department": "on", "signature": "Bye"}
    told |= {"people": [str(desk.lee.public_id)]}  # type: ignore[dict-item]
    assert owner.post(f"{url}new/", told).status_code == 302
    made = Team.objects.get(name="Packing")
    assert (made.address, made.is_department, teams.list_people(made.pk)) == (
        "packing@tea.example",
        True,
        [desk.lee.pk],
    )
    for wrong, words in (
        ({"name": "Packing"}, "of this name already"),
        ({"name": "Other", "address": "packing@tea.example"}, "another team receives"),
        ({"name": "Other", "address": "a b@c"}, "no e-mail address"),
        ({"name": ""}, "required"),
    ):
        answer = owner.post(f"{url}new/", wrong)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert "one team must take" in owner.post(f"{url}{desk.team.public_id}/", {"name": "x"}).content.decode()
    owner.post(f"{url}{made.public_id}/", {"name": "Packing", "is_default": "on"})
    assert list(Team.objects.filter(shop=desk.shop, is_default=True)) == [made]
    owner.post(f"{url}{desk.team.public_id}/archive/")
    assert [each.pk for each in teams.list_teams(desk.shop.pk)] == [made.pk]
    assert log_in(desk.kim).get(url).status_code == 403


def test_kept_answers_and_macros_are_made_on_their_page() -> None:
    desk = make_desk()
    marketer = log_in(make_person(desk.shop, "marketer"))
    url = f"/s/{desk.shop.slug}/settings/answers/"
    marketer.post(f"{url}new/", {"title": "Thanks", "text": "Thank you"})
    [kept] = canned.list_replies(desk.shop.pk)
    marketer.post(f"{url}{kept.pk}/", {"title": "Thanks!", "text": "Thank you", "team": str(desk.team.pk)})
    marketer.post(f"{url}macros/new/", {"name": "Done", "reply": str(kept.pk), "tag": "praise", "after": "close"})
    [macro] = canned.list_macros(desk.shop.pk)
    assert macro.steps == [["reply", kept.pk], ["tag", "praise"], ["close"]]
    assert "answers with “Thanks!”, tags praise, closes it" in marketer.get(url).content.decode()
    assert "a macro uses it" in marketer.post(f"{url}{kept.pk}/remove/", follow=True).content.decode()
    assert marketer.post(f"{url}macros/new/", {"name": "Nothing"}).status_code == 422
    other = log_in(make_person(make_desk().shop, "marketer"))
    assert other.get(f"{url}macros/{macro.pk}/").status_code in (403, 404)
    macro.steps = [["reply", kept.pk], ["untag", "late"], ["snooze", "48"], ["close"]]
    macro.save()
    change = f"{url}macros/{macro.pk}/"
    assert 'value="Done"' in marketer.get(change).content.decode()
    assert marketer.post(change, {"name": ""}).status_code == 422
    marketer.post(change, {"name": "Done now", "note": "look", "after": "close"})
    macro.refresh_from_db()
    assert macro.name == "Done now"
    assert macro.steps == [["note", "look"], ["untag", "late"], ["snooze", "48"], ["close"]]
    marketer.post(f"{url}macros/{macro.pk}/remove/")
    marketer.post(f"{url}{kept.pk}/remove/")
    assert canned.list_replies(desk.shop.pk) == []


def test_a_team_acknowledges_once_where_it_wants_to() -> None:
    desk = make_desk()
    conversation = write_in(desk)
    assert not desks.acknowledge(desk.shop, conversation.pk, NOW)
    desk.team.acknowledgement = "It arrived. A person reads it today."
    desk.team.save()
    for _ in range(2):
        assert desks.acknowledge(desk.shop, conversation.pk, NOW)
    conversation.refresh_from_db()
    assert conversation.messages.filter(author="machine", is_automatic=True).count() == 1
    assert (conversation.awaits_us, conversation.first_response_us) == (True, None)


def test_whoever_opens_a_conversation_by_mail_hears_that_it_arrived_and_machines_hear_nothing() -> None:
    post = make_post()
    post.team.acknowledgement = "It arrived."
    post.team.save()
    opened = post.deliver(write("Where is my tea?"))
    again = post.deliver(write("Still waiting", Message_ID="<two@example.com>", References="<one@example.com>"))
    assert again.conversation == opened.conversation
    told = Message.objects.filter(is_automatic=True, author="machine")
    assert [each.recipients["to"] for each in told] == [["anna@example.com"]]
    post.deliver(write("I am away", Message_ID="<three@example.com>", Subject="Away", Auto_Submitted="auto-replied"))
    assert told.count() == 1
