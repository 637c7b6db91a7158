"""The forecast of a shop with known truth: right within its intervals, alike when repeated, and never refused."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from kizuna.flows import customer_days, forecast, foresight, taking
from kizuna.jobs.models import Job
from kizuna.relationships import forecasts
from kizuna.relationships.models import ForecastPart, ForecastRun, Standing
from kizuna.sales.models import Order
from kizuna.science import periods
from tests.flows.buyers import Buyers, Truth, make_buyers
from tests.flows.making import DAY, START, make_books, make_shop

pytestmark = pytest.mark.django_db


def _run(buyers: Buyers) -> forecasts.RunView:
    found = forecast.refresh(buyers.shop, periods.instant_at(buyers.now_us))
    assert found is not None
    return found


@pytest.fixture
def buyers(db: None) -> Buyers:
    return make_buyers(40)


def test_a_base_with_known_truth_is_told_rightly_and_the_past_is_compared_with_what_came() -> None:
    buyers = make_buyers(400)
    run = _run(buyers)
    _check_what_is_ahead(buyers, run)
    _check_the_back_test(buyers, run.back_test)


def _check_what_is_ahead(buyers: Buyers, run: forecasts.RunView) -> None:
    came = buyers.later_purchases(364)
    mean, low, high = run.totals["all"]["purchases"]
    assert low <= came.sum() <= high
    assert low < mean < high
    _, least, most = run.totals["all"]["value"]
    assert least <= buyers.later_profit.sum() * 0.95 <= most
    columns = forecasts.columns(buyers.shop.pk, run)
    assert columns.customer_id.tolist() == buyers.customer_id.tolist()
    inside = (columns.purchases_low <= came) & (came <= columns.purchases_high)
    assert inside.mean() > run.method["level"] - 0.05
    assert columns.purchases.sum() == pytest.approx(mean, rel=1e-3)
    assert np.corrcoef(columns.purchases, came)[0, 1] > 0.5


def _check_the_back_test(buyers: Buyers, tested: Mapping[str, Any] | None) -> None:
    assert tested is not None
    first = START // DAY
    origin = tested["origin_day"]
    assert (tested["months"], tested["until_day"], origin) == (6, first + 364, first + 181)
    orders = customer_days.read(buyers.shop, buyers.now_us).until(first + 364)
    then = set(orders.customer[orders.day <= origin].tolist())
    mine = np.isin(orders.customer, sorted(then))
    assert tested["customers"] == len(then)
    assert tested["purchases"]["came"] == (mine & (orders.day > origin)).sum()
    assert tested["profit"]["came"] == orders.profit[mine & (orders.day > origin)].sum()
    assert tested["purchases"]["low"] <= tested["purchases"]["came"] <= tested["purchases"]["high"]
    said, came = tested["purchases"]["said"], tested["purchases"]["came"]
    assert tested["purchases"]["error"] == pytest.approx((said - came) / came)
    assert sum(row["customers"] for row in tested["classes"]) == len(then)
    assert sum(row["customers"] * row["actual"] for row in tested["classes"]) == pytest.approx(came)
    track = tested["tracking"]
    assert track["day"][-1] == first + 364
    assert track["actual"][-1] == mine.sum() - len(then)
    assert track["expected"][-1] == pytest.approx(track["actual"][-1], rel=0.25)
    assert np.diff(track["expected"]).min() >= 0


def test_repeating_it_changes_nothing_and_leaves_one_run_that_standings_carry(buyers: Buyers) -> None:
    first = _run(buyers)
    before = forecasts.columns(buyers.shop.pk, first)
    again = _run(buyers)
    after = forecasts.columns(buyers.shop.pk, again)
    assert (again.totals, again.back_test, again.method) == (first.totals, first.back_test, first.method)
    assert after.value_high_minor.tolist() == before.value_high_minor.tolist()
    assert ForecastRun.objects.filter(shop=buyers.shop).count() == 1
    rows = Standing.objects.filter(shop_id=buyers.shop.pk).order_by("pk")
    assert [row.expected_value_minor for row in rows] == after.value_minor.tolist()
    assert [row.still_customer for row in rows] == pytest.approx(after.still.tolist(), abs=1e-4)


def test_an_interrupted_run_is_not_seen_and_the_next_one_mends_it(
    buyers: Buyers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(forecasts, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            _run(buyers)
    assert forecasts.find_last(buyers.shop.pk) is None
    assert Standing.objects.filter(shop_id=buyers.shop.pk, still_customer__isnull=False).count() == 0
    _run(buyers)
    assert ForecastRun.objects.filter(shop=buyers.shop).count() == 1
    assert set(ForecastPart.objects.values_list("run__complete", flat=True)) == {True}


@pytest.mark.parametrize("customers", [1, 20])
def test_small_shops_get_an_answer_with_a_wide_interval(customers: int) -> None:
    run = _run(make_buyers(customers))
    mean, low, high = run.totals["all"]["purchases"]
    assert low <= mean <= high
    assert np.isfinite([mean, low, high, *run.totals["all"]["value"]]).all()
    assert high - low > 0.5 * mean
    assert run.method["notes"]


def test_buyers_of_one_time_only_are_answered() -> None:
    run = _run(make_buyers(30, truth=Truth(a=1e9, b=1e-9)))
    mean, low, high = run.totals["all"]["purchases"]
    assert (mean < 15, low) == (True, 0)
    assert high >= mean
    assert run.back_test is not None
    assert run.back_test["purchases"]["came"] == 0
    assert run.back_test["purchases"]["error"] is None


def test_frequent_buyers_who_never_leave_are_answered() -> None:
    base = make_buyers(30, truth=Truth(r=8.0, alpha=6.0, a=0.0))
    run = _run(base)
    mean, low, high = run.totals["all"]["purchases"]
    came = base.later_purchases(364).sum()
    assert mean == pytest.approx(came, rel=0.15)
    assert low < high
    assert forecasts.columns(base.shop.pk, run).still.min() > 0.5


def test_losses_lower_the_value_and_a_shop_of_losses_is_told_so() -> None:
    mixed, lost = (_run(make_buyers(40, truth=Truth(losing=share))) for share in (0.4, 1.0))
    assert mixed.method["usual_share"] == pytest.approx(0.6, abs=0.12)
    assert any("left no profit" in note for note in mixed.method["notes"])
    mean, low, high = lost.totals["all"]["value"]
    assert low < mean < high <= 0
    assert any("no purchase left a profit" in note for note in lost.method["notes"])


def test_shops_keep_their_own(buyers: Buyers) -> None:
    other = make_buyers(10, seed=9)
    _run(buyers)
    mine = _run(other)
    assert mine.customers == 10
    assert forecasts.find_outlook(other.shop.pk, mine, int(buyers.customer_id[0])) is None
    assert not set(forecasts.columns(other.shop.pk, mine).customer_id) & set(buyers.customer_id.tolist())


def test_a_shop_without_a_purchase_has_no_forecast_and_loses_an_old_one() -> None:
    base = make_buyers(3)
    _run(base)
    Order.objects.filter(shop=base.shop).delete()
    now = periods.instant_at(base.now_us)
    assert forecast.refresh(base.shop, now) is None
    assert forecasts.find_last(base.shop.pk) is None
    assert Standing.objects.filter(shop_id=base.shop.pk, expected_value_minor__isnull=False).count() == 0
    assert forecast.refresh(make_shop(), now) is None


def test_it_is_due_once_a_local_day_and_when_its_terms_change() -> None:
    books = make_books()
    books.order(books.customer(), START)
    shop, now = books.shop, periods.instant_at(START)
    assert forecast.is_due(shop, now)
    assert not forecast.is_due(make_shop(), now)
    forecast.ask_where_due(now)
    forecast.ask_where_due(now)
    assert Job.objects.filter(task__endswith="refresh_shop").count() == 1
    assert not forecast.is_due(shop, now)
    Job.objects.all().delete()
    forecast.refresh_shop.call(shop_id=shop.pk, now_us=START)
    assert not forecast.is_due(shop, now + timedelta(hours=2))
    assert forecast.is_due(shop, now + timedelta(days=1))
    shop.maintenance_minor = 5
    assert forecast.is_due(shop, now)


def test_a_forecast_that_was_given_up_is_asked_for_again_a_day_later() -> None:
    base = make_buyers(3)
    now = periods.instant_at(base.now_us)
    forecast.ask(base.shop, now)
    Job.objects.update(state="dead", enqueued_at=now)
    assert not forecast.is_due(base.shop, now + timedelta(hours=23))
    assert forecast.is_due(base.shop, now + timedelta(hours=25))


def test_a_sleeping_shop_is_not_computed_every_night() -> None:
    books = make_books()
    books.order(books.customer(), START)
    late = periods.instant_at(START + 900 * DAY)
    forecast.refresh(books.shop, late)
    assert not forecast.is_due(books.shop, late + timedelta(days=1))


def test_how_much_of_the_past_is_held_back() -> None:
    held = [foresight.tested_months(0, day) for day in (10, 40, 56, 120, 330, 364, 2000)]
    assert held == [0, 0, 1, 2, 5, 6, 6]


def test_segments_of_then_are_compared_apart() -> None:
    base = make_buyers(60)
    day = START // DAY + 181
    taking.take(base.shop, START + (181 + 1) * DAY, "test", periods.instant_at(base.now_us))
    tested = _run(base).back_test
    assert tested is not None
    assert tested["origin_day"] == day
    parts = tested["segments"]
    assert set(parts) & set("ABCD")
    for name in ("purchases", "profit"):
        assert sum(part[name]["came"] for part in parts.values()) == pytest.approx(tested[name]["came"])
        assert sum(part[name]["said"] for part in parts.values()) == pytest.approx(tested[name]["said"])
