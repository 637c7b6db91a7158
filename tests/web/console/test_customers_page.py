"""The customer list as a page: rows page by key, bad filters are named, views are one's own, CSV cannot run."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.relationships import lists
from kizuna.relationships.lists import Filters
from kizuna.relationships.models import Standing
from kizuna.shops import audit
from kizuna.web.console.pages.customers import safe_cell
from tests.web.console.shop_with_history import Place

CUSTOMER = re.compile(r'class="who" href="/s/tea/customers/([0-9a-f-]{36})/"')


def test_following_pages_adds_up_to_the_whole_list(full: Place) -> None:
    client, url, seen = full.client(), full.url("customers/?sort=seen"), []
    while url:
        page = client.get(url, headers={"HX-Request": "true"}).content.decode()
        seen += CUSTOMER.findall(page)
        more = re.search(r'hx-get="(/s/tea/customers/\?[^"]*after=[^"]+)"', page)
        url = more.group(1).replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == Standing.objects.filter(shop_id=full.shop.pk).count()


def test_search_finds_by_any_beginning(full: Place) -> None:
    row = Standing.objects.filter(shop_id=full.shop.pk, known=True).first()
    assert row is not None
    for words in (row.name, row.email, row.name.split()[1][:3].upper()):
        page = full.client().get(full.url("customers/"), {"q": words}).content.decode()
        assert row.email in page
    assert "Nobody fits" in full.client().get(full.url("customers/"), {"q": "zzzzzz"}).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("rf_min", "seven", "between 0 and 1"), ("rf_max", "7", "between 0 and 1"), ("np_min", "1e", "amount in EUR")],
)
def test_bad_filters_are_named_and_left_out(full: Place, field: str, value: str, words: str) -> None:
    page = full.client().get(full.url("customers/"), {field: value}).content.decode()
    assert words in page
    assert CUSTOMER.search(page)


@given(
    st.dictionaries(
        st.sampled_from(["segment", "sort", "dir", "after", "country", "who", "ordered", "rf_min"]),
        st.text(max_size=12),
    )
)
def test_no_address_breaks_the_parsing(values: dict[str, str]) -> None:
    from django.http import QueryDict

    from kizuna.shops.models import Shop
    from kizuna.web.console.pages.filters import parse_list

    query = QueryDict(mutable=True)
    query.update(values)
    state = parse_list(query, Shop(currency="EUR"), 10**15)
    assert parse_list(QueryDict(state.query), Shop(currency="EUR"), 10**15).filters == state.filters


def test_views_are_kept_per_person(full: Place) -> None:
    owner, marketer = full.client(), full.client("marketer")
    owner.post(full.url("customers/views/"), {"name": "Best", "query": "segment=A"})
    assert "Best" in owner.get(full.url("customers/")).content.decode()
    page = marketer.get(full.url("customers/")).content.decode()
    assert "Best" not in page
    view = re.search(r"views/(\d+)/remove/", owner.get(full.url("customers/")).content.decode())
    assert view is not None
    marketer.post(full.url(f"customers/views/{view.group(1)}/remove/"))
    assert "Best" in owner.get(full.url("customers/")).content.decode()
    owner.post(full.url(f"customers/views/{view.group(1)}/remove/"))
    assert "views/" + view.group(1) not in owner.get(full.url("customers/")).content.decode()


def test_the_export_has_the_filtered_customers(full: Place) -> None:
    response = full.client().get(full.url("customers/export.csv"), {"segment": "A"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == lists.segment_totals(full.shop.pk)["A"].customers
    assert {row["segment"] for row in rows} == {"A"}


def test_an_export_is_written_to_the_audit_log_without_the_words_searched(full: Place) -> None:
    full.client("marketer").get(full.url("customers/export.csv"), {"segment": "A", "q": "Ada"})
    [entry] = audit.list_entries(full.shop, audit.Filter("customers_exported"), 1)
    assert (entry.person, entry.target) == (full.people["marketer"], "customers as CSV")
    assert entry.after == {"segments": ["A"], "search": "by words"}
    full.client("reader").get(full.url("customers/export.csv"))
    assert len(audit.list_entries(full.shop, audit.Filter("customers_exported"), 1)) == 1


@given(st.text(max_size=20))
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert cell.endswith(text)
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_names_that_are_formulas_are_disarmed_in_the_export(full: Place) -> None:
    Standing.objects.filter(shop_id=full.shop.pk, known=True).update(name='=HYPERLINK("http://x")')
    response = full.client().get(full.url("customers/export.csv"), {"who": "known"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    names = {row["name"] for row in csv.DictReader(io.StringIO(text))}
    assert names == {'\'=HYPERLINK("http://x")'}


def test_filters_of_the_page_are_filters_of_the_list(full: Place) -> None:
    page = full.client().get(full.url("customers/"), {"segment": ["A", "none"], "who": "known"}).content.decode()
    expected = lists.count(full.shop.pk, Filters(segments=("A", "none"), known=True))
    assert f"{expected} customer" in page
