"""Template tags of the public pages: sentences in the reader's language, days, icons. No page logic."""

from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from kizuna.html import icons, words
from kizuna.science import periods

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: template.Context, sentence: str, **values: object) -> str:
    """Say an English sentence in the language of the page; braces in it are filled in."""
    return words.say(str(context.get("language", words.ENGLISH)), sentence, **values)


@register.simple_tag
def icon(name: str, class_: str = "icon") -> SafeString:
    """Draw an icon."""
    return icons.icon(name, class_)


@register.simple_tag(takes_context=True)
def the_day(context: template.Context, us: int) -> str:
    """Write the day of an instant in the shop's zone and the language of the page."""
    zone = ZoneInfo(context["store"].timezone)
    return date_format(
        periods.instant_at(us).astimezone(zone).date(), "j F Y" if context["language"] == "en" else "j. F Y"
    )
