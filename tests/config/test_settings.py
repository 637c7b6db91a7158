"""The settings an installation runs with, as far as tests run with others."""

from kizuna.config import settings as real
from tests import settings as quick


def test_passwords_are_hashed_by_argon2_outside_tests() -> None:
    assert real.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"


def test_tests_run_with_the_settings_of_installations_but_for_the_hashing_of_passwords() -> None:
    assert "DATABASES" in quick.names
    assert {name for name in quick.names if getattr(real, name) != getattr(quick, name)} == {"PASSWORD_HASHERS"}
