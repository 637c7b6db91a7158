"""The people who work for shops: finding and making them, their addresses and passwords.

Passwords are hashed by Django (Argon2). Which shops somebody works for is in shops.members; customers are no people
of this room.
"""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from kizuna.shops.models import Person
from kizuna.shops.tenants import Refused


def is_first_run() -> bool:
    """Say whether nobody can log in yet."""
    return not Person.objects.exists()


def find_person(email: str) -> Person | None:
    """Find a person by address, whatever its case."""
    return Person.objects.filter(email=email.strip().lower()).first()


def create_person(email: str, name: str, password: str) -> Person:
    """Make a person who can log in; refused for a bad or taken address and for a weak password."""
    address = check_email(email)
    if find_person(address):
        raise Refused("email", f"there is already a person with the address {address}")
    if len(name.strip()) > 120:
        raise Refused("name", "use at most 120 characters")
    check_password(password, Person(email=address, name=name.strip()))
    return Person.objects.create_user(address, password, name=name.strip())


def check_email(email: str) -> str:
    """Return an address in the form it is kept; refused when it is none."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Refused("email", f"{email.strip()!r} is not an e-mail address") from None
    return address


def check_password(password: str, person: Person) -> None:
    """Refuse a password that is short, common or close to the person's address."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Refused("password", " ".join(error.messages)) from None


def set_password(person: Person, password: str) -> None:
    """Give a person a new password; whoever is logged in with the old one is logged out."""
    check_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])


def name_of(person_id: int) -> str:
    """Give the name under which customers know a person of the shop; empty where they gave none."""
    return Person.objects.filter(pk=person_id).values_list("name", flat=True).first() or ""
