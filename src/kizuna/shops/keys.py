"""Write keys and API tokens: made from 32 random bytes, stored as SHA-256, and looked up by the doors.

Making and ending them is in shops.sources. A fast hash is right for keys that nobody can guess; people's passwords
are another matter (Argon2, shops.people).
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from kizuna.shops.models import ApiToken, Shop, Source, SourceKind

WRITE_PREFIX = "kz_w_"
TOKEN_PREFIX = "kz_t_"  # noqa: S105 (a prefix, not a secret)
SHOWN = 12
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SourceView:
    """What the capture door needs to know about a source."""

    id: int
    shop_id: int
    kind: str
    key_hash: str


@dataclass(frozen=True)
class Bearer:
    """Who a valid API token speaks for."""

    token: ApiToken
    shop: Shop
    role: str


def make_key(prefix: str) -> str:
    """Make a key nobody can guess, with a prefix by which people and secret scanners know it."""
    return prefix + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """Hash a key the way it is stored."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def list_active_sources() -> list[SourceView]:
    """List every source that may send, for the capture door to keep in memory."""
    return [_view(source) for source in Source.objects.filter(revoked_at=None).exclude(key_hash=None)]


def find_source(key: str) -> SourceView | None:
    """Find the source in use that a write key belongs to."""
    found = Source.objects.filter(key_hash=hash_key(key), revoked_at=None).first()
    return None if found is None else _view(found)


def find_sources(source_ids: Collection[int]) -> dict[int, SourceView]:
    """Find sources by number, those ended since included: what they sent while they were in use still counts."""
    return {source.pk: _view(source) for source in Source.objects.filter(pk__in=source_ids)}


def list_file_sources() -> list[int]:
    """List the sources of imported files, whose messages are remembered for ever."""
    return list(Source.objects.filter(kind=SourceKind.FILES).values_list("id", flat=True))


def find_bearer(key: str) -> Bearer | None:
    """Find whom an API token speaks for; None when it is unknown or revoked."""
    token = ApiToken.objects.select_related("shop").filter(key_hash=hash_key(key), revoked_at=None).first()
    return None if token is None else Bearer(token, token.shop, token.role)


def note_use(sources: list[int], tokens: list[int], now: datetime) -> None:
    """Write when keys were last used, at most once a minute each, so that a busy key costs no writes."""
    _note(Source.objects.filter(pk__in=sources), sources, now)
    _note(ApiToken.objects.filter(pk__in=tokens), tokens, now)


def _note(rows: QuerySet[Source] | QuerySet[ApiToken], ids: list[int], now: datetime) -> None:
    stale = rows.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY))
    if ids and stale.exists():
        stale.update(last_used_at=now)


def _view(source: Source) -> SourceView:
    return SourceView(source.pk, source.shop_id, source.kind, source.key_hash or "")
