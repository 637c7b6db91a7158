"""Settings of wishes: business hours, kinds and service levels, the catalogue; what cannot be names its field."""

import pytest

from kizuna.conversations import teams, wish_kinds
from kizuna.conversations.models import Team, WishKind
from kizuna.privileges.models import Capability
from kizuna.shops import hours
from kizuna.shops.models import AuditEntry
from tests.flows.wishes.making import Scene
from tests.shops.making import log_in, make_person, make_shop

pytestmark = pytest.mark.django_db


def test_business_hours_are_kept_and_mistakes_stay_at_their_day() -> None:
    shop = make_shop()
    client = log_in(make_person(shop))
    address = f"/s/{shop.slug}/settings/hours/"
    assert 'value="9:00–17:00"' in client.get(address).content.decode()
    form = {"day_0": "8-12, 13:30–18:00", "day_5": "10:00-14:00", "holidays": "12-25 Christmas\n2026-06-04"}
    assert client.post(address, form).status_code == 302
    assert hours.list_spans(shop) == [(0, 480, 720), (0, 810, 1080), (5, 600, 840)]
    assert [(each.name, each.is_yearly) for each in hours.list_holidays(shop)] == [("Christmas", True), ("", False)]
    shown = client.get(address).content.decode()
    assert "8:00–12:00, 13:30–18:00" in shown
    assert "12-25 Christmas" in shown
    for wrong, words in (
        ({"day_0": "late"}, "no stretch"),
        ({"day_0": "9-12, 11-14"}, "overlap"),
        ({}, "at least some time"),
        ({"day_0": "9-12", "holidays": "13-45 Nonsense"}, "no day"),
    ):
        answer = client.post(address, wrong)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), words
    assert AuditEntry.objects.filter(shop=shop, action="business_hours_set").count() == 1


def test_kinds_with_steps_and_service_levels() -> None:
    shop = make_shop()
    Team.objects.create(shop=shop, name="Workshop", is_department=True)
    team = teams.list_teams(shop.pk, departments=True)[0]
    client = log_in(make_person(shop))
    root = f"/s/{shop.slug}/settings/wishes/"
    assert "No kinds yet" in client.get(root).content.decode()
    assert client.post(f"{root}begin/").status_code == 302
    assert len(wish_kinds.list_kinds(shop.pk)) == len(wish_kinds.START)
    form = {"name": "Engraving", "department": str(team.pk), "hours": "4.5", "steps": "Draw it\nEngrave | workshop"}
    assert client.post(f"{root}kinds/new/", form).status_code == 302
    kind = WishKind.objects.get(shop=shop, name="Engraving")
    assert (kind.minutes, kind.usual_steps) == (270, [["Draw it", None], ["Engrave", team.pk]])
    assert "Engrave | Workshop" in client.get(f"{root}kinds/{kind.public_id}/").content.decode()
    for wrong in (
        {"name": "Engraving"},
        {"name": ""},
        {"name": "x", "steps": "a | Nobody"},
        {"name": "x", "hours": "x"},
    ):
        assert client.post(f"{root}kinds/new/", wrong).status_code == 422, wrong
    assert client.post(f"{root}levels/", {"level_0_2": "16", f"level_{team.pk}_4": "2,5"}).status_code == 302
    assert wish_kinds.list_levels(shop.pk) == {(None, 2): 960, (team.pk, 4): 150}
    assert client.post(f"{root}levels/", {"level_0_2": "soon"}).status_code == 422
    assert client.post(f"{root}kinds/{kind.public_id}/archive/").status_code == 302
    assert kind.name not in {each.name for each in wish_kinds.list_kinds(shop.pk)}


def test_the_catalogue_is_edited_by_a_marketer_and_shows_what_is_promised() -> None:
    scene = Scene()
    client = log_in(make_person(scene.shop, "marketer"))
    root = f"/s/{scene.shop.slug}/settings/capabilities/"
    assert "Nothing in the catalogue yet" in client.get(root).content.decode()
    form = {
        "name": "Engraving",
        "per_week": "5",
        "lead_days": "2",
        "segments": ["A", "B"],
        "regions": "Germany, Austria",
    }
    assert client.post(f"{root}new/", {**form, "is_published": "on"}).status_code == 302
    entry = Capability.objects.get()
    assert (entry.segments, entry.regions, entry.per_week) == (["A", "B"], ["Germany", "Austria"], 5)
    assert "0/5" in client.get(root).content.decode()
    assert "Germany, Austria" in client.get(f"{root}{entry.public_id}/").content.decode()
    for wrong in ({"name": "Engraving", "lead_days": "0"}, {"name": "x", "lead_days": "999"}, {"name": "x"}):
        assert client.post(f"{root}new/", wrong).status_code == 422, wrong
    assert client.post(f"{root}{entry.public_id}/archive/").status_code == 302
    assert "Use again" in client.get(root).content.decode()
    assert log_in(scene.operator).get(root).status_code == 403
