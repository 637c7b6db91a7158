"""The sources of a shop and its API tokens: making, rotating, ending and listing them.

Keys are made, hashed and looked up in shops.keys; what a kind of source is trusted with, customers.rules decides.
"""

from datetime import datetime
from uuid import UUID

from kizuna.shops import keys
from kizuna.shops.models import ApiToken, Person, Role, Shop, Source, SourceKind
from kizuna.shops.tenants import NotThere, Refused

BROWSER, SERVER = SourceKind.BROWSER.value, SourceKind.SERVER.value
FILES, CONSOLE = SourceKind.FILES.value, SourceKind.CONSOLE.value
KEYED_KINDS = (BROWSER, SERVER)


def list_sources(shop: Shop) -> list[Source]:
    """List a shop's sources, those in use first, the newest of each first."""
    return sorted(shop.sources.all(), key=lambda source: (source.revoked_at is not None, -source.pk))


def get_own_source(shop: Shop, kind: str) -> Source:
    """Get the source through which Kizuna itself records facts of a shop: its console, or its imported files."""
    return Source.objects.filter(shop=shop, kind=kind, revoked_at=None).order_by("id")[0]


def list_browser_ids(shop_id: int) -> set[int]:
    """List the sources whose key anybody can read in a page: what they say is a browser's word."""
    return set(Source.objects.filter(shop_id=shop_id, kind=BROWSER).values_list("id", flat=True))


def create_source(shop: Shop, name: str, kind: str) -> tuple[Source, str]:
    """Store a source; returns it with its key, which is not kept (empty for kinds that need none)."""
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise Refused("name", "give a name of 1 to 80 characters")
    if kind not in SourceKind.values:
        raise Refused("kind", f"{kind!r} is not one of {', '.join(SourceKind.values)}")
    if shop.sources.filter(name=name).exists():
        raise Refused("name", f"there is already a source named {name!r}")
    source = Source(shop=shop, name=name, kind=kind)
    key = _give_new_key(source) if kind in KEYED_KINDS else ""
    source.save()
    return source, key


def rotate_source(shop: Shop, public_id: UUID | str) -> tuple[Source, str]:
    """Give a source a new key; the old one stops at once."""
    source = get_source(shop, public_id)
    key = _give_new_key(source)
    source.save(update_fields=["key_hash", "key_prefix"])
    return source, key


def revoke_source(shop: Shop, public_id: UUID | str, now: datetime) -> Source:
    """End a source: its key is refused from now on; its facts stay."""
    source = get_source(shop, public_id)
    source.revoked_at = now
    source.save(update_fields=["revoked_at"])
    return source


def list_tokens(shop: Shop) -> list[ApiToken]:
    """List a shop's API tokens, those in use first, the newest of each first."""
    tokens = shop.tokens.select_related("created_by")
    return sorted(tokens, key=lambda token: (token.revoked_at is not None, -token.pk))


def create_token(shop: Shop, name: str, role: str, person: Person | None) -> tuple[ApiToken, str]:
    """Store an API token with a role; returns it with its key, which is not kept."""
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise Refused("name", "give a name of 1 to 80 characters")
    if role not in Role.values:
        raise Refused("role", f"{role!r} is not a role")
    key = keys.make_key(keys.TOKEN_PREFIX)
    token = ApiToken.objects.create(
        shop=shop, name=name, role=role, created_by=person, key_prefix=key[: keys.SHOWN], key_hash=keys.hash_key(key)
    )
    return token, key


def revoke_token(shop: Shop, token_id: int, now: datetime) -> ApiToken:
    """End an API token."""
    token = ApiToken.objects.filter(shop=shop, pk=token_id, revoked_at=None).first()
    if token is None:
        raise _missing("token", ApiToken.objects.filter(shop=shop, pk=token_id).exists())
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    return token


def _give_new_key(source: Source) -> str:
    key = keys.make_key(keys.WRITE_PREFIX)
    source.key_prefix, source.key_hash = key[: keys.SHOWN], keys.hash_key(key)
    return key


def get_source(shop: Shop, public_id: UUID | str) -> Source:
    """Get a source with a key that is in use; refused when there is none."""
    source = Source.objects.filter(shop=shop, public_id=public_id, revoked_at=None).exclude(key_hash=None).first()
    if source is None:
        raise _missing("source", Source.objects.filter(shop=shop, public_id=public_id).exists())
    return source


def _missing(what: str, of_the_shop: bool) -> Refused:
    """Of this shop but ended, or nothing this shop ever had."""
    return (Refused if of_the_shop else NotThere)(what, f"there is no such {what} in use")
