"""The frame of every console page: it renders, marks where one is, and carries no inline script or style."""

import re
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)


def _render(name: str, path: str = "/s/tea/customers/") -> str:
    request = RequestFactory().get(path)
    request.user = SimpleNamespace(name="", email="zoe@tea.example", is_authenticated=True)
    shop = SimpleNamespace(slug="tea", name="Tea & <Toast>", timezone="UTC")
    return render_to_string(name, {"shop": shop, "role": "owner", "my_shops": [shop], "request": request})


@pytest.mark.parametrize("name", ["console/base.html", "console/bare.html", "403.html", "404.html", "500.html"])
def test_frames_render_without_inline_code(name: str) -> None:
    page = _render(name)
    assert not INLINE.search(page)
    assert page.count("<h1>") == 1


def test_the_section_one_is_in_is_marked() -> None:
    page = _render("console/base.html")
    current = re.findall(r'<a href="([^"]+)" aria-current="page">', page)
    assert current == ["/s/tea/customers/"]
    assert re.findall(r'<a href="([^"]+)" aria-current="page">', _render("console/base.html", "/s/tea/")) == ["/s/tea/"]


def test_names_are_escaped() -> None:
    assert "<Toast>" not in _render("console/base.html")
