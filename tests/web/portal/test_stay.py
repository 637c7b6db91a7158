"""What a customer does on the premium site, over its addresses: wishes, messages, preferences, surveys, erasing."""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from kizuna.conversations import talks_of, threads
from kizuna.conversations.models import Conversation, Message, Outgoing, Recogniser, ServiceRequest
from kizuna.conversations.threads import Author, Direction, NewMessage
from kizuna.customers import consent
from kizuna.customers.models import Customer, Identity, SearchTerm
from kizuna.flows import learning, surveys
from kizuna.flows.dialogue import writing as dialogue
from kizuna.flows.learning import Learned
from kizuna.flows.premium import wishing
from kizuna.flows.wishes import handling
from kizuna.flows.wishes.handling import Refusal, Understanding
from kizuna.jobs.models import Job
from kizuna.knowledge.models import Lesson, SurveyAnswer, SurveyAsk
from kizuna.outreach import suppression
from kizuna.outreach.suppression import Reason, Scope
from kizuna.privileges.models import Capability, SiteSession
from kizuna.science import periods
from kizuna.shops.models import AuditEntry
from kizuna.tracking.models import Fact
from tests.shops.making import make_person, make_shop
from tests.web.portal.staying import make_staying

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return make_staying(make_shop("tea"))


def _capability(shop, **fields):
    return Capability.objects.create(
        shop=shop, name="Private tasting", what="An evening for you.", is_published=True, per_week=2, **fields
    )


def _wish(anna, text="A blend without caffeine"):
    assert anna.send("wishes/new/", text=text).status_code == 302
    return ServiceRequest.objects.filter(identity_id=anna.identity_id).latest("id")


def test_a_choice_is_promised_at_once_and_a_taken_day_is_told_honestly(anna):
    offer = _capability(anna.shop)
    page = anna.read("wishes/")
    day = re.search(r'name="day" value="([\d-]+)"', page).group(1)
    chosen = {"offer": offer.public_id, "day": day, "text": "for two"}
    for token in ("one", "two"):
        answer = anna.send("wishes/new/", token=token, **chosen)
        assert answer.url.endswith("?done=promised")
    wish = ServiceRequest.objects.latest("id")
    assert (wish.stage, wish.source, wish.within_capability) == ("accepted", "portal", True)
    assert "Promised" in anna.read(f"wishes/{wish.public_id}/")
    again = anna.send("wishes/new/", token="three", **chosen)
    assert again.status_code == 409
    assert "was just taken" in again.content.decode()
    assert ServiceRequest.objects.count() == 2, "nothing is promised beyond what can be done, and nothing half filed"
    assert anna.send("wishes/new/", token="four", offer=uuid4(), day=day).status_code == 422


def test_no_day_is_chosen_on_which_nobody_works(anna):
    offer = _capability(anna.shop)
    today = datetime.now(UTC).date()
    sunday = today + timedelta(days=13 - today.weekday())
    answer = anna.send("wishes/new/", offer=str(offer.public_id), day=sunday.isoformat())
    assert (answer.status_code, ServiceRequest.objects.count()) == (422, 0)


def test_a_form_sent_twice_is_one_wish_in_one_conversation(anna):
    for _ in range(2):
        assert anna.send("wishes/new/", text="a teapot", token="same").status_code == 302
    assert (ServiceRequest.objects.count(), Conversation.objects.count()) == (1, 1)
    assert Message.objects.filter(kind="message").count() == 1
    assert anna.send("wishes/new/", text="  ").status_code == 422
    assert Fact.objects.filter(name="Wish Expressed").count() == 1


