"""What was learned: once in the same words, confirmed, corrected, forgotten without a trace, used as variables."""

import pytest

from kizuna.customers import identity
from kizuna.customers.identity import IdentityKind
from kizuna.customers.models import Identity
from kizuna.flows import learning
from kizuna.flows.learning import Learned, LessonSource
from kizuna.knowledge import learned
from kizuna.knowledge.models import Lesson
from kizuna.shops.tenants import Refused
from kizuna.tracking.models import Fact
from tests.shops.making import make_person, make_shop

pytestmark = pytest.mark.django_db
NOW_US = 1_790_000_000_000_000


@pytest.fixture
def shop():
    return make_shop()


def _who(shop, name="anna"):
    return identity.ensure(shop.pk, IdentityKind.USER_ID, [name], [NOW_US])[name]


def _customer(identity_id):
    return Identity.objects.get(pk=identity_id).customer_id


def test_the_same_words_are_one_lesson_and_a_second_message_confirms(shop):
    anna, kim = _who(shop), make_person(shop)
    first = learning.learn(shop, Learned(anna, "want", "green tea", 7), kim, NOW_US)
    again = learning.learn(shop, Learned(anna, "want", " Green  tea ", 7), kim, NOW_US + 1)
    later = learning.learn(shop, Learned(anna, "want", "green tea", 8, source="message"), kim, NOW_US + 2)
    assert {first.public_id} == {again.public_id, later.public_id}
    assert (again.confirmed_us, later.confirmed_us, later.confirmed_by_customer) == (None, NOW_US + 2, False)
    assert [each.text for each in learned.list_of_message(shop.pk, [7])[7]] == ["green tea"]


def test_what_the_customer_says_is_confirmed_and_a_fact_without_its_text(shop):
    anna = _who(shop)
    view = learning.learn(shop, Learned(anna, "need", "secret diet", source=LessonSource.CUSTOMER), None, NOW_US)
    assert view.confirmed_by_customer
    fact = Fact.objects.get(shop_id=shop.pk, name="Preference Stated")
    assert "diet" not in str(fact.__dict__)


def test_correcting_keeps_the_source_and_forgetting_leaves_no_text(shop):
    anna = _who(shop)
    first = learning.learn(shop, Learned(anna, "want", "coffee", 7, label="Drink"), make_person(shop), NOW_US)
    told = Learned(anna, "want", "tea")
    right = learning.correct(shop, _customer(anna), first.public_id, told, None, NOW_US + 5)
    assert (right.text, right.source_message_id, right.label, right.source) == ("tea", 7, "Drink", "customer")
    assert learned.as_variables(shop.pk, [anna])["drink"] == "tea"
    learning.forget(shop, _customer(anna), right.public_id, NOW_US + 9)
    assert learned.list_of(shop.pk, [anna]) == []
    assert set(Lesson.objects.values_list("text", "label", "source_message_id")) == {("", "", None)}
    assert len(learned.list_moments(shop.pk, [anna])) == 2
    assert learned.erase(shop.pk, [anna]) == 2


def test_nobody_touches_what_was_learned_of_somebody_else(shop):
    anna, bert = _who(shop), _who(shop, "bert")
    view = learning.learn(shop, Learned(anna, "want", "coffee"), None, NOW_US)
    for act in (
        lambda: learning.confirm(shop, _customer(bert), view.public_id, None, NOW_US),
        lambda: learning.forget(shop, _customer(bert), view.public_id, NOW_US),
        lambda: learning.correct(shop, _customer(bert), view.public_id, Learned(bert, "want", "x"), None, NOW_US),
        lambda: learning.forget(make_shop(), _customer(anna), view.public_id, NOW_US),
    ):
        with pytest.raises((learned.NotThere, KeyError)):
            act()
    assert learned.list_of(shop.pk, [anna])[0].text == "coffee"


def test_old_lessons_ask_to_be_confirmed_and_nonsense_is_refused(shop):
    anna = _who(shop)
    view = learning.learn(shop, Learned(anna, "preference", "by mail"), None, NOW_US)
    then = NOW_US + learned.RECONFIRM_US + 1
    assert view.is_old(then)
    assert not learning.confirm(shop, _customer(anna), view.public_id, None, then).is_old(then)
    for kind, text in (("mood", "x"), ("want", " \x00 "), ("want", "x" * 501)):
        with pytest.raises(Refused):
            learning.learn(shop, Learned(anna, kind, text), None, NOW_US)
