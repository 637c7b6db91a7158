"""What mail is used for: to keep the customers worth keeping, not to shout; month by month, in words and a table."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows.outreach import editing
from kizuna.html import charts, figures
from kizuna.html.charts import Axes, Line
from kizuna.html.scales import Linear
from kizuna.outreach import usage
from kizuna.outreach.usage import Month, MonthView
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages.explore_words import span_words

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from kizuna.shops.models import Shop

GOOD_RELATED, COMPLAINTS_MOST = 0.95, 0.001


@dataclass(frozen=True)
class MonthRow:
    """One month of the table."""

    words: str
    figures: Month
    related: str
    spoke: str


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show what mail was used for."""
    months = usage.list_months(shop.pk)
    total = _sum(months)
    context = {
        "tab": "use",
        "rows": [_row(view) for view in reversed(months)],
        "total": total,
        "related": figures.share(total.related_share, 0),
        "spoke": figures.share(total.spoke_share, 0),
        "complaint_share": figures.share(total.complaints / total.sent, 2) if total.sent else "–",
        "verdict": _verdict(total),
        "made_us": max((view.made_us for view in months), default=None),
        "chart": _chart(months) if total.sent and len(months) > 1 else "",
    }
    return render(request, "console/outreach/usage.html", context)


@shop_page("reach_out")
@require_POST
def reckon(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Ask for the months to be reckoned now."""
    editing.ask_for_usage(shop, timezone.now())
    messages.success(request, "It is being reckoned. Look again in a moment.")
    return HttpResponseRedirect(reverse("outreach_use", args=[shop.slug]))


def _row(view: MonthView) -> MonthRow:
    month = view.figures
    return MonthRow(
        span_words("month", view.month),
        month,
        figures.share(month.related_share, 0),
        figures.share(month.spoke_share, 0),
    )


def _sum(months: list[MonthView]) -> Month:
    names = Month.__dataclass_fields__
    return Month(**{name: sum(getattr(view.figures, name) for view in months) for name in names})


def _verdict(total: Month) -> list[str]:
    """What the year says, in words."""
    if not total.sent:
        return []
    share, said = total.related_share or 0.0, []
    strangers = figures.whole(total.sent - total.to_related)
    if share >= GOOD_RELATED:
        said.append(f"You write to people you have a relation with: {figures.share(share, 0)} of your mail.")
    else:
        said.append(
            f"{strangers} of {figures.whole(total.sent)} mails went to people who had neither bought nor said"
            " anything before. Mail keeps customers; it does not win them."
        )
    told = total.replies + total.wishes + total.other_words
    said.append(
        f"They told you something {figures.whole(told)} times, beyond buying or ignoring"
        f"{f', and {figures.whole(total.learned)} things were learned from it' if total.learned else ''}."
    )
    if total.complaints / total.sent > COMPLAINTS_MOST:
        said.append("More than one mail in a thousand is called spam: mailboxes begin to refuse you. Write to fewer.")
    return said


def _chart(months: list[MonthView]) -> "SafeString":
    """The share of mail to people with a relation and the share who said something back, by month."""
    sent = [view for view in months if view.figures.sent]
    first, last = months[0].month, months[-1].month
    related = [(float(view.month), view.figures.related_share or 0.0) for view in sent]
    spoke = [(float(view.month), view.figures.spoke_share or 0.0) for view in sent]
    step = max(1, (last - first) // 5)
    axes = Axes(
        x=Linear(first, max(last, first + 1)),
        y=Linear(0, 1),
        x_ticks=[(float(month), span_words("month", month)) for month in range(first, last + 1, step)],
        y_text=lambda value: figures.share(value, 0),
        height=200,
    )
    words = "Share of mail to people with a prior relation, and share of people written to who said something back"
    return charts.line_chart("What mail is used for", words, [Line(related, "tone-a"), Line(spoke, "tone-c")], axes)
