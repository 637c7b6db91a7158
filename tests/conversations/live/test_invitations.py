"""What an invitation said is found for whom it was said to, in their language, and for nobody else."""

import pytest

from kizuna.conversations.live import invitations, rules
from kizuna.conversations.live.invitations import Invited
from kizuna.conversations.live.rules import RuleDraft
from tests.shops.making import make_person, make_shop

pytestmark = pytest.mark.django_db


def test_the_words_of_a_rule_or_of_a_person_are_found_by_whom_they_were_said_to() -> None:
    shop, kim = make_shop(), make_person()
    words = {"en": "May we help?", "de": "Dürfen wir helfen?"}
    rule = str(rules.save_rule(shop.pk, None, RuleDraft("Cart", {"seconds_on_page": 9}, words)).public_id)
    for client_id, held in (("shown", False), ("held", True)):
        invitations.note(shop.pk, Invited("ann", client_id, rule, "/cart", 1, held=held))
    by_hand = invitations.by_hand(shop.pk, "ann", kim.pk, "Can I help?", 1)

    def found(client_id: str, who: str = "ann", language: str = "de") -> object:
        return invitations.find_words(shop.pk, client_id, who, language)

    assert found("shown") == ("Dürfen wir helfen?", None)
    assert found("shown", language="fr") == ("May we help?", None)
    assert found(by_hand) == ("Can I help?", kim)
    nobody = ("", None)
    assert [found("held"), found("shown", "bob"), found(by_hand, "bob"), found("unknown"), found("")] == [nobody] * 5
