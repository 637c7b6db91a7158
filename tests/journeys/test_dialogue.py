"""A mail becomes an investment: the journey of a wish through real Postfix and Dovecot, on the wire and in browsers."""

from collections.abc import Iterator

import pytest

from tests.journeys.dialogue import ANNA, CARE, Mailing, running_dialogue
from tests.mail_servers import need_mail_servers


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailing]:
    """One shop with mail for all journeys of the module."""
    need_mail_servers()
    with running_dialogue(tmp_path_factory.mktemp("dialogue")) as running:
        yield running


def test_a_wish_by_mail_becomes_an_investment_that_the_customer_sees(mailing: Mailing) -> None:
    mailing.write("A stronger green tea", "Dear shop,\n\nI wish for a green tea with more strength.\n\nAnna")
    mailing.wait_for(
        "found = Conversation.objects.filter(subject='A stronger green tea', customer__isnull=False).count()", 1
    )

    mailing.ask("""
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Reply
from kizuna.flows.wishes import handling, opening
from kizuna.flows.wishes.opening import NewWish
from kizuna.flows.wishes.handling import Understanding
asked = Message.objects.get(subject="A stronger green tea")
wish = opening.open_wish(shop, NewWish(None, "", "message", message_id=asked.pk), olga, now)
handling.understand(shop, wish.public_id, Understanding("She wants a stronger green tea"), olga, now)
writing.reply(shop, asked.conversation_id, Reply("Do you mean strong as a Gyokuro?"), olga, now)
""")
    first = mailing.servers.wait_for(ANNA, 1)[0]
    assert "Gyokuro" in first.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "<reply+" in str(first["Reply-To"])
    assert first["In-Reply-To"]

    mailing.answer(first, "Yes, exactly that.")
    mailing.wait_for("found = [Conversation.objects.count(), Message.objects.filter(direction='in').count()]", [1, 2])
    mailing.wait_for("found = ServiceRequest.objects.get().stage", "understood")
    second_turn = mailing.ask("found = Message.objects.filter(direction='in').order_by('number').last().text")
    assert second_turn == "Yes, exactly that."

    mailing.ask("""
from kizuna.flows.investing import Goods
from kizuna.flows import investing
from kizuna.flows.dialogue import handling as desk
from kizuna.flows.wishes import handling
from kizuna.flows.wishes.handling import Acceptance
wish = ServiceRequest.objects.get()
handling.accept(shop, wish.public_id, Acceptance(), olga, now)
handling.start(shop, wish.public_id, sam, now)
handling.fulfil(shop, wish.public_id, "A Gyokuro is on its way, with our regards.", sam, now)
investing.book_minutes(shop, wish.conversation_id, olga, 300, now)
""")
    mailing.wait_for(
        "from kizuna.relationships.models import Investment\n"
        "found = sorted(set(Investment.objects.values_list('kind', flat=True)))",
        ["channel", "minutes"],
    )
    mailing.answer(mailing.servers.wait_for(ANNA, 2)[-1], "It arrived, thank you!")
    mailing.wait_for(
        "from kizuna.relationships import stages\n"
        "anna = Customer.objects.get(email='anna@customer.example', merged_into=None)\n"
        "found = [move.to_stage for move in stages.list_moves(shop.pk, anna.pk)]",
        [1, 2, 3],
    )
    assert mailing.ask("found = Conversation.objects.count()") == 1


def test_a_bounce_an_absence_and_a_loop_are_known_for_what_they_are(mailing: Mailing) -> None:
    mailing.ask("""
from kizuna.conversations import teams
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Beginning
team = teams.ensure_default(shop.pk)
told = Beginning(team.pk, None, "To nobody", "Are you there?", address="nobody@customer.example")
writing.begin(shop, told, olga, now)
""")
    mailing.wait_for(
        "found = list(Outgoing.objects.filter(message__subject='To nobody').values_list('state', flat=True))",
        ["bounced"],
    )
    mailing.wait_for(
        "from kizuna.outreach import suppression\n"
        "found = sorted(suppression.find(shop.pk, ['nobody@customer.example']))",
        ["nobody@customer.example"],
    )

    before = mailing.ask(
        "found = [Conversation.objects.count(), Message.objects.filter(direction='in', is_automatic=False).count()]"
    )
    last = mailing.servers.read(ANNA)[-1]
    mailing.answer(last, "I am away until Monday.", Auto_Submitted="auto-replied")
    mailing.wait_for("found = Message.objects.filter(direction='in', is_automatic=True).count()", 1)
    raw = mailing.servers.read(ANNA)[-1]
    mailing.servers.send(ANNA, [CARE], raw.as_bytes())
    mailing.wait_for("found = RawMail.objects.filter(verdict='loop').count()", 1)
    after = mailing.ask(
        "found = [Conversation.objects.count(), Message.objects.filter(direction='in', is_automatic=False).count()]"
    )
    assert before == after
