"""Booking investments: once per source, at the cost that holds, editable, and never a part of the portfolio."""

from decimal import Decimal

import pytest

from kizuna.conversations import teams, threads
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.flows import investing, placing, portfolio, snapshots
from kizuna.flows import shops as shops_flow
from kizuna.flows.investing import Correction, Goods
from kizuna.relationships import investment_terms, investments
from kizuna.relationships.investments import Booking, InvestmentKind
from kizuna.relationships.models import Investment, Standing
from kizuna.science import periods
from kizuna.shops.models import AuditEntry
from kizuna.shops.rates import NewRate
from kizuna.shops.tenants import Refused
from tests.flows.making import DAY, Books
from tests.shops.making import NOW, make_owner, make_shop

pytestmark = pytest.mark.django_db
NOW_US = periods.epoch_us(NOW)


@pytest.fixture
def books() -> Books:
    return Books(make_shop("invested", "EUR"))


def talk_with(books: Books, identity: int) -> tuple[int, int]:
    """A conversation with one answer; (it, the message)."""
    new = NewConversation(teams.ensure_default(books.shop.pk).pk, Channel.EMAIL, "Pots", identity_id=identity)
    talk = threads.open_conversation(books.shop.pk, new, NOW_US)
    answer = NewMessage(Direction.OUT, Author.PERSON, "Gladly.", NOW_US)
    return talk.pk, threads.append(books.shop.pk, talk.pk, answer, NOW_US)[0].pk


def test_until_decided_the_figures_of_the_model_hold_at_the_shops_own_rate(books: Books) -> None:
    terms = investing.terms_of(books.shop, NOW)
    assert (terms.channel_minor["email"], terms.channel_minor["voice"], terms.channel_minor["phone"]) == (25, 110, 950)
    shops_flow.set_rates(books.shop, [NewRate("USD", NOW.date(), Decimal("0.8"))], None, NOW)
    terms = investing.terms_of(books.shop, NOW)
    assert (terms.channel_minor["phone"], terms.hour_minor, terms.assumed) == (760, 2400, True)


def test_a_message_and_a_sitting_are_booked_once_each(books: Books) -> None:
    identity = books.customer()
    conversation, message = talk_with(books, identity)
    assert investing.book_message(books.shop, message, "email", NOW)
    assert not investing.book_message(books.shop, message, "email", NOW)
    assert investing.book_minutes(books.shop, conversation, None, 90, NOW)
    assert not investing.book_minutes(books.shop, conversation, None, 90, NOW)
    assert investing.book_minutes(books.shop, conversation, None, 90, NOW, sitting="another")
    assert investments.total_of(books.shop.pk, [identity]) == (25 + 75 + 75, 3.0, NOW_US)
    booked = investments.list_of_conversation(books.shop.pk, conversation)
    assert [each.kind for each in booked] == ["channel", "minutes", "minutes"]
    assert {each.channel for each in booked} == {"email"}


def test_a_conversation_with_nobody_known_books_nothing(books: Books) -> None:
    new = NewConversation(teams.ensure_default(books.shop.pk).pk, Channel.EMAIL)
    talk = threads.open_conversation(books.shop.pk, new, NOW_US)
    assert not investing.book_minutes(books.shop, talk.pk, None, 90, NOW)
    assert not investing.book_minutes(books.shop, 987_654, None, 90, NOW)
    assert not Investment.objects.exists()


def test_goods_of_a_wish_are_booked_once_and_absurd_amounts_refused(books: Books) -> None:
    identity = books.customer()
    assert investing.book_goods(books.shop, Goods(identity, 7, 1200), NOW)
    assert not investing.book_goods(books.shop, Goods(identity, 7, 1200), NOW)
    assert investing.book_goods(books.shop, Goods(identity, 7, 300, InvestmentKind.DISCOUNT), NOW)
    assert [each.amount_minor for each in investments.list_of_wish(books.shop.pk, 7)] == [1200, 300]
    with pytest.raises(Refused):
        investing.book_goods(books.shop, Goods(identity, 8, -1), NOW)


def test_minutes_are_corrected_with_a_trace(books: Books) -> None:
    identity, owner = books.customer(), make_owner(books.shop)
    conversation, _ = talk_with(books, identity)
    investing.book_minutes(books.shop, conversation, owner, 600, NOW)
    (booked,) = investments.list_of(books.shop.pk, [identity])
    before = investing.correct(books.shop, booked.id, Correction(minutes=2), owner, NOW)
    assert (before.minutes, before.amount_minor) == (10.0, 500)
    (after,) = investments.list_of(books.shop.pk, [identity])
    assert (after.minutes, after.amount_minor, after.corrected_at) == (2.0, 100, NOW)
    assert AuditEntry.objects.get(action="investment_corrected").before == {"amount_minor": 500, "minutes": 10.0}
    with pytest.raises(LookupError):
        investing.correct(make_shop("else", "EUR"), booked.id, Correction(minutes=2), owner, NOW)
    with pytest.raises(Refused):
        investing.correct(books.shop, booked.id, Correction(minutes=-1), owner, NOW)


def test_a_decision_holds_from_then_on_only(books: Books) -> None:
    identity, owner = books.customer(), make_owner(books.shop)
    _, first = talk_with(books, identity)
    investing.book_message(books.shop, first, "email", NOW)
    decided = investment_terms.Terms(6000, {"email": 100}, {"A": 50_000}, "https://shop.example/")
    investing.change_terms(books.shop, decided, owner, NOW)
    _, second = talk_with(books, identity)
    investing.book_message(books.shop, second, "email", NOW)
    assert sorted(each.amount_minor for each in investments.list_of(books.shop.pk, [identity])) == [25, 100]
    assert not investing.terms_of(books.shop, NOW).assumed
    for bad in (
        investment_terms.Terms(-1, {}),
        investment_terms.Terms(1, {"email": -1}),
        investment_terms.Terms(1, {}, {}, "javascript:alert(1)"),
    ):
        with pytest.raises(Refused):
            investing.change_terms(books.shop, bad, owner, NOW)


def test_investments_never_enter_the_portfolio(books: Books) -> None:
    who = [books.customer() for _ in range(6)]
    for place, identity in enumerate(who):
        books.order(identity, NOW_US - (place + 1) * DAY, 1000 * (place + 1))
    snapshots.settle_present(books.shop, NOW)
    before = portfolio.measure_as_of(books.shop, NOW_US)
    stood = list(Standing.objects.order_by("customer_id").values("segment", "net_profit_minor", "e_cnrr", "rf"))
    for place, identity in enumerate(who):
        investments.book(books.shop.pk, Booking(identity, "goods", 10**7 * (place + 1), NOW_US, "wish", str(place)))
    after = portfolio.measure_as_of(books.shop, NOW_US)
    assert after.cuts == before.cuts
    assert after.segment.tolist() == before.segment.tolist()
    assert after.net_profit.tolist() == before.net_profit.tolist()
    placing.place(books.shop, [books.customer_of(identity) for identity in who], "again", NOW_US)
    assert list(Standing.objects.order_by("customer_id").values("segment", "net_profit_minor", "e_cnrr", "rf")) == stood
