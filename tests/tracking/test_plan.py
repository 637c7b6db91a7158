"""The plan and its document say the same, and the plan makes sense."""

import re

from kizuna.tracking import arrivals, plan
from kizuna.tracking.models import About, Channel, Direction
from tests.house.source import ROOT

DOCUMENT = (ROOT / "docs" / "tracking-plan.md").read_text()


def test_the_document_holds_the_plan_as_it_is() -> None:
    [table] = re.findall(r"<!-- table: [^>]*-->\n(.*?)<!-- end of table -->", DOCUMENT, re.DOTALL)
    assert table == plan.table()


def test_every_outcome_of_the_debugger_is_explained() -> None:
    listed = dict(re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", DOCUMENT, re.MULTILINE))
    assert {name: listed.get(name) for name in arrivals.OUTCOMES} == arrivals.OUTCOMES


def test_what_customers_volunteer_comes_from_them_and_what_shops_provide_goes_to_them() -> None:
    for shape in plan.EVENTS.values():
        assert (shape.direction == Direction.OUT) == (shape.about == About.FOR), shape.name


def test_every_channel_has_both_directions_or_is_a_meeting() -> None:
    for channel in set(Channel) - {Channel.IN_PERSON}:
        directions = {shape.direction for shape in plan.EVENTS.values() if shape.channel == channel}
        assert directions == {Direction.IN, Direction.OUT}, channel


def test_an_unknown_name_is_a_fact_of_the_customer_on_the_web() -> None:
    shape = plan.shape_of("Wheel Spun")
    assert (shape.name, shape.channel, shape.about, shape.is_page_activity) == (
        "Wheel Spun",
        Channel.WEB,
        About.OF,
        False,
    )
