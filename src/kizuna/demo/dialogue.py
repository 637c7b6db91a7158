"""The dialogue of the demo shop, told after its year is in: people, conversations, wishes, mails, referrals, tiers.

Takes some seconds, so the served demo does it as a job while the first page is open; telling it again adds nothing.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.tasks import task

from kizuna.customers import identity
from kizuna.customers.identity import IdentityKind
from kizuna.demo import campaigns, chatting, company, help_desk, kept, retelling, simulator
from kizuna.demo.filling import Progress
from kizuna.demo.simulator_sales import DAY_US
from kizuna.demo.simulator_world import World
from kizuna.flows import claims, investment_report, live_contacts, stage_upkeep, tiers
from kizuna.flows import surveys as surveys_flow
from kizuna.flows.live_report import reporting
from kizuna.flows.outreach import used
from kizuna.jobs import queue
from kizuna.knowledge import surveys
from kizuna.knowledge.surveys import About
from kizuna.privileges import site
from kizuna.relationships import referrals
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

MOST_REFERRALS = 150
ONE_ASKED_IN = 5
PREFERRED = ("email", "email", "portal", "phone", "email", "chat", "portal")
DOING = "Talking with customers"


@transaction.atomic
def ask(home: Path) -> None:
    """Let the worker tell it while somebody looks around already, unless it was told."""
    note = kept.read_note(home)
    if note is not None and not note.talked:
        queue.enqueue_once(tell_later, "demo:dialogue")


@task(queue_name="slow")
def tell_later() -> None:
    """Tell the dialogue of the demo that lives in this installation's home."""
    tell_once(Path(settings.HOME), lambda doing, done, whole: queue.report(done / whole))


def tell_once(home: Path, progress: Progress) -> None:
    """Tell the dialogue of the demo that lives in a home, unless it was told."""
    note = kept.read_note(home)
    if note is None or not note.filled or note.talked:
        return
    tell(tenants.get_shop(note.slug), simulator.simulate(note.plan).world, progress)
    kept.write_note(home, replace(note, talked=True))


def tell(shop: "Shop", world: World, progress: Progress) -> None:
    """Tell everything that was said between the shop and its customers, and what follows from it."""
    now_us = world.plan.now_us
    now = periods.instant_at(now_us)
    progress(DOING, 0, 1)
    firm = company.settle(shop, periods.instant_at(now_us - 200 * DAY_US))
    whole = len(world.stories) + 4
    for done in retelling.retell(shop, firm, world, now_us):
        progress(DOING, done, whole)
    help_desk.fill(shop, firm, now, world.plan.seed)
    chatting.tell(shop, firm, world)
    campaigns.run(shop, firm, now_us, world.plan.seed)
    _refer(shop, world)
    _prefer(shop, world, now)
    tiers.refresh_everybody(shop, now_us)
    progress(DOING, whole - 1, whole)
    used.reckon(shop, now_us)
    stage_upkeep.refresh(shop, now)
    investment_report.ask(shop, now)
    claims.ask(shop, now)
    live_contacts.ensure(shop, now)
    live_contacts.tell_missing(shop, 0, now)
    reporting.refresh(shop, now)
    tiers.change_site(shop, replace(site.site_of(shop.pk), ask_after_wish=True), None, now)
    progress(DOING, whole, whole)


@transaction.atomic
def _refer(shop: "Shop", world: World) -> None:
    """Newcomers whom a customer sent came by that customer's code; their first order is attributed."""
    truth, firsts = world.truth, _first_orders(world)
    pairs = [(int(truth.referred_by[new]), new) for new in firsts if truth.referred_by[new] >= 0][-MOST_REFERRALS:]
    known = [(giver, new) for giver, new in pairs if not truth.is_guest[giver] and not truth.is_guest[new]]
    users = sorted({str(truth.user_id[each]) for pair in known for each in pair})
    ids = identity.ensure(shop.pk, IdentityKind.USER_ID, users, [world.plan.now_us] * len(users)) if users else {}
    for giver, new in known:
        order_ref, at_us = firsts[new]
        giver_id, new_id = ids[str(truth.user_id[giver])], ids[str(truth.user_id[new])]
        code = referrals.find_code(referrals.code_of(shop.pk, giver_id, at_us - 9 * DAY_US))
        if code is None or referrals.is_attributed(shop.pk, [new_id]):
            continue
        referrals.record_visit(code, new_id, at_us - DAY_US)
        for each in referrals.list_waiting(shop.pk, [new_id]):
            referrals.attribute(shop.pk, each.id, order_ref, at_us)


@transaction.atomic
def _prefer(shop: "Shop", world: World, now: datetime) -> None:
    """Some who talk with the shop say which way they like to; whoever was asked before is not asked again."""
    survey = surveys_flow.ensure_channel_survey(shop, now)
    talkers = sorted({story.customer for story in world.stories})[::ONE_ASKED_IN]
    users = [str(world.truth.user_id[each]) for each in talkers]
    now_us = periods.epoch_us(now)
    ids = identity.ensure(shop.pk, IdentityKind.USER_ID, users, [now_us] * len(users)) if users else {}
    for place, user in enumerate(users):
        asked, is_new = surveys.ask(shop.pk, survey.id, ids[user], About(), now_us - 3 * DAY_US)
        if is_new and place % 5 != 4:
            given = {"channel": PREFERRED[place % len(PREFERRED)]}
            surveys_flow.answer_ask(shop, asked, given, "link", periods.instant_at(now_us - 2 * DAY_US))


def _first_orders(world: World) -> dict[int, tuple[str, int]]:
    """The number and instant of each customer's first order."""
    firsts: dict[int, tuple[str, int]] = {}
    for purchase in world.purchases:
        if purchase.at_us <= world.plan.now_us:
            firsts.setdefault(purchase.customer, (purchase.number, purchase.at_us))
    return firsts
