"""What a shop's mail was used for, reckoned month by month at night: to keep customers, or to shout at strangers.

A mail goes to a person with a prior relation if they had bought or said something before it was sent. Feedback beyond
buying and ignoring is what customers say: replies, wishes, answers, what was learned. Robots' opens count for nothing.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction
from django.tasks import task

from kizuna.customers import links
from kizuna.jobs import queue
from kizuna.jobs.standing import every
from kizuna.knowledge import tallies
from kizuna.outreach import usage
from kizuna.outreach.usage import Month
from kizuna.sales import ledger
from kizuna.science import periods
from kizuna.shops import tenants
from kizuna.tracking import heard, mailings, plan
from kizuna.tracking.mailings import MailFact

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

MONTHS = 12
STILL_MOVING = 2


@every("outreach.usage", cron="25 4 * * *")
def reckon_all(now: datetime) -> None:
    """Enqueue the reckoning of every shop."""
    for shop in tenants.list_shops():
        with transaction.atomic():
            ask(shop, now)


def ask(shop: "Shop", now: datetime) -> None:
    """Enqueue the reckoning of a shop, inside the caller's transaction."""
    queue.enqueue_once(reckon_months, f"mail-usage:{shop.pk}", shop_id=shop.pk, now_us=periods.epoch_us(now))


@task(queue_name="slow")
def reckon_months(shop_id: int, now_us: int) -> None:
    """Reckon the last year's months that are missing, and the newest two anew."""
    reckon(tenants.get_shop_by_id(shop_id), now_us)


def reckon(shop: "Shop", now_us: int) -> None:
    """Reckon what is missing of the last year, a transaction for each month."""
    zone = ZoneInfo(shop.timezone)
    last = periods.month_index(now_us, zone)
    known = {view.month for view in usage.list_months(shop.pk, MONTHS) if view.month <= last - STILL_MOVING}
    for month in range(last - MONTHS + 1, last + 1):
        if month not in known:
            figures = read_month(shop, _start_us(month, zone), _start_us(month + 1, zone))
            with transaction.atomic():
                usage.store(shop.pk, month, figures, now_us)


def read_month(shop: "Shop", from_us: int, until_us: int) -> Month:
    """Read the figures of a span of time from its facts."""
    facts = list(mailings.walk(shop.pk, from_us, until_us))
    owners = links.customers_of(shop.pk, {each.identity_id for each in facts})
    sent = [each for each in facts if each.name == mailings.SENT and each.identity_id in owners]
    people = {owners[each.identity_id] for each in sent}
    began = _relations(shop, people)
    spoke = {owners[each.identity_id] for each in facts if _is_said(each) and each.identity_id in owners}
    counts = Counter(each.name for each in facts if not each.by_machine)
    return Month(
        sent=len(sent),
        to_related=sum(began.get(owners[each.identity_id], until_us) < each.at_us for each in sent),
        people=len(people),
        spoke=len(people & spoke),
        replies=counts[plan.EMAIL_RECEIVED],
        wishes=counts[mailings.WISHED],
        learned=tallies.count_between(shop.pk, from_us, until_us),
        other_words=sum(counts[name] for name in mailings.SAID),
        opened=counts[mailings.OPENED],
        clicked=counts[mailings.CLICKED],
        by_machines=sum(each.by_machine for each in facts if each.name in (mailings.OPENED, mailings.CLICKED)),
        complaints=counts[mailings.SPAM],
        unsubscribed=counts[plan.UNSUBSCRIBED],
    )


def _is_said(fact: MailFact) -> bool:
    said = (plan.EMAIL_RECEIVED, mailings.WISHED, *mailings.SAID)
    return fact.name in said and not fact.by_machine


def _relations(shop: "Shop", customer_ids: Collection[int]) -> Mapping[int, int]:
    """When each customer's relation began: the first purchase, or the first word."""
    identities = links.identities_of(shop.pk, customer_ids)
    every_one = [each for mine in identities.values() for each in mine]
    spoke = heard.first_said(shop.pk, every_one)
    bought = ledger.totals(shop.pk, every_one)
    began: dict[int, int] = {}
    for customer_id, mine in identities.items():
        instants = [spoke[each] for each in mine if each in spoke]
        instants += [us for each in mine if each in bought and (us := bought[each].first_us) is not None]
        if instants:
            began[customer_id] = min(instants)
    return began


def _start_us(month: int, zone: ZoneInfo) -> int:
    first = datetime(1970 + month // 12, month % 12 + 1, 1, tzinfo=zone)
    return periods.epoch_us(first)
