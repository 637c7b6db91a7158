"""What the shop's page says of a visitor stands beside the chat, small and unproven; answers are given with markup."""

import pytest

from kizuna.conversations.live import hearsay
from kizuna.conversations.models import ChatState
from kizuna.flows import answers
from kizuna.flows.answers import Written
from tests.shops.making import NOW, log_in, make_person
from tests.web.live.conftest import Panelled
from tests.web.live.driving import begin, call

HOSTILE = "<script>1</script>"


def test_attributes_and_labels_are_kept_shown_as_said_and_never_large(panelled: Panelled) -> None:
    async def telling() -> None:
        door = panelled.door()
        token = (await call(door, "hello", key=panelled.key)).content["token"]
        large = {f"a{number}": "x" * 900 for number in range(60)}
        context = {"page": {"title": "Tea"}, "attributes": {"plan": "gold", "items": [1], **large}, "labels": ["vip"]}
        opened = await call(door, "open", token=token, client_id="a", text="hi", context=context)
        chat = opened.content["conversation"]
        said = {"attributes": {"plan": HOSTILE, "gone": None}, "labels": [{"no": 1}]}
        assert (await call(door, "about", token=token, conversation=chat, **said)).status == 200
        other, _ = await begin(door, panelled.key)
        assert (await call(door, "about", token=other, conversation=chat, **said)).status == 404

    panelled.run(telling)
    state = ChatState.objects.get(context__has_key="page")
    assert state.context["page"] == {"title": "Tea"}, "what is too large takes nothing else with it"
    kept = state.context["attributes"]
    assert len(kept) == hearsay.MOST
    assert kept["plan"] == HOSTILE
    assert {len(value) for name, value in kept.items() if name != "plan"} == {hearsay.LONGEST_VALUE}
    assert state.context["labels"] == ["vip", "{'no': 1}"]
    desk = log_in(make_person(panelled.shop, "operator"))
    page = desk.get(f"/s/{panelled.shop.slug}/live/{state.conversation.public_id}/beside/").content.decode()
    assert "Said by the shop’s page" in page
    assert "nothing proves it" in page
    assert "&lt;script&gt;" in page
    assert HOSTILE not in page


@pytest.mark.parametrize("told", [None, "items", ["items"], {"items": "x"}, {"a" * 900: {"b": ["c"]}}, {"n": 10**30}])
def test_whatever_a_page_sends_is_pairs_of_short_text(told: object) -> None:
    shown = hearsay.show({"attributes": told, "labels": told})
    assert all(len(name) <= hearsay.LONGEST_NAME and len(value) <= 250 for name, value in shown)


def test_an_article_is_given_as_markup_and_a_vote_on_it_is_taken(panelled: Panelled) -> None:
    shop = panelled.shop
    made = answers.save(shop, Written("Returns", "Within **30 days**.", "en", None, ""), None, NOW)
    answers.publish(shop, made.text.article.public_id, "en", "public", None, NOW)

    async def reading() -> None:
        door = panelled.door()
        token = (await call(door, "hello", key=panelled.key)).content["token"]
        (hit,) = (await call(door, "search", token=token, words="returns", language="en")).content["hits"]
        read = await call(door, "article", token=token, article=hit["id"], language="en")
        assert (read.status, read.content["html"]) == (200, "<p>Within <strong>30 days</strong>.</p>")
        voted = await call(door, "helpful", token=token, article=hit["id"], helpful=True, language="en")
        assert voted.status == 200

    panelled.run(reading)
