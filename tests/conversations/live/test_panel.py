"""What an owner settles about the panel: what is refused, who is held out, what the browser may know of the rules."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kizuna.conversations.live import panel, rules
from kizuna.conversations.live.panel import PanelView
from kizuna.conversations.live.rules import RuleDraft, VisitorFacts
from kizuna.flows.live import panels
from kizuna.relationships.models import Standing
from kizuna.shops.models import AuditEntry
from kizuna.shops.tenants import NotThere, Refused
from tests.flows.making import START, Books, make_shop

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_shop_that_settled_nothing_has_a_panel_and_a_change_is_audited() -> None:
    shop = make_shop()
    assert panel.read(shop.pk) == PanelView()
    wanted = replace(
        PanelView(), colour="#aa3355", words={"de": {"greeting": "Grüß Gott"}}, origins=("https://a.example",)
    )
    assert panels.change_panel(shop, wanted, None, NOW)
    assert not panels.change_panel(shop, wanted, None, NOW)
    assert panel.read(shop.pk) == wanted
    entry = AuditEntry.objects.get(shop=shop)
    assert (entry.action, entry.before["colour"], entry.after["colour"]) == ("panel_changed", "#2f6f5e", "#aa3355")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("colour", "red"),
        ("colour", "#12345g"),
        ("position", "top"),
        ("theme", "x"),
        ("before", "perhaps"),
        ("holdout_share", 0.51),
        ("most_invitations_a_day", 21),
        ("silent_s", 3),
        ("words", {"javascript:": {}}),
        ("words", {"en": {"script": "x"}}),
        ("words", {"en": {"title": "x" * 401}}),
        ("origins", tuple(f"https://{n}.example" for n in range(51))),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(field: str, value: object) -> None:
    shop = make_shop()
    with pytest.raises(Refused) as refused:
        panel.change(shop.pk, replace(PanelView(), **{field: value}))
    assert refused.value.field == field
    assert panel.read(shop.pk) == PanelView()


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://Tea.example", "https://tea.example"),
        ("tea.example/", "https://tea.example"),
        ("http://localhost:8000/shop", "http://localhost:8000"),
        ("https://tea.example:443", "https://tea.example"),
    ],
)
def test_origins_are_kept_as_browsers_send_them(written: str, origin: str) -> None:
    assert panel.read_origin(written) == origin


@pytest.mark.parametrize(
    "written", ["", "javascript:alert(1)", "https://", "https://a b", "ftp://a.example", "https://a:99999"]
)
def test_what_is_no_origin_is_refused(written: str) -> None:
    with pytest.raises(Refused):
        panel.read_origin(written)


def test_a_new_secret_ends_the_one_before_and_is_in_no_audit_entry() -> None:
    shop, other = make_shop(), make_shop()
    assert panel.find_secret(shop.pk) is None
    first = panels.renew_secret(shop, None, NOW)
    assert panel.find_secret(shop.pk) == first
    assert panel.find_secret(other.pk) is None
    assert panels.renew_secret(shop, None, NOW) != first
    assert not any(first in str((each.before, each.after)) for each in AuditEntry.objects.all())


def test_the_hold_out_is_a_share_and_the_same_for_a_visitor_always() -> None:
    keys = [f"v{n}" for n in range(2_000)]
    held = {key for key in keys if panel.is_held(1, key, 0.2)}
    assert 320 < len(held) < 480
    assert held == {key for key in keys if panel.is_held(1, key, 0.2)}
    assert held <= {key for key in keys if panel.is_held(1, key, 0.3)}
    assert held != {key for key in keys if panel.is_held(2, key, 0.2)}
    assert not any(panel.is_held(1, key, 0.0) for key in keys)


def test_a_rule_of_valuable_customers_reaches_only_them_and_says_no_reason() -> None:
    shop = make_shop()
    panels.save_rule(shop, None, RuleDraft("All", {"seconds_on_page": 20, "page": "/cart*"}), None, NOW)
    panels.save_rule(
        shop, None, RuleDraft("Best", {"valuable": True, "seconds_on_page": 5}, {"en": "Hello"}), None, NOW
    )
    books = Books(shop)
    best, other = (books.customer_of(books.customer(name)) for name in ("anna", "bo"))
    for customer, segment in ((best, "B"), (other, "C")):
        Standing.objects.create(customer_id=customer, shop_id=shop.pk, segment=segment, as_of_us=START)
    given = rules.for_visitor(rules.list_rules(shop.pk), VisitorFacts(is_valuable=True))
    assert [each["when"] for each in given] == [{"seconds_on_page": 20, "page": "/cart*"}, {"seconds_on_page": 5}]
    assert "Best" not in str(given)
    assert "valuable" not in str(given)
    counts = [len(panels.for_browser(shop, PanelView(), "v1", who)["invitations"]) for who in (best, other, None)]  # type: ignore[arg-type]
    assert counts == [2, 1, 1]


@pytest.mark.parametrize(
    ("field", "conditions"),
    [
        ("conditions", {}),
        ("conditions", {"page": "/cart"}),
        ("conditions", {"seconds_on_page": 5, "eval": True}),
        ("seconds_on_page", {"seconds_on_page": "5"}),
        ("seconds_on_page", {"seconds_on_page": -1}),
        ("page", {"seconds_on_page": 5, "page": "cart"}),
        ("page", {"seconds_on_page": 5, "page": "/" + "*" * 6}),
    ],
)
def test_a_rule_that_could_never_be_understood_is_refused(field: str, conditions: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        rules.save_rule(make_shop().pk, None, RuleDraft("x", conditions))
    assert refused.value.field == field


def test_rules_have_an_order_a_name_of_their_own_and_a_shop() -> None:
    shop, other = make_shop(), make_shop()
    first, second = (panels.save_rule(shop, None, RuleDraft(n, {"idle_s": 9}), None, NOW) for n in ("one", "two"))
    with pytest.raises(Refused):
        panels.save_rule(shop, None, RuleDraft(" one ", {"idle_s": 9}), None, NOW)
    panels.raise_rule(shop, second.public_id, None, NOW)
    assert [each.name for each in rules.list_rules(shop.pk)] == ["two", "one"]
    for act in (panels.raise_rule, panels.remove_rule):
        with pytest.raises(NotThere):
            act(other, first.public_id, None, NOW)
    panels.remove_rule(shop, first.public_id, None, NOW)
    assert [each.name for each in rules.list_rules(shop.pk)] == ["two"]
