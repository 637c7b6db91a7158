"""A customer with pages of their own, for tests of the premium site: who they are, and a browser that is in."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.test import Client

from kizuna.customers import identity, profiles
from kizuna.customers.identity import IdentityKind
from kizuna.customers.models import Identity
from kizuna.customers.profiles import ProfileChange
from kizuna.privileges import entrance, tiers
from kizuna.science import periods
from kizuna.shops.models import Shop
from kizuna.web.portal.access import COOKIE


@dataclass
class Staying:
    """A customer who is in."""

    shop: Shop
    identity_id: int
    customer_id: int
    email: str
    client: Client

    def url(self, path: str = "") -> str:
        """Give the address of one of their pages."""
        return f"/p/{self.shop.slug}/{path}"

    def read(self, path: str = "") -> str:
        """Read one of their pages."""
        answer = self.client.get(self.url(path))
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content.decode()

    def send(self, path: str, **posted: object):
        """Send a form with the token of their session."""
        found = re.search(r'name="csrf" value="(\w+)"', self.read())
        assert found is not None
        return self.client.post(self.url(path), {**posted, "csrf": found.group(1)})


def make_staying(shop: Shop, name: str = "Anna Berg", segment: str = "A", language: str = "en") -> Staying:
    """Make a customer of a segment and let them in."""
    now_us = periods.epoch_us(datetime.now(UTC))
    email = f"{name.split(maxsplit=1)[0].lower()}@example.com"
    identity_id = identity.ensure(shop.pk, IdentityKind.EMAIL, [email], [now_us])[email]
    customer_id = Identity.objects.get(pk=identity_id).customer_id
    profiles.update(shop.pk, {customer_id: ProfileChange(now_us, name=name, language=language)})
    tiers.refresh(shop.pk, {customer_id: segment}, now_us)
    client = Client()
    client.cookies[COOKIE] = entrance.open_session(shop.pk, identity_id, "link", now_us)
    return Staying(shop, identity_id, customer_id, email, client)