def test_a_wish_shows_honestly_what_becomes_of_it(anna):
    wish, kim, now = _wish(anna), make_person(anna.shop, "operator"), datetime.now(UTC)
    handling.understand(anna.shop, wish.public_id, Understanding("Tea, no caffeine, mild"), kim, now)
    assert "Have we understood you?" in anna.read(f"wishes/{wish.public_id}/")
    anna.send(f"wishes/{wish.public_id}/act/", what="understood")
    handling.accept(anna.shop, wish.public_id, handling.Acceptance(), kim, now)
    assert "promised for" in anna.read(f"wishes/{wish.public_id}/")
    handling.fulfil(anna.shop, wish.public_id, "It is on its way", kim, now)
    assert "Is it as you wished?" in anna.read(f"wishes/{wish.public_id}/")
    anna.send(f"wishes/{wish.public_id}/act/", what="good")
    wish.refresh_from_db()
    assert wish.stage == "confirmed"
    other = _wish(anna, "the moon")
    handling.decline(anna.shop, other.public_id, Refusal("It is out of reach", "a moon cake"), kim, now)
    page = anna.read(f"wishes/{other.public_id}/")
    assert "It is out of reach" in page
    assert "a moon cake" in page
    third = _wish(anna, "a spoon")
    anna.send(f"wishes/{third.public_id}/act/", what="back")
    third.refresh_from_db()
    assert third.stage == "withdrawn"


def test_the_customer_orders_wishes_by_importance(anna):
    for text in ("first", "second", "third"):
        _wish(anna, text)
    titles = lambda: [each.title for each in talks_of.list_wishes(anna.shop.pk, [anna.identity_id])]  # noqa: E731
    before = titles()
    last = ServiceRequest.objects.get(title=before[-1])
    anna.send("wishes/order/", wish=last.public_id, move="up")
    assert titles() == [before[0], before[2], before[1]]
    friend = make_staying(anna.shop, "Bert Blum", "B")
    assert friend.send("wishes/order/", wish=last.public_id, move="up").status_code == 403, "not this tier's"


def test_writing_reaches_the_operator_and_the_answer_shows(anna):
    assert anna.send("messages/new/", subject="Hello", text="Is it fresh?", token="t").status_code == 302
    talk = Conversation.objects.get()
    kim, now_us = make_person(anna.shop, "operator"), periods.epoch_us(datetime.now(UTC))
    answer = NewMessage(Direction.OUT, Author.PERSON, "Yes, from today.", now_us, person_id=kim.pk)
    threads.append(anna.shop.pk, talk.pk, answer, now_us)
    note = NewMessage(Direction.WITHIN, Author.PERSON, "secret note", now_us, kind="note", person_id=kim.pk)
    threads.append(anna.shop.pk, talk.pk, note, now_us)
    page = anna.read(f"messages/{talk.public_id}/")
    assert "Yes, from today." in page
    assert "secret note" not in page
    assert anna.send(f"messages/{talk.public_id}/", text="Thank you", token="u").status_code == 302
    assert talk.messages.filter(text="Thank you", direction="in").exists()
    anna.send("messages/new/", text="Another thing", token="v")
    assert Conversation.objects.latest("id").assignee_id == kim.pk, "their operator"
    assert "Kim takes care of you" in anna.read()


def test_an_answer_goes_by_mail_too_and_a_fulfilled_wish_asks_how_it_was(anna):
    kim, now = make_person(anna.shop, "operator"), datetime.now(UTC)
    wish = _wish(anna)
    dialogue.reply(anna.shop, wish.conversation_id, dialogue.Reply("We can do that."), kim, now)
    mail = Outgoing.objects.get()
    assert [each["address"] for each in mail.recipients] == [anna.email]
    handling.understand(anna.shop, wish.public_id, Understanding("a mild blend", confirmed=True), kim, now)
    handling.accept(anna.shop, wish.public_id, handling.Acceptance(), kim, now)
    handling.fulfil(anna.shop, wish.public_id, "", kim, now)
    asked = Outgoing.objects.get(key__startswith="survey-")
    assert asked.marketing, "it can be unsubscribed from, and who did so or complained gets none"
    token = re.search(r"/answer/(\w+)/", asked.content["text"]).group(1)
    assert Client().get(anna.url(f"answer/{token}/")).status_code == 200
    assert not re.search(r"segment|stage|score|factor", asked.content["text"], re.IGNORECASE)


