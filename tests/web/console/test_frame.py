"""The frame of every console page: it renders, marks where one is, and carries no inline script or style."""

import re
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from kizuna.shops import roles

INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)


def _render(name: str, path: str = "/s/tea/customers/", role: str = "owner") -> str:
    request = RequestFactory().get(path)
    request.user = SimpleNamespace(name="", email="zoe@tea.example", is_authenticated=True)
    shop = SimpleNamespace(slug="tea", name="Tea & <Toast>", timezone="UTC")
    context = {"shop": shop, "role": role, "allowed": roles.list_allowed(role), "my_shops": [shop], "request": request}
    return render_to_string(name, context)


@pytest.mark.parametrize("name", ["console/base.html", "console/bare.html", "403.html", "404.html", "500.html"])
def test_frames_render_without_inline_code(name: str) -> None:
    page = _render(name)
    assert not INLINE.search(page)
    assert page.count("<h1>") == 1


def test_the_section_one_is_in_is_marked() -> None:
    page = _render("console/base.html")
    in_bar, _, in_menu = page.partition('popovertarget="sections"')
    current = re.compile(r'<a href="([^"]+)" aria-current="page">')
    assert current.findall(in_bar) == current.findall(in_menu) == ["/s/tea/customers/"]
    assert 'class="all here"' in in_bar + 'popovertarget="sections"', (
        "a phone's bottom line shows that it is behind More"
    )
    assert current.findall(_render("console/base.html", "/s/tea/")) == ["/s/tea/"]


@pytest.mark.parametrize(
    ("role", "hidden"),
    [
        ("owner", set()),
        ("marketer", set()),
        ("operator", set()),
        ("specialist", {"settings", "debugger"}),
        ("reader", {"settings", "debugger"}),
    ],
)
def test_the_navigation_leads_only_where_a_role_may_go(role: str, hidden: set[str]) -> None:
    page = _render("console/base.html", role=role)
    every = {"portfolio", "customers", "debugger", "settings"}
    assert {name for name in every if f'<a href="/s/tea/{name}/"' in page} == every - hidden


def test_names_are_escaped() -> None:
    assert "<Toast>" not in _render("console/base.html")
