"""The explore page: any measure by any dimension, from the base of the cube alone, with views to keep and exports.

The address is the whole state. Where there is no base yet the page says so, and a job can be asked to make one.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.flows import cube as cube_flow
from kizuna.flows import explore as explore_flow
from kizuna.flows import export as export_flow
from kizuna.flows import saved_views as view_flow
from kizuna.jobs import queue
from kizuna.money import currency
from kizuna.relationships import saved_views
from kizuna.science import spans
from kizuna.tracking.timeline import CHANNELS
from kizuna.warehouse import cube_files, rollup
from kizuna.warehouse.cube_files import CubeView
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.pages import explore_address, explore_charts
from kizuna.web.console.pages.customers import safe_cell
from kizuna.web.console.pages.explore_address import LONGEST_QUERY, State
from kizuna.web.console.pages.explore_table import Writer
from kizuna.web.console.pages.explore_words import (
    AXES,
    DIMENSIONS,
    MEASURES,
    MOST_LISTED,
    SHOWS,
    SPANS,
    STARTERS,
    value_words,
)

if TYPE_CHECKING:
    from kizuna.shops.models import Shop
    from kizuna.warehouse.rollup import Cells

_CHUNK = 2_000


@shop_page("view")
def page(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the answer to what the address asks, or only the answer to htmx."""
    made = cube_files.find(shop.pk)
    job = queue.find_job(request.GET.get("job", ""))
    waiting = job is not None and job.kwargs.get("shop_id") == shop.pk and job.state in {"ready", "running"}
    context: dict[str, object] = {"made": made, "job": job if waiting else None, "starters": STARTERS}
    if made is None or made.first_day is None:
        return render(request, "console/explore/empty.html", context)
    state = explore_address.parse(request.GET, shop, made)
    writer = Writer(shop, made, state, explore_flow.pivot(made, explore_address.ask(state, made)))
    context |= {"state": state, "table": writer.table(), "chips": _chips(state, made)}
    context["charts"] = explore_charts.draw(writer) if state.view == "chart" else []
    if request.htmx and request.htmx.target == "answer":
        return render(request, "console/explore/answer.html", context)
    context |= {
        "measures": MEASURES.values(),
        "axes": AXES,
        "levels": spans.LEVELS,
        "spans": SPANS,
        "shows": SHOWS,
        "filters": _filters(state, made),
        "dates": [spans.date_of(day).isoformat() for day in state.days],
        "asked": bool(request.GET),
        "views": saved_views.list_views(shop, request.user, saved_views.EXPLORE),
    }
    return render(request, "console/explore/page.html", context)


