"""How concentrated net profit is: measured when the snapshot is stored, told and drawn on the portfolio."""

import pytest

from kizuna.relationships import snapshots
from kizuna.science import portfolio
from tests.web.console.shop_with_history import Place

pytestmark = pytest.mark.django_db


def test_the_portfolio_draws_what_the_snapshot_kept(full: Place) -> None:
    kept = snapshots.find_last(full.shop.pk)
    assert kept is not None
    profit = snapshots.columns(kept).net_profit
    assert snapshots.concentration(kept) == portfolio.concentration(profit)
    assert kept.concentration["shares"] == portfolio.shares_held(profit).round(6).tolist()
    page = full.client().get(full.url("portfolio/")).content.decode()
    assert "The most profitable fifth of the customers brings" in page
    assert "<title>Net profit by share of customers</title>" in page


def test_a_shop_without_profit_has_no_curve(empty: Place) -> None:
    assert "Net profit by share" not in empty.client().get(empty.url("portfolio/")).content.decode()
