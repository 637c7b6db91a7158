"""The content policy: sent with every page, and no page needs what it forbids: no script or style in the markup."""

from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import NoReverseMatch

from tests.shops.making import log_in
from tests.web.walls import list_addresses, locate, make_world

pytestmark = pytest.mark.django_db


class Inline(HTMLParser):
    """Collects what a strict policy blocks: inline scripts, styles, handlers, javascript: addresses."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.inside = ""

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.inside = tag if tag == "style" or (tag == "script" and "src" not in names) else ""
        if tag == "script" and names.get("type") in {"application/json", "importmap"}:
            self.inside = ""
        for name, value in attrs:
            if name == "style" or (name.startswith("on") and tag != "svg"):
                self.found.append(f"{tag} {name}")
            if (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, text):
        if self.inside and text.strip():
            self.found.append(f"inline {self.inside}")


def _inline(page):
    parser = Inline()
    parser.feed(page)
    return parser.found


def test_the_finder_finds():
    page = '<p style="x" onclick="y">a</p><script>1</script><style>b{}</style><a href=" JavaScript:1">c</a>'
    assert len(_inline(page)) == 5
    assert _inline('<script src="/x.js"></script><p hx-on="a">b</p>') == []


@pytest.mark.parametrize("signed_in", [True, False])
def test_every_page_has_the_policy_and_nothing_inline(signed_in):
    world = make_world()
    client = log_in(world.owner) if signed_in else Client()
    client.raise_request_exception = False
    seen, bad = 0, []
    for address in list_addresses():
        try:
            url = locate(address, world)
        except NoReverseMatch:
            url = "/" + address.route.replace("^", "").replace("$", "").split("(")[0]
        response = client.get(url)
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            continue
        seen += 1
        policy = response.get("Content-Security-Policy", "")
        if "default-src 'self'" not in policy or "'unsafe-" in policy:
            bad.append((address.route, "policy", policy))
        bad += [(address.route, found) for found in _inline(response.content.decode(errors="replace"))]
    assert bad == []
    assert seen > 20


def test_cookies_are_secure_behind_tls_and_never_readable_by_scripts(settings):
    world = make_world()
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    from tests.shops.making import PASSWORD

    client = Client()
    response = client.post("/account/login/", {"login": world.owner.email, "password": PASSWORD}, secure=True)
    session = response.cookies["sessionid"]
    assert session["secure"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
