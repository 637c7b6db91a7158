"""Signing keys of a shop's mail: made here, used once the DNS shows them, left to the relay where there are none."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from kizuna.conversations import signing, signing_keys
from kizuna.conversations.signing import Signer, Unreadable
from kizuna.science import periods
from kizuna.shops import audit

if TYPE_CHECKING:
    from kizuna.conversations.signing_keys import SigningKey
    from kizuna.shops.models import Person, Shop

_log = logging.getLogger(__name__)


def make(shop: "Shop", domain: str, person: "Person | None", now: datetime) -> "SigningKey":
    """Make a domain a new key, not in use until it is told so; it takes the place of an older one."""
    with transaction.atomic():
        key = signing_keys.renew(shop.pk, domain, settings.SECRET_KEY, periods.epoch_us(now))
        audit.record(shop, person, "signing_key_made", domain, None, {"selector": key.selector}, now)
    return key


def use(shop: "Shop", domain: str, in_use: bool, person: "Person | None", now: datetime) -> bool:
    """Let a key sign from now on, or leave signing to the relay."""
    with transaction.atomic():
        done = signing_keys.use(shop.pk, domain, in_use)
        if done:
            audit.record(shop, person, "signing_changed", domain, None, {"in_use": in_use}, now)
    return done


class Signers:
    """What signs for each domain, read once for a step of the pump."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], Signer | None] = {}

    def find(self, shop_id: int, domain: str, now: datetime) -> Callable[[bytes], bytes] | None:
        """Find what signs a shop's mail from a domain; None where nothing does here."""
        if (shop_id, domain) not in self._known:
            self._known[shop_id, domain] = self._read(shop_id, domain)
        signer = self._known[shop_id, domain]
        return None if signer is None else partial(signing.sign, signer=signer, at_s=int(now.timestamp()))

    def _read(self, shop_id: int, domain: str) -> Signer | None:
        try:
            return signing_keys.find_signer(shop_id, domain, settings.SECRET_KEY)
        except Unreadable:
            _log.exception("shop %s: mail from %s goes unsigned", shop_id, domain)
            return None
