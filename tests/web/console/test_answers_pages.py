"""The pages of answers: write, preview, publish, archive, versions, categories and gaps; who may do which."""

import pytest

from kizuna.flows import answers
from kizuna.knowledge import article_desk, articles
from kizuna.knowledge.models import Article
from tests.shops.making import NOW, log_in, make_person, make_shop

pytestmark = pytest.mark.django_db
ROOT = "/s/tea/answers/"


@pytest.fixture
def shop():
    return make_shop("tea")


def write(client, audience="", path="new/", **fields):
    told = {"title": "Gift wrap?", "body": "Yes, **free**.", "language": "en", "category": "", "audience": audience}
    return client.post(f"{ROOT}{path}", told | fields)


def test_an_owner_writes_previews_publishes_and_archives(shop):
    owner = log_in(make_person(shop))
    assert "Write the first answer" in owner.get(ROOT).content.decode()
    shown = owner.post(
        f"{ROOT}preview/", {"title": "T", "body": "**hi** <img src=x onerror=alert(1)>"}
    ).content.decode()
    assert "<strong>hi</strong> &lt;img" in shown
    assert write(owner).status_code == 302
    assert articles.search(shop.pk, "gift", "en") == []
    number = Article.objects.get().public_id
    assert write(owner, "public", f"{number}/", body="Yes, for 2 EUR.").status_code == 302
    assert articles.search(shop.pk, "gift", "en")[0].excerpt == "Yes, for 2 EUR."
    page = owner.get(f"{ROOT}{number}/?version=1").content.decode()
    assert "Yes, **free**." in page
    assert "Keep or publish it to take its words back" in page
    assert f"/help/tea/en/{Article.objects.get().slug}/" in page
    assert "read now" in page
    owner.post(f"{ROOT}{number}/archive/")
    assert articles.search(shop.pk, "gift", "en") == []
    assert "Gift wrap?" in owner.get(f"{ROOT}?state=archived").content.decode()


def test_an_operator_writes_drafts_and_publishes_for_colleagues_only(shop):
    operator = log_in(make_person(shop, "operator"))
    assert write(operator, "internal").status_code == 302
    number = Article.objects.get().public_id
    assert write(operator, "public", f"{number}/").status_code == 403
    assert operator.post(f"{ROOT}{number}/archive/").status_code == 403
    assert operator.get(f"{ROOT}categories/").status_code == 403
    assert articles.search(shop.pk, "gift", "en") == []
    assert log_in(make_person(shop, "reader")).get(ROOT).status_code == 403


def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(shop):
    owner = log_in(make_person(shop))
    answer = write(owner, title="", body="kept words")
    assert answer.status_code == 422
    assert "kept words" in answer.content.decode()
    answer = write(owner, "public", body="")
    assert answer.status_code == 422
    assert "write the answer first" in answer.content.decode().lower()


def test_categories_are_made_named_anew_and_removed(shop):
    owner = log_in(make_person(shop))
    owner.post(f"{ROOT}categories/", {"en": "Delivery", "de": ""})
    row = article_desk.list_categories(shop.pk)[0]
    owner.post(f"{ROOT}categories/", {"slug": row.slug, "en": "Delivery", "de": "Lieferung"})
    assert article_desk.list_categories(shop.pk)[0].names == {"en": "Delivery", "de": "Lieferung"}
    owner.post(f"{ROOT}categories/remove/", {"category": row.slug})
    assert article_desk.list_categories(shop.pk) == []
    assert owner.post(f"{ROOT}categories/remove/", {"category": row.slug}).status_code == 404


def test_gaps_show_what_was_asked_and_lead_to_writing_it(shop):
    from django.utils import timezone

    owner = log_in(make_person(shop))
    assert "Nobody has asked anything yet" in owner.get(f"{ROOT}gaps/").content.decode()
    for words in ("gift <i>wrap</i>", "wrapping gift"):
        answers.search(shop, words, "en", timezone.now())
    page = owner.get(f"{ROOT}gaps/?days=7").content.decode()
    assert "wrapping gift" in page
    assert "<i>wrap" not in page
    assert "?title=wrapping%20gift" in page
    assert 'value="wrapping gift"' in owner.get(f"{ROOT}new/?title=wrapping gift").content.decode()


def test_another_shops_answer_does_not_exist(shop):
    owner = log_in(make_person(shop))
    other = make_shop("other")
    made = answers.save(other, answers.Written("Theirs", "text"), None, NOW)
    number = made.text.article.public_id
    assert owner.get(f"{ROOT}{number}/").status_code == 404
    assert write(owner, "", f"{number}/").status_code == 404
