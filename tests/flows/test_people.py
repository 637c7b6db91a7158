"""People: owners, invitations that work once, roles, the last owner who stays, passwords; all in the audit log."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from kizuna.flows import people
from kizuna.flows.people import NewPerson
from kizuna.shops import invitations, members
from kizuna.shops.invitations import InvitationOver
from kizuna.shops.members import LastOwner
from kizuna.shops.models import AuditEntry, Invitation, Person
from kizuna.shops.people import find_person
from kizuna.shops.tenants import NewShop, Refused
from tests.shops.making import NOW, PASSWORD, make_owner, make_person, make_shop

pytestmark = pytest.mark.django_db


def _link(key: str) -> str:
    return f"https://kizuna.example/join/{key}/"


def _invite(shop, owner, email="new@example.com", role="operator"):
    _, link = people.invite(shop, email, role, _link, owner, NOW)
    return link.removeprefix("https://kizuna.example/join/").rstrip("/")


def test_an_invitation_is_mailed_after_commit_and_lets_one_person_in_once(django_capture_on_commit_callbacks):
    shop = make_shop()
    owner = make_owner(shop)
    with django_capture_on_commit_callbacks(execute=True):
        key = _invite(shop, owner, "New@Example.com")
        assert mail.outbox == []
    assert mail.outbox[0].to == ["new@example.com"]
    assert _link(key) in mail.outbox[0].body
    assert key not in repr(Invitation.objects.values())
    person, joined = people.accept_invitation(key, NewPerson("new@example.com", "Nora", PASSWORD), NOW)
    assert (joined, members.find_entry(shop.slug, person).role) == (shop, "operator")
    with pytest.raises(InvitationOver):
        people.accept_invitation(key, person, NOW)


def test_an_invitation_ends_after_three_days_when_withdrawn_and_when_replaced():
    shop = make_shop()
    owner, guest = make_owner(shop), make_person(email="guest@example.com")
    late = _invite(shop, owner, "guest@example.com")
    with pytest.raises(InvitationOver):
        people.accept_invitation(late, guest, NOW + timedelta(days=3))
    first = _invite(shop, owner, "guest@example.com")
    second = _invite(shop, owner, "guest@example.com")
    with pytest.raises(InvitationOver):
        people.accept_invitation(first, guest, NOW)
    opened = invitations.list_open(shop, NOW)
    assert len(opened) == 1
    people.withdraw_invitation(shop, opened[0].pk, owner, NOW)
    with pytest.raises(InvitationOver):
        people.accept_invitation(second, guest, NOW)
    assert members.find_entry(shop.slug, guest) is None


def test_only_the_invited_address_may_use_the_link_and_nobody_can_take_over_an_account():
    shop = make_shop()
    owner, known, stranger = make_owner(shop), make_person(email="known@example.com"), make_person()
    key = _invite(shop, owner, "known@example.com")
    with pytest.raises(Refused):
        people.accept_invitation(key, stranger, NOW)
    with pytest.raises(Refused):
        people.accept_invitation(key, NewPerson("known@example.com", "Eve", "another long password"), NOW)
    known.refresh_from_db()
    assert known.check_password(PASSWORD)
    people.accept_invitation(key, known, NOW)
    assert members.find_entry(shop.slug, known).role == "operator"


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [("no address", "reader", "email"), ("owner@example.com", "reader", "email"), ("x@example.com", "king", "role")],
)
def test_a_bad_invitation_is_refused_with_its_field(email, role, field):
    shop = make_shop()
    with pytest.raises(Refused) as refusal:
        people.invite(shop, email, role, _link, make_owner(shop), NOW)
    assert refusal.value.field == field


def test_the_last_owner_stays_owner_and_stays():
    shop = make_shop()
    owner = make_owner(shop)
    make_person(shop, "marketer")
    make_owner(make_shop(), "elsewhere@example.com")
    with pytest.raises(LastOwner):
        people.change_role(shop, owner.public_id, "reader", owner, NOW)
    with pytest.raises(LastOwner):
        people.remove_member(shop, owner.public_id, owner, NOW)
    people.change_role(shop, owner.public_id, "owner", owner, NOW)
    second = make_person(shop, "owner")
    people.remove_member(shop, owner.public_id, second, NOW)
    assert members.find_entry(shop.slug, owner) is None
    with pytest.raises(LastOwner):
        people.change_role(shop, second.public_id, "operator", second, NOW)


def test_a_member_of_another_shop_cannot_be_changed_or_removed():
    mine, other = make_shop(), make_shop()
    owner, stranger = make_owner(mine), make_person(other, "operator")
    with pytest.raises(Refused):
        people.change_role(mine, stranger.public_id, "reader", owner, NOW)
    with pytest.raises(Refused):
        people.remove_member(mine, stranger.public_id, owner, NOW)
    with pytest.raises(Refused):
        people.send_reset_link(mine, stranger.public_id, lambda person: "", owner, NOW)


def test_changes_of_people_are_in_the_log_with_before_and_after():
    shop = make_shop()
    owner, member = make_owner(shop), make_person(shop, "operator")
    people.change_role(shop, member.public_id, "marketer", owner, NOW)
    people.set_password(member, "quite another phrase", None, NOW)
    people.remove_member(shop, member.public_id, owner, NOW)
    entries = list(AuditEntry.objects.filter(shop=shop).order_by("id"))[-3:]
    assert [(entry.action, entry.before, entry.after) for entry in entries] == [
        ("role_changed", {"role": "operator"}, {"role": "marketer"}),
        ("password_set", None, None),
        ("member_removed", {"role": "marketer"}, None),
    ]
    assert {entry.target for entry in entries} == {f"person {member.email}"}


def test_a_reset_link_goes_to_the_member_only(django_capture_on_commit_callbacks):
    shop = make_shop()
    owner, member = make_owner(shop), make_person(shop, "operator")
    with django_capture_on_commit_callbacks(execute=True):
        people.send_reset_link(shop, member.public_id, lambda person: "https://kizuna.example/reset", owner, NOW)
    assert mail.outbox[0].to == [member.email]
    assert "https://kizuna.example/reset" in mail.outbox[0].body


def test_set_up_makes_the_first_owner_and_shop_and_only_the_first():
    person, shop = people.set_up(NewPerson("First@Example.com", "First", PASSWORD), NewShop("one", "One", "EUR"), NOW)
    assert (person.email, members.find_entry("one", person).role) == ("first@example.com", "owner")
    with pytest.raises(Refused):
        people.set_up(NewPerson("second@example.com", "", PASSWORD), NewShop("two", "Two", "EUR"), NOW)
    assert not Person.objects.filter(email="second@example.com")
    assert shop.slug == "one"


@pytest.mark.parametrize("password", ["short", "password1234", "1234567890", "first@example.com"])
def test_weak_passwords_are_refused(password):
    with pytest.raises(Refused) as refusal:
        people.create_owner(make_shop(), NewPerson("first@example.com", "", password), NOW)
    assert refusal.value.field == "password"
    assert find_person("first@example.com") is None


def test_the_commands_make_an_owner_and_give_a_new_password(capsys):
    make_shop("retail")
    call_command("create_owner", "olga@example.com", "--shop", "retail", "--name", "Olga")
    password = capsys.readouterr().out.split("shown once: ")[1].split()[0]
    olga = find_person("olga@example.com")
    assert olga.check_password(password)
    call_command("reset_password", "Olga@example.com")
    renewed = capsys.readouterr().out.split("shown once: ")[1].split()[0]
    olga.refresh_from_db()
    assert renewed != password
    assert olga.check_password(renewed)
    with pytest.raises(CommandError, match="no shop"):
        call_command("create_owner", "x@example.com", "--shop", "nowhere")
    with pytest.raises(CommandError, match="nobody"):
        call_command("reset_password", "nobody@example.com")
