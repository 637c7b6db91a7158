"""Safe markup: elements built from a name, attributes and children, everything escaped unless already safe.

Charts and icons are made of these; templates remain the place for whole pages.
"""

from collections.abc import Iterable

from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe

Child = str | int | float | None
Attribute = str | int | float | bool | None


def element(name: str, /, *children: Child | Iterable[Child], **attributes: Attribute) -> SafeString:
    """Build one element; `class_` and `aria_label` become `class` and `aria-label`, None and False are left out."""
    inside = "".join(_text(child) for child in _flat(children))
    parts = "".join(_attribute(key, value) for key, value in attributes.items())
    # Every piece was escaped above; only here is markup declared safe.
    return mark_safe(f"<{name}{parts}>{inside}</{name}>")  # noqa: S308


def number(value: float) -> str:
    """Write a coordinate with at most two decimals, the shortest way."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _flat(children: Iterable[Child | Iterable[Child]]) -> Iterable[Child]:
    for child in children:
        if child is None or isinstance(child, str | int | float):
            yield child
        else:
            yield from child


def _text(child: Child) -> str:
    return "" if child is None else str(conditional_escape(child if isinstance(child, str) else str(child)))


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if name == "viewbox":
        name = "viewBox"
    if value is True:
        return f" {name}"
    text = number(value) if isinstance(value, float) else str(value)
    return f' {name}="{escape(text)}"'
