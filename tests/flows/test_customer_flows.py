"""Merging from the console, contacts recorded by hand, and the whole time line."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.customers import identity, links, merging, profiles
from kizuna.customers.identity import IdentityKind
from kizuna.flows import calendar, contacts, identities, timeline
from kizuna.flows import shops as shops_flow
from kizuna.flows.contacts import ContactDraft
from kizuna.flows.identities import Pair
from kizuna.flows.timeline import Filters
from kizuna.jobs.models import Job
from kizuna.relationships import stocks
from kizuna.relationships.models import Standing
from kizuna.sales.models import Order, Refund
from kizuna.shops import tenants
from kizuna.shops.models import AuditEntry, Shop
from kizuna.tracking import columns
from kizuna.tracking.models import Fact
from tests.flows.box import Box, ago, make_source, order
from tests.shops import making

NOW = making.NOW


@pytest.fixture
def shop(db: None) -> Shop:
    return making.make_shop(currency="EUR")


def customer_of(shop: Shop, user: str) -> int:
    made = identity.ensure(shop.pk, IdentityKind.USER_ID, [user], [1])[user]
    return links.customers_of(shop.pk, [made])[made]


def fill(shop: Shop) -> Box:
    box, server = Box(), make_source(shop)
    box.put(server, order("A", user="ann"))
    box.put(server, order("B", user="bob"))
    box.put(server, {"event": "Product Viewed", "userId": "ann", "anonymousId": "v", "timestamp": ago(hours=1)})
    box.put(server, {"event": "Email Received", "userId": "ann", "timestamp": ago(hours=2)})
    box.put(server, {"event": "Email Sent", "userId": "ann", "timestamp": ago(hours=3)})
    box.drain()
    return box


def test_a_merge_adds_up_and_an_unmerge_parts_again_in_the_lists_and_the_log(shop: Shop) -> None:
    fill(shop)
    ann, bob = customer_of(shop, "ann"), customer_of(shop, "bob")
    person = making.make_person(shop)
    merge_id = identities.merge(shop, Pair(ann, bob), person, NOW)
    assert Standing.objects.get(customer_id=ann).orders == 2
    assert not Standing.objects.filter(customer_id=bob).exists()
    identities.unmerge(shop, merge_id, person, NOW + timedelta(minutes=1))
    rows = dict(Standing.objects.filter(shop_id=shop.pk).values_list("customer_id", "orders"))
    assert rows == {ann: 1, bob: 1}
    actions = AuditEntry.objects.filter(shop=shop, person=person).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["customers_merged", "customers_unmerged"]


def test_a_suggestion_is_accepted_or_declined_once(shop: Shop) -> None:
    fill(shop)
    ann, bob = customer_of(shop, "ann"), customer_of(shop, "bob")
    merging.suggest(shop.pk, [(bob, ann, "same_email", "x@example.com")], 1)
    [suggestion] = merging.list_suggestions(shop.pk, None, 5)
    with pytest.raises(identities.NoSuggestion):
        identities.accept_suggestion(making.make_shop(), suggestion.pk, None, NOW)
    merge_id = identities.accept_suggestion(shop, suggestion.pk, None, NOW)
    with pytest.raises(identities.NoSuggestion):
        identities.decline_suggestion(shop, suggestion.pk, None, NOW)
    identities.unmerge(shop, merge_id, None, NOW)
    assert merging.list_suggestions(shop.pk, None, 5) == []


def test_a_contact_is_a_fact_like_any_other_and_a_form_sent_twice_is_one(shop: Shop) -> None:
    fill(shop)
    ann, person = customer_of(shop, "ann"), making.make_person(shop)
    draft = ContactDraft("Phone Call Received", NOW - timedelta(hours=4), "Size", "Asked for size 43", 6, token="t1")
    assert contacts.record_contact(shop, ann, draft, person, NOW)
    assert not contacts.record_contact(shop, ann, draft, person, NOW)
    page = timeline.read_page(shop, ann, Filters(channel="phone"), None)
    [item] = page.items
    assert item.fact is not None
    assert (item.title, item.words.about, item.words.direction) == ("Phone Call Received", "by", "in")
    assert item.fact.properties == {
        "subject": "Size",
        "note": "Asked for size 43",
        "minutes": 6,
        "recorded_by": person.name,
    }
    assert columns.indicator_columns(shop.pk, ["Phone Call Received"], 1, None)[1].tolist() == [item.happened_us]


def test_a_mail_noted_by_hand_counts_in_e_and_visitors_can_have_contacts(shop: Shop) -> None:
    box = fill(shop)
    box.put(make_source(shop, "browser"), {"anonymousId": "stranger"}, "page")
    box.drain()
    before = len(columns.email_columns(shop.pk, None)[0])
    [visitor] = [each for each in stocks.columns(shop.pk).identity_id.tolist() if each_is_stranger(shop, each)]
    stranger = links.customers_of(shop.pk, [visitor])[visitor]
    assert contacts.record_contact(shop, stranger, ContactDraft("Email Received", NOW), None, NOW)
    assert len(columns.email_columns(shop.pk, None)[0]) == before + 1
    assert links.identities_of(shop.pk, [stranger])[stranger] == [visitor]


def each_is_stranger(shop: Shop, identity_id: int) -> bool:
    card = profiles.cards(shop.pk, links.customers_of(shop.pk, [identity_id]).values())
    return any(each.strongest_value == "stranger" for each in card.values())


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "Order Completed"}, "kind"),
        ({"happened_at": NOW + timedelta(days=2)}, "happened_at"),
        ({"happened_at": NOW.replace(year=1)}, "happened_at"),
        ({"happened_at": NOW.replace(tzinfo=None)}, "happened_at"),
        ({"minutes": -1}, "minutes"),
        ({"note": "x" * 5000}, "note"),
    ],
)
def test_a_contact_that_makes_no_sense_names_its_field(shop: Shop, more: dict[str, Any], field: str) -> None:
    draft = ContactDraft(**{"kind": "Fax Received", "happened_at": NOW, **more})
    with pytest.raises(contacts.Refused) as refused:
        contacts.record_contact(shop, customer_of(shop, "u"), draft, None, NOW)
    assert refused.value.field == field


def test_the_time_line_joins_facts_and_orders_and_is_read_page_by_page(shop: Shop) -> None:
    fill(shop)
    ann = customer_of(shop, "ann")
    titles: list[str] = []
    before: int | None = None
    for _ in range(9):
        page = timeline.read_page(shop, ann, Filters(), before, limit=1)
        titles += [item.title for item in page.items]
        before = page.next_before
        if before is None:
            break
    assert titles == ["A", "Product Viewed", "Email Received", "Email Sent"]
    for about, expected in (("of", ["A", "Product Viewed"]), ("for", ["Email Sent"]), ("by", ["Email Received"])):
        assert [item.title for item in timeline.read_page(shop, ann, Filters(about), None).items] == expected
    assert [item.kind for item in timeline.read_page(shop, ann, Filters("", "web"), None).items] == ["order", "fact"]
    assert timeline.read_page(shop, ann, Filters("", "pigeon"), None).items == ()
    assert timeline.read_page(making.make_shop(), ann, Filters(), None).items == ()


def test_a_change_of_zone_writes_local_days_anew(shop: Shop) -> None:
    box, server = Box(), make_source(shop)
    box.put(server, {**order("A", user="ann"), "timestamp": "2026-01-31T23:30:00Z"})
    box.put(server, {**order("A", user="ann"), "event": "Order Refunded", "messageId": "r", "timestamp": ago(hours=13)})
    box.drain()
    kinds = (Order.objects.filter(shop=shop), Refund.objects.filter(shop=shop), Fact.objects.filter(shop_id=shop.pk))
    before = [list(rows.order_by("id").values_list("day", flat=True)) for rows in kinds]
    settings = replace(tenants.settings_of(shop), timezone="Asia/Tokyo")
    shops_flow.change_settings(shop, settings, None, NOW)
    assert Job.objects.filter(once_key=f"calendar:{shop.pk}").exists()
    calendar.rebuild_days.func(shop_id=shop.pk, now_us=0)
    after = [list(rows.order_by("id").values_list("day", flat=True)) for rows in kinds]
    assert after == [[day + 1 for day in days] for days in before]
    assert Order.objects.get(shop=shop).month == (2026 - 1970) * 12 + 1
