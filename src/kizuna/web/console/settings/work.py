"""The settings page of work in the background: jobs given up and events set aside, why, and another try for each."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import upkeep
from kizuna.shops import sources
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

REASONS = (
    ("locked", "The database was busy for too long."),
    ("worker died", "The process that did it was ended in the middle, each time."),
    ("MemoryError", "The machine had too little memory."),
    ("No space left", "The disk is full."),
    ("disk", "The disk could not be written."),
    ("connection", "The database could not be reached."),
    ("Timeout", "It took too long."),
    ("DoesNotExist", "What it was about is gone."),
)
JOBS = {
    "rebuild_days": "Write local days anew",
    "seal_shop": "Seal the warehouse",
    "compact_shop": "Tidy the warehouse's files",
    "clean_shop": "Erase from the warehouse",
    "rebuild_shop": "Make the warehouse's files anew",
    "add_history": "Count the history of an indicator",
    "replace_everybody": "Place every customer anew",
    "reconstruct": "Reconstruct the weekly history",
    "refresh_shop": "Compute the forecast",
    "mail_unread": "Mail what was not read in a chat",
    "run_check": "Check the criterion",
}


@shop_page("edit_settings")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List what could not be finished."""
    names = {source.pk: source.name for source in sources.list_sources(shop)}
    jobs = [
        {
            "job": each.job,
            "title": _title(each.job.task),
            "reason": _reason(each.job.error),
            "error": each.job.error if each.mine else "",
        }
        for each in upkeep.list_given_up(shop)
    ]
    events = [
        {"event": each, "source": names[each.source_id], "reason": _reason(each.problem)}
        for each in upkeep.list_set_aside(shop)
    ]
    return frame.show(request, "work", "settings_work", {"jobs": jobs, "events": events, "most": upkeep.MOST})


@shop_page("edit_settings")
@require_POST
def revive(request: ShopRequest, shop: "Shop", job: UUID) -> HttpResponse:
    """Let a job that was given up run again."""
    if not upkeep.revive_job(shop, job, request.user, timezone.now()):
        raise Http404
    messages.success(request, "It runs again as soon as a worker is free.")
    return redirect("settings_work", shop.slug)


@shop_page("edit_settings")
@require_POST
def retry(request: ShopRequest, shop: "Shop", event: int) -> HttpResponse:
    """Try an event again that was set aside."""
    taken = upkeep.retry_event(shop, event, request.user, timezone.now())
    if taken is None:
        raise Http404
    if taken:
        messages.success(request, "The event is taken now.")
    else:
        messages.error(request, "It failed again and stays here. The reason below is the newest.")
    return redirect("settings_work", shop.slug)


def _title(task: str) -> str:
    name = task.removeprefix("standing:").rpartition(".")[2]
    return JOBS.get(name) or name.replace("_", " ").capitalize()


def _reason(problem: str) -> str:
    """Say in words why something failed; what we have no words for is a fault of ours, told by its kind."""
    last = problem.strip().rpartition("\n")[2]
    known = next((words for sign, words in REASONS if sign.lower() in last.lower()), "")
    kind = last.partition(":")[0].rpartition(".")[2][:60]
    return known or f"A fault in Kizuna{f' ({kind})' if kind.isidentifier() else ''}."
