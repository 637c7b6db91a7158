"""How allauth meets Kizuna: nobody signs up alone, passwords change through the flow, second factors are encrypted.

Pages of log-in are templates under account/ and mfa/; who may enter which shop is no matter of allauth.
"""

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from kizuna.flows import people
from kizuna.web.console import resets

if TYPE_CHECKING:
    from kizuna.shops.models import Person


@dataclass(frozen=True)
class _Site:
    """What allauth's mails ask of a site."""

    name: str
    domain: str


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes self sign-up and lets passwords change only through the flow, so that the change is in the log."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are invited, never self-made."""
        return False

    def set_password(self, user: "Person", password: str) -> None:
        """Store a password that the person chose, written to the audit log of their shops."""
        people.set_password(user, password, user, timezone.now())

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Begin the link with the public address: the request's Host is whatever the sender wrote."""
        uid, _, token = key.partition("-")
        return resets.join_link(uid, token)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Name the installation by its public address in every mail, not by the request's Host."""
        domain = urlsplit(settings.PUBLIC_URL).netloc
        super().send_mail(template_prefix, email, {**context, "current_site": _Site("Kizuna", domain)})


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps secrets of authenticator apps unreadable for whoever only has the database."""

    def encrypt(self, text: str) -> str:
        """Encrypt with a key derived from the installation's own."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Undo `encrypt`."""
        return _box().decrypt(encrypted_text.encode()).decode()


def _box() -> Fernet:
    key = salted_hmac("kizuna.second-factor", "encryption key", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
