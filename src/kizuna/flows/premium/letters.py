"""Mails of the premium site to its customers, in their language; each says who writes and why.

They carry links and words, never where a customer stands.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Notice
from kizuna.html.words import say

if TYPE_CHECKING:
    from kizuna.shops.models import Shop


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to one customer; `key` makes sending it again the same mail."""

    to: str
    subject: str
    text: str
    key: str


def address(shop: "Shop", path: str) -> str:
    """Write the full address of a page of a shop's premium site."""
    return f"{settings.PUBLIC_URL}/p/{shop.slug}/{path}"


def send(shop: "Shop", letter: Letter, now: datetime) -> None:
    """Queue a letter in the caller's transaction; the same key again is the same mail. Raises BadAddress."""
    sending.send_notice(shop, Notice(letter.to, letter.subject, letter.text, key=letter.key), now)


def entry_link(shop: "Shop", to: str, key: str, language: str) -> Letter:
    """Write the mail with a log-in link."""
    link = address(shop, f"enter/{key}/")
    text = "\n\n".join(
        (
            say(language, "Good day,"),
            say(
                language,
                "with this link you enter your pages at {shop}. It works once, within half an hour:",
                shop=shop.name,
            ),
            link,
            say(language, "If you did not ask for it, do nothing: nobody can come in without this mail."),
            shop.name,
        )
    )
    subject = say(language, "Your way in to {shop}", shop=shop.name)
    return Letter(to, subject, text + "\n", f"entry-{hashlib.sha256(key.encode()).hexdigest()[:32]}")
