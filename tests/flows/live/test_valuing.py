"""What would be lost if a visitor gave up: known customers, unknown visitors, carts that may be lies."""

import pytest

from kizuna.flows.live import telling, valuing
from kizuna.relationships.models import Criterion, Snapshot, Standing
from kizuna.science.periods import DAY_US
from tests.flows.live.queueing import Floor

pytestmark = pytest.mark.django_db

MEAN = 10_000


@pytest.fixture
def floor() -> Floor:
    """A desk of a shop whose 100 customers bring 100.00 each."""
    made = Floor()
    Snapshot.objects.create(
        shop=made.desk.shop,
        day=made.us // DAY_US,
        as_of_us=made.us,
        period_from_us=made.us - 365 * DAY_US,
        period_to_us=made.us,
        criterion=Criterion.objects.create(
            shop=made.desk.shop, version=1, half_lives={}, weights={}, method="equal", created_at=made.now
        ),
        net_gain_minor=100 * MEAN,
        n_star=20,
        counts={"A": 20, "B": 0, "C": 0, "D": 80, "not_placed": 7},
        concentration={},
        columns=b"",
        digest="",
        cause="daily_snapshot",
        made_at=made.now,
    )
    return made


def stand(floor: Floor, customer_id: int, **more: object) -> None:
    told = {"segment": "A", "net_profit_minor": 50_000, "shop_id": floor.desk.shop.pk, **more}
    Standing.objects.update_or_create(customer_id=customer_id, defaults=told)


def value(floor: Floor, known: dict[str, object] | None = None, **context: object) -> int:
    chat = floor.chat()
    if known is not None:
        assert chat.customer_id is not None
        stand(floor, chat.customer_id, **known)
    return valuing.reckon(floor.desk.shop, chat, context, floor.us).value_minor


def test_an_unknown_visitor_is_worth_the_mean_and_a_known_one_what_they_bring(floor: Floor) -> None:
    assert value(floor) == round(0.05 * MEAN)
    assert value(floor, {}) == round(0.05 * 50_000)
    assert value(floor, {"expected_value_minor": 80_000}) == round(0.05 * 80_000)
    assert value(floor, {"net_profit_minor": -900}) == round(0.05 * MEAN / 10), "nobody is worth nothing"


def test_after_a_purchase_twice_as_much_is_at_risk(floor: Floor) -> None:
    assert value(floor, {"last_order_us": floor.us - DAY_US}) == 2 * value(floor, {})
    assert value(floor, {"last_order_us": floor.us - 40 * DAY_US}) == value(floor, {})


def test_a_cart_counts_in_the_shops_own_currency_and_never_beyond_a_bound(floor: Floor) -> None:
    bare = value(floor)
    assert value(floor, cart={"minor": 4_000, "currency": "EUR"}) == bare + 2_000
    for lie in ({"minor": 10**15}, {"minor": 10 * MEAN}):
        assert value(floor, cart=lie) == bare + 10 * MEAN // 2
    for nothing in ({"minor": 4_000, "currency": "USD"}, {"minor": -5}, {"minor": "9"}, {"minor": True}, "x", None):
        assert value(floor, cart=nothing) == bare


def test_a_visitor_is_told_place_and_wait_and_nothing_it_was_reckoned_from(floor: Floor) -> None:
    floor.rules(overflow_wait_s=120)
    chat = floor.wait()
    told = telling.states(floor.desk.shop, [chat.pk], floor.now)[chat.pk]
    assert (told["position"], told["expected_wait_s"], told["overflow"]) == (1, None, True)
    assert not {"value_minor", "worth", "segment", "value"} & told.keys()
    floor.sit(floor.desk.kim, capacity=12)
    told = telling.states(floor.desk.shop, [chat.pk], floor.now)[chat.pk]
    assert (told["expected_wait_s"], told["overflow"]) == (0, False)
