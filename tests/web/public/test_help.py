"""The help pages: only what was published, in the language of the address; hostile words; votes; the panel."""

from types import SimpleNamespace

import pytest
from django.test import Client, RequestFactory

from kizuna.conversations.models import Panel
from kizuna.flows import answers
from kizuna.flows.answers import Written
from kizuna.knowledge.models import ArticleText, Asked
from kizuna.shops import sources
from kizuna.web.public import help_pages
from kizuna.web.public.paces import Pace
from tests.shops.making import NOW, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    shop = make_shop("tea")
    slug = answers.save_category(shop, "", {"en": "Returns", "de": "Rücksendung"}, None, NOW).slug
    made = answers.save(
        shop, Written("Sending back <b>", "Use **this** label. <script>x</script>", "en", None, slug), None, NOW
    )
    number = made.text.article.public_id
    answers.publish(shop, number, "en", "public", None, NOW)
    answers.save(shop, Written("Zurücksenden", "Mit dem Etikett.", "de", number, slug), None, NOW)
    answers.publish(shop, number, "de", "public", None, NOW)
    for title, audience in (("Goodwill secret", "internal"), ("Draft secret", "")):
        made = answers.save(shop, Written(title, "secret", "en"), None, NOW)
        if audience:
            answers.publish(shop, made.text.article.public_id, "en", audience, None, NOW)
    return shop


def read(path, status=200, **headers):
    answer = Client().get(path, headers=headers)
    assert answer.status_code == status, path
    return answer.content.decode()


def test_a_reader_is_led_to_their_language(shop):
    for wanted, got in (("de-AT,de;q=0.9", "de"), ("fr", "de"), ("en-GB", "en")):
        answer = Client().get("/help/tea/", headers={"Accept-Language": wanted})
        assert answer["Location"] == f"/help/tea/{got}/"
    read("/help/nobody/", 404)
    read("/help/tea/fr/", 404)


def test_everything_published_is_there_and_nothing_else(shop):
    front = read("/help/tea/en/")
    assert "Sending back &lt;b&gt;" in front
    page = read("/help/tea/en/sending-back-b/")
    assert "<strong>this</strong>" in page
    assert "&lt;script&gt;x" in page
    assert 'hreflang="de"' in page
    for path in ("", "search/?q=secret", "category/returns/", "sending-back-b/"):
        assert "secret" not in read(f"/help/tea/en/{path}").replace("“secret”", "").replace('value="secret"', "")
    for path in ("goodwill-secret/", "draft-secret/", "category/none/", "none/"):
        read(f"/help/tea/en/{path}", 404)
    assert "Zurücksenden" in read("/help/tea/de/category/returns/")


@pytest.mark.parametrize("asked", ["<script>alert(1)</script>", "{asked.__class__}", "%00", "a" * 3_000, "{0}"])
def test_hostile_words_are_only_words(shop, asked):
    page = read(f"/help/tea/en/search/?q={asked}")
    assert "<script>alert" not in page
    assert "class 'str'" not in page


def test_searches_are_noted_but_not_a_flood_of_them(shop, monkeypatch):
    from kizuna.web.public import help_pages, paces

    monkeypatch.setattr(help_pages, "_searches", paces.Pace(per_minute=3))
    for _ in range(5):
        assert "No answer" in read("/help/tea/en/search/?q=gift")
    assert 0 < Asked.objects.filter(shop=shop, words="gift", on="help").count() <= 4


def test_a_reader_says_once_whether_it_helped(shop):
    client = Client()
    path = "/help/tea/en/sending-back-b/"
    for said in ("yes", "yes", "no"):
        answer = client.post(f"{path}helpful/", {"helpful": said})
        assert answer["Location"] == f"{path}?said={said}#helped"
    row = ArticleText.objects.get(language="en", title__startswith="Sending")
    assert (row.helpful, row.unhelpful) == (0, 1)
    assert "write it better" in client.get(answer["Location"]).content.decode()
    assert Client(enforce_csrf_checks=True).post(f"{path}helpful/", {"helpful": "yes"}).status_code == 403


def test_readers_behind_one_address_are_not_thanked_for_what_was_not_noted(shop, monkeypatch):
    monkeypatch.setattr(help_pages, "_votes", Pace(per_minute=2))
    path = "/help/tea/en/sending-back-b/"
    told = [Client().post(f"{path}helpful/", {"helpful": "yes"})["Location"] for _ in range(3)]
    assert [each.split("said=")[1] for each in told] == ["yes#helped", "yes#helped", "later#helped"]
    row = ArticleText.objects.get(language="en", title__startswith="Sending")
    assert (row.helpful, row.unhelpful) == (2, 0)
    page = Client().get(told[2]).content.decode()
    assert "was not noted" in page
    assert 'name="helpful"' in page
    assert "Thank you" not in page
    request = RequestFactory().post(path)
    assert not help_pages._may_vote(request, SimpleNamespace(id=row.article.public_id))
    assert help_pages._may_vote(request, SimpleNamespace(id="another")), "one article's crowd silences no other's"


def test_the_panel_is_on_the_pages_where_it_is_on(shop):
    page = read("/help/tea/en/")
    key = page.split('data-write-key="')[1].split('"')[0]
    assert [each.name for each in sources.list_sources(shop) if each.key_prefix == key[:12]] == ["Help pages"]
    assert "data-open-panel" in page
    Panel.objects.create(shop=shop, is_on=False)
    assert "kizuna-chat.js" not in read("/help/tea/en/")
    assert "--accent" in read("/help/tea/colours.css")
    make_shop("bare")
    assert "kizuna-chat.js" not in read("/help/bare/en/")