def test_preferences_and_consent_are_kept_with_evidence(anna):
    said = {"language": "de", "channel": ["email", "phone"], "frequency": "seldom", "topic": ["care"]}
    assert anna.send("preferences/", **said, **{"consent-surveys": "yes"}).status_code == 302
    page = anna.read("preferences/")
    assert '<html lang="de">' in page
    assert 'value="seldom" checked' in page
    held = consent.current(anna.shop.pk, anna.customer_id)
    assert held == {}, "what was left as it is was not said"
    anna.send("preferences/", **said, **{"consent-email_marketing": "yes"})
    held = consent.current(anna.shop.pk, anna.customer_id)
    assert {name: each.granted for name, each in held.items()} == {"surveys": False, "email_marketing": True}
    anna.send("preferences/", **said, **{"consent-email_marketing": "yes"})
    assert Fact.objects.filter(name__startswith="Consent").count() == 2, "only what differs is recorded"
    assert anna.send("preferences/", channel="smoke").status_code == 422


def test_who_asks_for_mail_again_is_written_to_again(anna):
    known = [anna.email]
    for reason in (Reason.UNSUBSCRIBED, Reason.HARD_BOUNCE):
        scope = Scope.MARKETING if reason == Reason.UNSUBSCRIBED else Scope.ALL
        suppression.suppress(anna.shop.pk, anna.email, reason, scope, 1)
    anna.send("preferences/", **{"consent-email_marketing": "yes"})
    assert suppression.find(anna.shop.pk, known)[anna.email].reason == Reason.HARD_BOUNCE
    left = suppression.Suppression.objects.filter(lifted_us=None)
    assert [each.reason for each in left] == [Reason.HARD_BOUNCE]


def test_one_customer_cannot_take_everything(anna, monkeypatch):
    monkeypatch.setattr(wishing, "MOST_WAITING", 2)
    first, _ = _wish(anna, "one"), _wish(anna, "two")
    answer = anna.send("wishes/new/", text="three")
    assert (answer.status_code, ServiceRequest.objects.count()) == (422, 2)
    assert "let us finish one first" in answer.content.decode()
    handling.withdraw(anna.shop, first.public_id, "", None, datetime.now(UTC))
    assert _wish(anna, "three").text == "three"


def test_a_survey_is_answered_once_by_link_or_on_the_pages(anna):
    now = datetime.now(UTC)
    wish = _wish(anna)
    asked = surveys.ask_after_wish(anna.shop, wish, now)
    assert surveys.ask_after_wish(anna.shop, wish, now).public_id == asked.public_id
    token = surveys.surveys.token_of(anna.shop.pk, asked.public_id)
    stranger = Client()
    assert stranger.get(anna.url(f"answer/{token[:-1]}0/")).status_code == 404 or token.endswith("0")
    assert stranger.get(anna.url(f"answer/{token}/")).status_code == 200
    assert stranger.post(anna.url(f"answer/{token}/"), {}).status_code == 422
    given = {"satisfaction": "5", "trust": "4", "words": "very private words"}
    assert stranger.post(anna.url(f"answer/{token}/"), given).status_code == 200
    assert stranger.post(anna.url(f"answer/{token}/"), given).status_code == 409
    assert anna.send(f"surveys/{asked.public_id}/", **given).status_code == 409
    assert SurveyAnswer.objects.count() == 3
    facts = Fact.objects.filter(name="Survey Answered")
    assert facts.count() == 3
    assert "private words" not in str([fact.properties for fact in facts])


def test_the_preferred_way_is_learned(anna):
    survey = surveys.ensure_channel_survey(anna.shop, datetime.now(UTC))
    assert surveys.ask(anna.shop, survey, [anna.identity_id], datetime.now(UTC)) == 1
    ask = SurveyAsk.objects.get()
    assert ask.survey.title in anna.read()
    anna.send(f"surveys/{ask.public_id}/", channel="phone")
    assert Lesson.objects.get().text == "to tell wishes by: phone"


