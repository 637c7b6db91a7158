"""Coming in to the premium site: asking for a link, using it, a token signed by the shop, leaving.

Whether an address is known is told to nobody but its mailbox: asking does the same for every address.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from kizuna.customers import addresses, links
from kizuna.flows.premium import letters
from kizuna.privileges import entrance, site
from kizuna.privileges.entrance import Refused
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

__all__ = ["Asked", "Refused"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a link: the address typed, where the request came from, and the language of the page."""

    address: str
    origin: str
    language: str


@transaction.atomic
def ask_link(shop: "Shop", asked: Asked, now_us: int) -> bool:
    """Mail a log-in link if the address is a customer's; False only where somebody asks too often."""
    wanted = asked.address.strip().lower()[:254]
    if not entrance.note_attempt(shop.pk, wanted, asked.origin, now_us):
        return False
    try:
        validate_email(wanted)
    except ValidationError:
        return True
    identity_id = addresses.find_identity(shop.pk, wanted)
    if identity_id is not None:
        key = entrance.make_link(shop.pk, identity_id, now_us)
        letters.send(shop, letters.entry_link(shop, wanted, key, asked.language), periods.instant_at(now_us))
    return True


@transaction.atomic
def enter_by_link(shop: "Shop", key: str, now_us: int) -> str:
    """Use a mailed link up and return the key of the new session. Raises Refused."""
    identity_id = entrance.use_link(shop.pk, key, now_us)
    if not links.customers_of(shop.pk, [identity_id]):
        raise Refused("this customer is no longer here")
    return entrance.open_session(shop.pk, identity_id, "link", now_us)


@transaction.atomic
def enter_by_token(shop: "Shop", given: dict[str, str], now_us: int) -> str:
    """Use up a token that the shop signed (jwt, or user_id, exp and hmac); returns a session's key. Raises Refused."""
    secret = site.find_secret(shop.pk)
    if secret is None:
        raise Refused("this shop signs no tokens")
    if given.get("jwt"):
        signed = entrance.read_jwt(secret, given["jwt"], now_us)
    else:
        who, exp, signature = (given.get(name, "") for name in ("user_id", "exp", "hmac"))
        signed = entrance.read_hmac(secret, who, exp, signature, now_us)
    identity_id = addresses.find_user(shop.pk, signed.user_id)
    if identity_id is None:
        raise Refused("the shop has not told us of this customer yet")
    entrance.use_token(shop.pk, signed)
    return entrance.open_session(shop.pk, identity_id, "token", now_us)


@transaction.atomic
def leave(shop: "Shop", customer_id: int, session_id: int | None, now_us: int) -> int:
    """End one session, or all of a customer; returns how many."""
    identities = links.identities_of(shop.pk, [customer_id])[customer_id]
    return entrance.end_sessions(shop.pk, identities, now_us, session_id)