@shop_page("edit_criterion")
@require_POST
def refresh(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Let the figures be made anew, and come back to wait for it."""
    job_id = cube_flow.make_later(shop, timezone.now())
    query = request.POST.get("query", "")[:LONGEST_QUERY]
    back = "retention" if request.POST.get("back") == "retention" else "explore"
    return HttpResponseRedirect(f"/s/{shop.slug}/{back}/?{f'{query}&' if query else ''}job={job_id}")


@shop_page("export")
def export_csv(request: ShopRequest, shop: "Shop") -> StreamingHttpResponse:
    """Send every cell of the answer as CSV that spreadsheets cannot run."""
    made, state, cells = _exported(request, shop, "CSV")
    response = StreamingHttpResponse(_csv(shop, made, state, cells), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{shop.slug}-figures.csv"'
    return response


@shop_page("export")
def export_parquet(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Send every cell of the answer as Parquet: texts as they are, money in minor units."""
    made, state, cells = _exported(request, shop, "Parquet")
    columns = {axis: [_plain(axis, code, made) for code in cells[axis].tolist()] for axis in _axes(state)}
    figures = {(f"{name}_minor" if MEASURES[name].money else name): cells[name] for name in state.measures}
    with TemporaryDirectory() as folder:
        path = rollup.write_parquet(Path(folder) / "figures.parquet", columns, figures)
        response = HttpResponse(path.read_bytes(), content_type="application/vnd.apache.parquet")
    response["Content-Disposition"] = f'attachment; filename="{shop.slug}-figures.parquet"'
    return response


@shop_page("view")
@require_POST
def keep_view(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep the question as it is under a name."""
    name, query = " ".join(request.POST.get("name", "").split())[:60], request.POST.get("query", "")
    if not name:
        messages.error(request, "Give the view a name.")
    elif len(query) > LONGEST_QUERY:
        messages.error(request, "This view has too many filters to be kept.")
    else:
        try:
            view_flow.keep_view(shop, request.user, name, query, saved_views.EXPLORE)
            messages.success(request, f"Kept as “{name}”.")
        except saved_views.TooManyViews as error:
            messages.error(request, str(error))
    return HttpResponseRedirect(f"/s/{shop.slug}/explore/?{query[:LONGEST_QUERY]}")


@shop_page("view")
@require_POST
def remove_view(request: ShopRequest, shop: "Shop", view_id: int) -> HttpResponse:
    """Remove one of the person's own views."""
    if not view_flow.remove_view(shop, request.user, view_id):
        raise Http404
    messages.success(request, "View removed.")
    return HttpResponseRedirect(f"/s/{shop.slug}/explore/")


def _exported(request: ShopRequest, shop: "Shop", kind: str) -> "tuple[CubeView, State, Cells]":
    made = cube_files.find(shop.pk)
    if made is None:
        raise Http404
    state = explore_address.parse(request.GET, shop, made)
    told: dict[str, object] = {"measures": list(state.measures), "by": _axes(state)}
    told |= {name: list(texts) for name, texts in state.within.items()}
    export_flow.note_figures_export(shop, request.user, kind, told, timezone.now())
    return made, state, explore_flow.everything(made, explore_address.ask(state, made))


def _axes(state: State) -> list[str]:
    return [*state.rows, *([state.column] if state.column else [])]


def _csv(shop: "Shop", made: CubeView, state: State, cells: "Cells") -> Iterator[bytes]:
    heads = [AXES[axis] for axis in _axes(state)]
    heads += [f"{MEASURES[name].name}{f' {shop.currency}' if MEASURES[name].money else ''}" for name in state.measures]
    yield b"\xef\xbb\xbf" + _lines([heads])
    count = len(cells[state.measures[0]])
    for start in range(0, count, _CHUNK):
        some = {name: column[start : start + _CHUNK].tolist() for name, column in cells.items()}
        rows = []
        for place in range(len(some[state.measures[0]])):
            row = [safe_cell(_plain(axis, some[axis][place], made)) for axis in _axes(state)]
            row += [_figure(shop, name, some[name][place]) for name in state.measures]
            rows.append(row)
        yield _lines(rows)


def _figure(shop: "Shop", name: str, value: int) -> str:
    return currency.format_minor(value, shop.currency) if MEASURES[name].money else str(value)


def _plain(axis: str, code: int, made: CubeView) -> str:
    """A value for machines: a span by its first day, else the text itself."""
    if axis in spans.LEVELS:
        return spans.date_of(spans.bounds(axis, code)[0]).isoformat()
    return explore_address.text_of(made, axis, code)


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _chips(state: State, made: CubeView) -> list[tuple[str, str, str]]:
    """The filters in force: dimension, value, and the address without it."""
    found = []
    for name, texts in state.within.items():
        for text in texts:
            code = explore_address.code_of(made, name, text)
            words = explore_address.shown(text if code is None else value_words(name, code, made.labels))
            found.append((AXES[name], words, explore_address.without(state, name, text).query))
    return found


@dataclass(frozen=True)
class Filter:
    """One dimension to narrow: its values as (text, words, whether chosen), and how many are not listed."""

    name: str
    words: str
    values: Sequence[tuple[str, str, bool]]
    more: int
    chosen: int


def _filters(state: State, made: CubeView) -> list[Filter]:
    """What can be narrowed to, the values chosen first."""
    found = []
    for name in DIMENSIONS:
        texts = ["", *CHANNELS] if name == "channel" else list(made.labels[name])
        chosen = state.within.get(name, ())
        listed = [text for text in texts if text in chosen] + [text for text in texts if text not in chosen]
        values = []
        for text in listed[:MOST_LISTED]:
            code = explore_address.code_of(made, name, text)
            values.append((text, value_words(name, code or 0, made.labels), text in chosen))
        found.append(Filter(name, AXES[name], values, len(listed) - len(values), len(chosen)))
    return found
