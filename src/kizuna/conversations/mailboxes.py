"""Mailboxes that are fetched and doors that providers post to: how to reach them, how far they are, what is wrong.

Secrets are encrypted with a key derived from the installation's own. Callers hold the transaction.
"""

import base64
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

from kizuna.conversations.models import Mailbox, MailHook

__all__ = ["MailHook", "Mailbox"]

SECURITY = ("tls", "starttls", "none")


class NotThere(LookupError):
    """This shop has no such mailbox or door."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a mailbox."""

    team_id: int
    host: str
    port: int
    security: str
    username: str
    password: str
    folder: str = "INBOX"


def add(shop_id: int, access: Access) -> Mailbox:
    """Add a mailbox; raises IntegrityError where the team fetches this folder already."""
    return Mailbox.objects.create(
        shop_id=shop_id,
        team_id=access.team_id,
        host=access.host,
        port=access.port,
        security=access.security,
        username=access.username,
        password=_box().encrypt(access.password.encode()).decode(),
        folder=access.folder,
    )


def list_all() -> list[Mailbox]:
    """List the mailboxes of every shop, for the process that fetches."""
    return list(Mailbox.objects.order_by("id"))


def list_of(shop_id: int) -> list[Mailbox]:
    """List a shop's mailboxes."""
    return list(Mailbox.objects.filter(shop_id=shop_id).select_related("team").order_by("id"))


def access_of(mailbox: Mailbox) -> Access:
    """Read how to reach a mailbox, its password in the clear; empty where it cannot be decrypted any more."""
    return Access(
        mailbox.team_id,
        mailbox.host,
        mailbox.port,
        mailbox.security,
        mailbox.username,
        reveal(mailbox.password),
        mailbox.folder,
    )


def note_progress(mailbox_id: int, uid_validity: int, last_uid: int) -> None:
    """Note how far a mailbox is; what is behind it is durable."""
    Mailbox.objects.filter(pk=mailbox_id).update(uid_validity=uid_validity, last_uid=last_uid)


def note_check(mailbox_id: int, problem: str, now_us: int) -> None:
    """Note that a mailbox was looked into, and what was wrong."""
    Mailbox.objects.filter(pk=mailbox_id).update(problem=problem[:500], checked_us=now_us)


def remove(shop_id: int, public_id: UUID | str) -> None:
    """Fetch a mailbox no longer. Raises NotThere."""
    if not Mailbox.objects.filter(shop_id=shop_id, public_id=public_id).delete()[0]:
        raise NotThere(str(public_id))


def add_hook(shop_id: int, team_id: int, provider: str, secret: str) -> MailHook:
    """Open a door for a provider."""
    return MailHook.objects.create(
        shop_id=shop_id,
        team_id=team_id,
        provider=provider,
        token=secrets.token_urlsafe(32),
        secret=_box().encrypt(secret.encode()).decode(),
    )


def find_hook(provider: str, token: str) -> MailHook | None:
    """Find the door that a provider knocks at."""
    return MailHook.objects.filter(provider=provider, token=token).first()


def list_hooks(shop_id: int) -> list[MailHook]:
    """List a shop's doors."""
    return list(MailHook.objects.filter(shop_id=shop_id).select_related("team").order_by("id"))


def remove_hook(shop_id: int, public_id: UUID | str) -> None:
    """Close a door. Raises NotThere."""
    if not MailHook.objects.filter(shop_id=shop_id, public_id=public_id).delete()[0]:
        raise NotThere(str(public_id))


def reveal(encrypted: str) -> str:
    """Decrypt a secret; empty where the installation's own secret is another now."""
    try:
        return _box().decrypt(encrypted.encode()).decode()
    except InvalidToken:
        return ""


def _box() -> Fernet:
    key = salted_hmac("kizuna.mailboxes", "encryption key", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
