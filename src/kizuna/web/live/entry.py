"""Who is behind a session cookie, and may they hear a shop; asked again while a stream is open.

The console's pages ask the same through Django's middleware; a raw door has to ask for itself.
"""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from kizuna.shops import members, roles


@dataclass(frozen=True)
class Entry:
    """A person who may hear a shop."""

    person_id: int
    shop_id: int
    name: str = ""
    supervises: bool = field(default=False, compare=False)


def find_entry(cookie: str, slug: str, action: str = "view") -> Entry | None:
    """Find who asks and which shop they may hear, or act in; None for strangers and other people's shops alike."""
    close_old_connections()
    session_key = parse_cookie(cookie).get(settings.SESSION_COOKIE_NAME)
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    person: Any = get_user(request)
    if not person.is_authenticated or not person.is_active:
        return None
    entry = members.find_entry(slug, person)
    if entry is None or not roles.may(entry.role, action):
        return None
    return Entry(person.pk, entry.shop.pk, person.name, roles.may(entry.role, "supervise"))