def test_another_customers_things_do_not_exist(anna):
    wish = _wish(anna)
    lesson = learning.learn(anna.shop, Learned(anna.identity_id, "want", "tea"), None, 1)
    asked = surveys.ask_after_wish(anna.shop, wish, datetime.now(UTC))
    talk = Conversation.objects.get()
    for other in (make_staying(anna.shop, "Bert Blum"), make_staying(make_shop("elsewhere"), "Cora Claus")):
        for path in (f"wishes/{wish.public_id}/", f"messages/{talk.public_id}/", f"surveys/{asked.public_id}/"):
            assert other.client.get(other.url(path)).status_code == 404
            assert other.send(path, text="x", satisfaction="1").status_code == 404
        for path in ("confirm", "correct", "forget"):
            assert other.send(f"about-you/{lesson.public_id}/{path}/", text="x").status_code == 404
        assert other.send(f"wishes/{wish.public_id}/act/", what="back").status_code == 404
        assert other.send("wishes/order/", wish=wish.public_id, move="up").status_code == 404
    wish.refresh_from_db()
    assert wish.stage == "forwarded"


def test_everything_can_be_taken_away_and_erased(anna):
    wish = _wish(anna, "a very secret wish")
    learning.learn(anna.shop, Learned(anna.identity_id, "want", "secret tea"), None, 1)
    surveys.ask_after_wish(anna.shop, wish, datetime.now(UTC))
    held = json.loads(anna.client.get(anna.url("particulars/download/")).content)
    assert held["wishes"][0]["wish"] == "a very secret wish"
    assert held["learned"][0]["text"] == "secret tea"
    assert "relationship_factor" in held["how_we_see_you"]
    assert held["conversations"][0]["messages"][0]["from"] == "you"
    assert anna.send("particulars/erase/").status_code == 302
    assert Customer.objects.get(pk=anna.customer_id).email, "not without being sure"
    assert "You are erased" in anna.send("particulars/erase/", sure="1").content.decode()
    assert anna.client.get(anna.url()).status_code == 302
    gone = (Conversation, Message, ServiceRequest, Lesson, SurveyAsk, SiteSession, SearchTerm, Fact)
    assert [model.__name__ for model in gone if model.objects.exists()] == []
    kept = Identity.objects.get(pk=anna.identity_id)
    assert kept.key.startswith("erased-")
    assert (kept.profile, Customer.objects.get(pk=anna.customer_id).name) == ({}, "")
    assert suppression.find(anna.shop.pk, [anna.email]) != {}
    assert not suppression.Suppression.objects.exclude(address="").exists()
    entry = AuditEntry.objects.get(action="customer_erased")
    assert "anna" not in f"{entry.target}{entry.before}{entry.after}".lower()


def test_words_that_were_learned_from_are_forgotten_with_who_said_them(anna):
    _wish(anna, "a blend for aunt Philomena")
    other = make_staying(anna.shop, "Berta Ost")
    Recogniser.objects.create(shop=anna.shop, model={"terms": ["philomena"]}, learned_us=1, examples=1, figures={})
    other.send("particulars/erase/", sure="1")
    assert Recogniser.objects.exists(), "who taught nothing takes nothing along"
    anna.send("particulars/erase/", sure="1")
    assert not Recogniser.objects.exists()
    assert Job.objects.filter(once_key=f"wishes-learn:{anna.shop.pk}").exists(), "it is learned anew"


def test_the_owner_of_a_privilege_in_grace_reads_until_when(anna):
    from kizuna.privileges import tiers

    now_us = periods.epoch_us(datetime.now(UTC))
    tiers.refresh(anna.shop.pk, {anna.customer_id: "D"}, now_us)
    assert "at least until" in anna.read("privileges/")
    tiers.refresh(anna.shop.pk, {anna.customer_id: "D"}, now_us + 61 * periods.DAY_US)
    assert anna.client.get(anna.url("wishes/")).status_code == 403


def test_a_friend_is_invited_by_a_link_of_ones_own(anna):
    page = anna.read("invite/")
    link = re.search(r'<code id="link"[^>]*>([^<]+)<', page).group(1)
    assert link in anna.read("invite/"), "the same for ever"
    assert link not in make_staying(anna.shop, "Bert Blum").read("invite/")
