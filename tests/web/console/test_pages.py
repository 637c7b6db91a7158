"""The daily pages: they render for empty and full shops, keep to roles and shops, and carry no inline code."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from kizuna.customers.models import Customer, Identity, IdentityKind
from kizuna.flows import snapshots as making
from kizuna.html import figures
from kizuna.relationships import lists, snapshots
from kizuna.relationships.lists import Filters
from kizuna.relationships.models import Snapshot, Standing
from kizuna.tracking import arrivals
from kizuna.tracking.arrivals import NewArrival
from tests.web.console.shop_with_history import Place

PATHS = ["", "portfolio/", "customers/", "debugger/"]
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)


def _first_customer(place: Place, segment: str = "A") -> str:
    dot = lists.list_dots(place.shop.pk, Filters(segments=(segment,)), 1)[0]
    return str(dot.public_id)


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_an_empty_shop_say_what_to_do_next(empty: Place, path: str) -> None:
    page = empty.client().get(empty.url(path)).content.decode()
    assert "import_orders" in page or "Sources and snippets" in page
    assert not INLINE.search(page)


@pytest.mark.parametrize("path", PATHS)
def test_pages_of_a_full_shop_render_without_inline_code(full: Place, path: str) -> None:
    response = full.client().get(full.url(path))
    assert response.status_code == 200
    page = response.content.decode()
    assert not INLINE.search(page)
    assert page.count("<h1>") == 1


def test_a_customer_page_explains_the_segment(full: Place) -> None:
    page = full.client().get(full.url(f"customers/{_first_customer(full)}/")).content.decode()
    assert not INLINE.search(page)
    assert "Most valuable customers" in page
    assert "counts as strong" in page
    assert page.count('class="lead-cell"') == 5
    assert "Relationship factor over time" in page


def test_a_customer_page_lists_the_strongest_and_newest_of_thousands_of_identities(full: Place) -> None:
    public_id = _first_customer(full)
    customer = Customer.objects.get(public_id=public_id)
    before = customer.identities.count()
    Identity.objects.bulk_create(
        Identity(
            shop=full.shop, kind=IdentityKind.VISITOR, value=f"cap{number}", key=f"cap{number}", customer=customer,
            first_seen_us=0, last_seen_us=number,
        )
        for number in range(1_200)
    )  # fmt: skip
    page = full.client().get(full.url(f"customers/{public_id}/")).content.decode()
    shown = page.split('<ul class="identity-list">')[1].split("</ul>")[0]
    assert shown.count("<code") == 30
    assert f"and {1_170 + before:,} more".replace(",", "") in shown.replace(",", "").replace("\u202f", "")
    assert ">cap1199<" in shown
    assert ">cap1100<" not in shown


def test_a_factor_of_which_nobody_has_anything_is_shown_as_no_data(full: Place) -> None:
    path = full.url(f"customers/{_first_customer(full)}/")
    words = "no data: nobody of the reference has any"
    assert words not in full.client().get(path).content.decode()
    for standing in Standing.objects.filter(shop_id=full.shop.pk, rf__isnull=False):
        standing.stocks["E"], standing.z["E"] = 0.0, 0.5
        standing.save()
    assert full.client().get(path).content.decode().count(words) == 1


def test_the_portfolio_says_what_became_of_the_80_20_rule(full: Place) -> None:
    last = snapshots.find_last(full.shop.pk)
    profits = sorted(snapshots.columns(last).net_profit.clip(min=0).tolist(), reverse=True)
    held = sum(profits[: -(-len(profits) // 5)]) / sum(profits)
    page = full.client().get(full.url("portfolio/")).content.decode()
    assert f"fifth of the customers brings {held * 100:.0f}" in page
    assert f"80 % comes from {100 * last.n_star / len(profits):.0f}" in page


def test_another_shops_pages_do_not_exist(full: Place, strange: Place) -> None:
    client = full.client()
    for path in PATHS:
        assert client.get(strange.url(path)).status_code == 404
    theirs = _first_customer(strange)
    assert client.get(full.url(f"customers/{theirs}/")).status_code == 404
    assert client.get(full.url(f"customers/{uuid.uuid4()}/")).status_code == 404
    places = client.get(full.url("portfolio/places.json"), {"id": theirs}).json()
    assert places == {"places": []}


def test_roles_are_kept(full: Place) -> None:
    reader = full.client("reader")
    assert reader.get(full.url("customers/")).status_code == 200
    assert reader.get(full.url("debugger/")).status_code == 403
    assert reader.get(full.url("customers/export.csv")).status_code == 403
    assert "export.csv" not in reader.get(full.url("customers/")).content.decode()
    assert full.client("marketer").get(full.url("customers/export.csv")).status_code == 200


def test_today_counts_what_the_ledger_holds(full: Place) -> None:
    page = full.client().get(full.url(), {"days": "90"}).content.decode()
    assert 'href="?days=90" aria-current="true"' in page
    assert "moves in 90 days" in page
    assert full.client().get(full.url(), {"days": "x"}).status_code == 200


def test_the_picture_has_a_mark_per_placed_customer_and_both_cuts(full: Place) -> None:
    page = full.client().get(full.url("portfolio/")).content.decode()
    placed = sum(total.customers for letter, total in lists.segment_totals(full.shop.pk).items() if letter)
    assert page.count("data-id=") == placed
    assert page.count('<line class="cut"') == 2
    for name in ("Most valuable customers", "Strengthen the relationship", "Serve at low cost"):
        assert name in page


def test_the_time_slider_shows_an_earlier_snapshot(full: Place) -> None:
    earlier = snapshots.list_snapshots(full.shop.pk)[-10]
    headers = {"HX-Request": "true", "HX-Target": "picture"}
    url = full.url("portfolio/")
    then = full.client().get(url, {"at": earlier.id}, headers=headers).content.decode()
    assert then.count("data-id=") == sum(earlier.counts[letter] for letter in "ABCD")
    assert "<html" not in then
    strange_id = full.client().get(url, {"at": "999999999"}, headers=headers).content.decode()
    assert "data-id=" in strange_id


def test_days_that_nobody_made_up_for_are_told_beside_the_slider(full: Place) -> None:
    url = full.url("portfolio/")
    assert 'id="gap"' not in full.client().get(url).content.decode()
    kept = snapshots.list_snapshots(full.shop.pk)
    first, *lost, last = kept[-12:]
    Snapshot.objects.filter(pk__in=[each.id for each in lost]).delete()
    page = full.client().get(url).content.decode()
    days = [figures.moment(each.as_of_us, full.shop.timezone, with_time=False) for each in (first, last)]
    assert f"No days were kept between {days[0]} and {days[1]}" in page
    assert "the last 31 are made up for" in page


def test_an_earlier_day_keeps_the_country_filter(full: Place) -> None:
    earlier = snapshots.list_snapshots(full.shop.pk)[-10]
    everybody = snapshots.columns(earlier).customer_id.tolist()
    there = lists.ids_in_country(full.shop.pk, "Japan")
    page = full.client().get(full.url("portfolio/"), {"at": earlier.id, "country": "Japan"}).content.decode()
    shown = len(set(everybody) & set(there))
    assert 0 < shown < len(everybody)
    assert page.count("data-id=") == shown
    assert "Japan: by where customers are today." in page


def test_today_asks_for_missing_exchange_rates(full: Place) -> None:
    day = int(datetime.now(UTC).timestamp()) // 86_400
    lost = NewArrival(1, 0, "track", "Order Completed", "u", "unknown_rate", "properties.currency: no rate", b"{}")
    arrivals.record(full.shop.pk, [lost], day)
    page = full.client().get(full.url()).content.decode()
    assert "Exchange rates are missing" in page
    assert f'href="{full.url("settings/currencies/")}"' in page
    assert "Events are being dropped" not in page
    assert full.url("debugger/?outcome=unknown_rate") in full.client("operator").get(full.url()).content.decode()


def test_a_lasso_lists_exactly_who_is_inside(full: Place) -> None:
    dots = lists.list_dots(full.shop.pk, Filters(), 2000)
    inside = [dot for dot in dots if dot.rf > 0.6 and dot.net_profit_minor > 5000]
    shape = "0.6,5000;2,5000;2,999999999;0.6,999999999"
    page = full.client().get(full.url("portfolio/selection/"), {"shape": shape}).content.decode()
    assert page.count("data-points-to=") == min(60, len(inside)) > 0
    assert f"{len(inside)} customer" in page
    assert full.client().get(full.url("portfolio/selection/"), {"shape": "1,2"}).status_code == 400
    assert full.client().get(full.url("portfolio/selection/"), {"id": "nonsense"}).status_code == 400


def test_places_of_movers_come_as_json(full: Place) -> None:
    wanted = _first_customer(full)
    found = full.client().get(full.url("portfolio/places.json"), {"id": [wanted, "nonsense"]}).json()["places"]
    assert [place["id"] for place in found] == [wanted]
    assert found[0]["segment"] == "A"
    assert 0 <= found[0]["rf"] <= 1


def test_a_shop_that_wakes_after_years_says_why_nobody_is_placed_and_leads_to_the_last_full_picture(
    full: Place,
) -> None:
    last = snapshots.find_last(full.shop.pk)
    assert last is not None
    later = datetime.now(UTC) + timedelta(days=3 * 365)
    making.make_snapshot(full.shop, int(later.timestamp()) * 1_000_000, snapshots.DAILY, later)
    page = full.client().get(full.url("portfolio/")).content.decode()
    assert "Nobody brought net profit in the last 12 months" in page
    assert "with their first order" not in page
    assert f"portfolio/?at={last.id}" in page
    assert 'id="picture"' in full.client().get(full.url(f"portfolio/?at={last.id}")).content.decode()
