"""Template tags of the console: icons, segment marks, and figures written for people. No page logic."""

from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString

from kizuna.html import figures, icons
from kizuna.web.console import amounts
from kizuna.web.console.settings import frame

register = template.Library()

SECTIONS = (
    ("", "Today", "today", "", {"view"}),
    ("portfolio/", "Portfolio", "portfolio", "", {"view"}),
    ("customers/", "Customers", "customers", "", {"view"}),
    ("live/", "Live", "chat", "Dialogue", {"answer"}),
    ("inbox/", "Inbox", "inbox", "Dialogue", {"work_wishes"}),
    ("wishes/", "Wishes", "wish", "Dialogue", {"view"}),
    ("answers/", "Answers", "answers", "Dialogue", {"answer"}),
    ("outreach/", "Dialogue mails", "mail", "Dialogue", {"view"}),
    ("surveys/", "Surveys", "check", "Dialogue", {"view"}),
    ("stages/", "Stages", "stages", "Insight", {"view"}),
    ("investments/", "Investments", "invest", "Insight", {"view"}),
    ("claims/", "Claims tested", "handshake", "Insight", {"view"}),
    ("live-effect/", "Live effect", "bolt", "Insight", {"view"}),
    ("staffing/", "Staffing", "staffing", "Insight", {"view"}),
    ("forecast/", "Forecast", "forecast", "Insight", {"view"}),
    ("explore/", "Explore", "explore", "Insight", {"view"}),
    ("retention/", "Retention", "retention", "Insight", {"view"}),
    ("validity/", "Validity", "validity", "Insight", {"view"}),
    ("debugger/", "Live debugger", "code", "Shop", {"debug"}),
    ("settings/", "Settings", "settings", "Shop", {action for _, _, action in frame.TABS}),
)
"""Where a section is, its words and icon, its group, and the actions of which a role may do at least one to enter."""

TABS = frozenset({"", "portfolio/", "live/", "inbox/"})
"""The sections that a phone shows in its bottom line; the others are behind "More"."""

register.filter("initials", figures.initials)
register.filter("money", amounts.money_round)
register.filter("money_exact", amounts.money)


def _called(person: object) -> str:
    """Write what somebody who works here is called: name, else address; nobody is empty."""
    return str(getattr(person, "name", "") or getattr(person, "email", ""))


register.filter("called", _called)


@register.simple_tag
def icon(name: str, class_: str = "icon") -> SafeString:
    """Draw an icon."""
    return icons.icon(name, class_)


@register.simple_tag
def mark(segment: str | None) -> SafeString:
    """Draw the shape of a segment."""
    return icons.segment_mark(segment or "")


@register.inclusion_tag("console/parts/segment.html")
def segment(letter: str | None) -> dict[str, str]:
    """Write a segment as a badge: shape and letter, or the words for nobody's segment."""
    return {"letter": letter or "", "tone": (letter or "none").lower()}


@register.filter
def number(value: float | None) -> str:
    """Write a whole number; None is a dash."""
    return "–" if value is None else figures.whole(value)


@register.filter
def share(value: float | None) -> str:
    """Write a ratio as per cent."""
    return figures.share(value)


@register.filter
def share_fine(value: float | None) -> str:
    """Write a small ratio, such as one customer's e-CNRR, with three decimals."""
    return figures.share(value, 3)


@register.filter
def factor(value: float | None) -> str:
    """Write a relationship factor or a score with two decimals; None is a dash."""
    return "–" if value is None else f"{value:.2f}".replace("-", figures.MINUS)


@register.filter
def moment(us: int | None, zone: str = "UTC") -> str:
    """Write an instant of epoch microseconds in a time zone."""
    return figures.moment(us, zone)


@register.filter
def day(us: int | None, zone: str = "UTC") -> str:
    """Write the day of an instant of epoch microseconds in a time zone."""
    return figures.moment(us, zone, with_time=False)


@register.filter
def clock(us: int, zone: str = "UTC") -> str:
    """Write the time of day of an instant, to the second."""
    return figures.clock(us, zone)


register.filter("pretty", figures.pretty)


@register.filter
def ago(us: int | None, now_us: int) -> str:
    """Write how long ago an instant was."""
    return figures.ago(us, now_us)


@register.inclusion_tag("console/parts/nav.html", takes_context=True)
def console_nav(context: template.Context) -> dict[str, object]:
    """List the sections of the shop that the role may enter, and mark the one the page belongs to."""
    request: HttpRequest = context["request"]
    root = f"/s/{context['shop'].slug}/"
    rest = request.path.removeprefix(root)
    here = next((path for path, *_ in SECTIONS if path and rest.startswith(path)), "" if not rest else None)
    items, opened = [], set[str]()
    for path, words, name, group, actions in SECTIONS:
        if actions.isdisjoint(context["allowed"]):
            continue
        label, _, more = words.partition(" ")
        item = {"url": root + path, "more": more, "label": label, "icon": name, "here": path == here}
        item["tab"] = path in TABS
        items.append({**item, "opens": group if group and group not in opened else ""})
        opened.add(group)
    return {"items": items, "in_tabs": here in TABS}
