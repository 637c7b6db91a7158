"""Plain writing made into markup: no link leaves for another site in disguise."""

import pytest

from kizuna.html import prose


@pytest.mark.parametrize("link", ["//evil.example", "/\\evil.example", "javascript:alert(1)", "\\\\evil.example"])
def test_a_link_that_browsers_read_as_another_site_stays_text(link: str) -> None:
    assert "<a" not in prose.to_html(f"[here]({link})")


@pytest.mark.parametrize("link", ["/help/tea/", "/", "https://tea.example/a", "#prices", "mailto:ann@tea.example"])
def test_links_of_our_own_and_whole_addresses_are_links(link: str) -> None:
    assert f'href="{link}"' in prose.to_html(f"[here]({link})")
