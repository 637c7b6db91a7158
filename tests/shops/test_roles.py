"""The role matrix: power falls from owner to reader, and a misspelt action is an error."""

import itertools

import pytest

from kizuna.shops import roles
from kizuna.shops.models import Role


def test_each_role_may_what_the_next_may_and_the_owner_may_all():
    allowed = [roles.list_allowed(role) for role in Role]
    assert allowed[0] == set(roles.ACTIONS)
    assert all(stronger > weaker for stronger, weaker in itertools.pairwise(allowed))
    assert roles.list_allowed("reader") == {"view"}


@pytest.mark.parametrize("action", ["edit_settings", "edit_sources", "edit_people", "view_audit"])
def test_only_owners_set_a_shop_up(action):
    assert [role.value for role in Role if roles.may(role, action)] == ["owner"]


def test_who_works_with_customers():
    assert roles.may("specialist", "record_contact")
    assert not roles.may("specialist", "edit_customers")
    assert roles.may("marketer", "export")
    assert not roles.may("operator", "export")
    assert not roles.may("intruder", "view")


def test_an_unknown_action_is_an_error_and_not_a_refusal():
    with pytest.raises(KeyError):
        roles.may("owner", "fly")
