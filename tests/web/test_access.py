"""The walls: who may open which address. Every address is read from the resolver, so new ones are covered too."""

import pytest
from django.test import Client
from django.urls import reverse

from kizuna.shops import members, roles
from kizuna.shops.models import Role
from tests.shops.making import log_in, make_owner, make_person, make_shop
from tests.web.walls import list_addresses, list_shop_addresses, locate, make_world

pytestmark = pytest.mark.django_db

METHODS = ("get", "post")


def test_every_address_under_a_shop_is_guarded():
    addresses = list_shop_addresses()
    assert len(addresses) > 20
    assert [address.route for address in addresses if address.action not in roles.ACTIONS] == []
    assert [address.route for address in list_addresses() if not address.name] == []


def test_an_owner_finds_nothing_under_numbers_of_another_shop():
    world, mine = make_world(), make_shop("elsewhere")
    owner = log_in(make_owner(mine))
    found = []
    for address in list_shop_addresses():
        if address.parts == {"slug"}:
            continue
        path = locate(address, world).replace("/walled/", "/elsewhere/")
        answers = {method: getattr(owner, method)(path).status_code for method in METHODS}
        if not set(answers.values()) <= {404, 405} or 404 not in answers.values():
            found.append((address.route, answers))
    assert found == []


@pytest.mark.parametrize("method", METHODS)
def test_members_of_another_shop_find_nothing(method):
    world = make_world()
    stranger = log_in(make_owner(make_shop("elsewhere")))
    open_pages = []
    for address in list_shop_addresses():
        response = getattr(stranger, method)(locate(address, world))
        if response.status_code not in {404, 405}:
            open_pages.append((address.route, response.status_code))
    assert open_pages == []


def test_what_belongs_to_another_shop_cannot_be_named_from_ones_own():
    world = make_world()
    mine = make_shop("mine")
    owner = log_in(make_owner(mine))
    before = (world.shop.sources.count(), world.shop.memberships.count(), world.shop.rates.count())
    for address in list_shop_addresses():
        if address.parts > {"slug"}:
            here = locate(address, type(world)(mine, world.owner, {**world.parts, "slug": "mine"}))
            for method in METHODS:
                response = getattr(owner, method)(here)
                assert response.status_code in {302, 404, 405}, (address.route, method, response.status_code)
                assert world.shop.name not in response.content.decode(errors="replace")
    assert (world.shop.sources.count(), world.shop.memberships.count(), world.shop.rates.count()) == before
    assert not world.shop.sources.exclude(revoked_at=None).exists()
    assert not world.shop.invitations.exclude(ended_at=None).exists()


@pytest.mark.parametrize("role", list(Role))
def test_a_wrong_role_is_told_so_and_a_right_one_gets_in(role):
    world = make_world()
    client = log_in(make_person(world.shop, role))
    client.raise_request_exception = False
    wrong = []
    for address in list_shop_addresses():
        for method in METHODS:
            if roles.may(role, str(address.action)) and method == "post":
                continue
            status = getattr(client, method)(locate(address, world)).status_code
            refused = status == 403 or (status == 405 and not roles.may(role, str(address.action)))
            if refused == roles.may(role, str(address.action)):
                wrong.append((address.route, method, status))
    assert wrong == []


@pytest.mark.parametrize("method", METHODS)
def test_strangers_log_in_first_and_learn_nothing_about_shops(method):
    world = make_world()
    for address in list_shop_addresses():
        response = getattr(Client(), method)(locate(address, world))
        assert response.status_code in {302, 405}, address.route
        if response.status_code == 302:
            assert response.url.startswith(reverse("account_login")), address.route
    assert Client().get("/s/no-such-shop/settings/shop/").status_code == 302


def test_a_page_asked_for_by_htmx_leads_the_whole_window_to_the_log_in():
    world = make_world()
    address = reverse("settings_shop", args=[world.shop.slug])
    response = Client().get(address, headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == reverse("account_login")


def test_whoever_leaves_a_shop_is_out_at_once():
    world = make_world()
    person = make_person(world.shop, "owner")
    client = log_in(person)
    address = reverse("settings_people", args=[world.shop.slug])
    assert client.get(address).status_code == 200
    members.remove_member(members.get_member(world.shop, person.public_id))
    assert client.get(address).status_code == 404
    person.is_active = False
    person.save()
    assert client.get(address).status_code == 302


def test_pages_of_a_shop_are_not_kept_by_shared_caches():
    world = make_world()
    response = log_in(world.owner).get(reverse("settings_shop", args=[world.shop.slug]))
    assert "private" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "DENY"


def test_every_form_of_a_shop_asks_for_the_csrf_token():
    world = make_world()
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.owner)
    for address in list_shop_addresses():
        status = client.post(locate(address, world)).status_code
        assert status in {403, 405}, (address.route, status)


def test_a_guard_with_a_misspelt_action_does_not_even_start():
    from kizuna.web.console.access import shop_page

    with pytest.raises(KeyError):
        shop_page("edit_setings")
