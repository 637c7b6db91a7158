"""Fixtures of the console's tests: an empty shop, a full one, and a stranger's."""

import pytest

from tests.web.console.shop_with_history import Place, make_place


@pytest.fixture
def empty(db: None) -> Place:
    """A fresh shop without a customer."""
    return make_place("fresh", 0, 0)


@pytest.fixture
def full(db: None) -> Place:
    """A shop with customers, orders, moves and snapshots."""
    return make_place("tea", 160, 3_000)


@pytest.fixture
def strange(db: None) -> Place:
    """Somebody else's shop."""
    return make_place("strange", 30, 300)
