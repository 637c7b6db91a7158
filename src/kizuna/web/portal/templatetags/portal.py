"""Template tags of the premium site: sentences in the customer's language, days, icons. No page logic."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from kizuna.html import icons, words
from kizuna.science import periods

register = template.Library()

SECTIONS = (
    ("premium_home", "Home", "shop", ""),
    ("premium_wishes", "Wishes", "star", "wishes"),
    ("premium_messages", "Messages", "mail", "write"),
    ("premium_learned", "About you", "heart", ""),
    ("premium_more", "More", "settings", ""),
)


@register.simple_tag(takes_context=True)
def say(context: template.Context, sentence: str, **values: object) -> str:
    """Say an English sentence in the language of the page; braces in it are filled in."""
    return words.say(str(context.get("language", words.ENGLISH)), sentence, **values)


@register.simple_tag
def icon(name: str, class_: str = "icon") -> SafeString:
    """Draw an icon."""
    return icons.icon(name, class_)


@register.inclusion_tag("portal/parts/csrf.html", takes_context=True)
def own_csrf(context: template.Context) -> dict[str, object]:
    """Write the hidden field that shows a form to be the customer's own."""
    return {"guest": context.get("guest")}


@register.filter
def day_of(us: int | None, zone: str = "UTC") -> str:
    """Write the day of an instant, in the language of the page."""
    return "" if us is None else _day(periods.instant_at(us).astimezone(ZoneInfo(zone)).date())


@register.filter
def moment_of(us: int | None, zone: str = "UTC") -> str:
    """Write day and time of an instant, in the language of the page."""
    if us is None:
        return ""
    local: datetime = periods.instant_at(us).astimezone(ZoneInfo(zone))
    return f"{_day(local.date())}, {local:%H:%M}"


@register.filter
def the_day(day: date | None) -> str:
    """Write a day, in the language of the page."""
    return "" if day is None else _day(day)


@register.inclusion_tag("portal/parts/nav.html", takes_context=True)
def site_nav(context: template.Context) -> dict[str, object]:
    """List the parts of the premium site that this customer finds, and mark the one the page belongs to."""
    store, guest, path = context["store"], context["guest"], context["request"].path
    items = []
    for name, words_of, drawn, feature in SECTIONS:
        if feature and not guest.tier.may(feature):
            continue
        url = reverse(name, args=[store.slug])
        here = path == url if name == "premium_home" else path.startswith(url)
        items.append({"url": url, "label": words_of, "icon": drawn, "here": here})
    return {"items": items, "language": context["language"]}


def _day(day: date) -> str:
    """Month names come from Django; English days are written as the English do, other languages by their own form."""
    english = (translation.get_language() or words.ENGLISH).startswith(words.ENGLISH)
    return date_format(day, "j F Y" if english else "DATE_FORMAT")
