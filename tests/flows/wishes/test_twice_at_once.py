"""The same wish told by two requests in one moment is one wish, on SQLite and on PostgreSQL."""

import pytest

from kizuna.conversations.models import ServiceRequest, WishMove
from kizuna.flows.wishes import opening
from kizuna.flows.wishes.opening import NewWish
from tests.flows.wishes.making import Scene
from tests.racing import while_open

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def test_one_token_from_two_requests_is_one_wish() -> None:
    scene = Scene()
    new = NewWish(scene.identity_id, "The lamp in green, please", "form", token="form-1")
    first, second = while_open(lambda: opening.open_wish(scene.shop, new, scene.operator, scene.now))
    assert first.pk == second.pk == ServiceRequest.objects.get().pk
    assert WishMove.objects.filter(what="stage").count() == 1
