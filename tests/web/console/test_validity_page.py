"""The validity page in every state, what it offers and takes back, and the alarm on the first page."""

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from django.utils import timezone

from kizuna.flows import criterion, origins, snapshots, validity
from kizuna.jobs.models import Job
from kizuna.relationships import criterion as criteria
from kizuna.relationships import reference
from kizuna.relationships import validity as kept
from kizuna.relationships.validity import CheckDraft, Findings, Missing
from kizuna.science.periods import epoch_us
from kizuna.web.console.pages import validity_words
from tests.flows.simulated import FROM, UNTIL, Plan, Shift, simulate
from tests.flows.test_validity import ON_VISITS, UTC
from tests.web.console.shop_with_history import Place
from tests.web.console.test_pages import INLINE

pytestmark = pytest.mark.django_db
JARGON = re.compile(r"\b(z-score|PSI|KS|Gini|Spearman|bootstrap|p-value|decile|quintile|BG/NBD|SE)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def alarming() -> Findings:
    """What a check finds in a simulated shop where visits stopped telling anything."""
    spans = origins.plan(FROM, UNTIL, UTC)
    assert not isinstance(spans, Missing)
    plan = Plan(1000, Shift(month=15, blind=True), ON_VISITS)
    return validity.examine(simulate(plan, 1), spans, np.random.default_rng(1))


def _store(place: Place, findings: Findings) -> kept.CheckView:
    current = reference.find_current(place.shop.pk)
    version = criteria.get_current(place.shop.pk).version
    frozen = None if current is None else current.version
    now = timezone.now()
    return kept.store(place.shop.pk, CheckDraft(epoch_us(now), 90, version, frozen, findings), now)


def _page(place: Place, path: str = "validity/", role: str = "owner") -> str:
    response = place.client(role).get(place.url(path))
    assert response.status_code == 200
    page = response.content.decode()
    assert not INLINE.search(page)
    words = unescape(re.sub(r"<[^>]*>", " ", page))
    assert not JARGON.search(words), JARGON.search(words)
    return page


def test_before_the_first_order_the_page_says_how_to_begin(empty: Place) -> None:
    assert "import_orders" in _page(empty)


def test_never_checked_offers_a_check_and_follows_it(full: Place) -> None:
    assert "Never checked yet" in _page(full)
    assert "Check it now" not in _page(full, role="reader")
    assert full.client("reader").post(full.url("validity/check/")).status_code == 403
    assert full.client().get(full.url("validity/check/")).status_code == 405
    assert full.client().post(full.url("validity/check/")).status_code == 302
    assert "The criterion is being checked" in _page(full)
    Job.objects.filter(task__endswith="run_check").update(state="running", progress=0.4)
    followed = _page(full, "validity/progress/")
    assert 'value="0.400"' in followed
    assert "40 %" in followed
    Job.objects.filter(task__endswith="run_check").update(state="dead", finished_at=timezone.now())
    assert "The check could not be finished" in _page(full)
    assert full.client().get(full.url("validity/progress/"))["HX-Refresh"] == "true"
    _store(full, Findings(missing=Missing("history", 40, 180)))
    assert "could not be finished" not in _page(full)


def test_what_is_missing_is_said(full: Place) -> None:
    for missing, words in (
        (Missing("history", 100, 180), "100 days of orders so far. A check needs 180"),
        (Missing("customers", 40, 100), "40 customers were known 90 days ago"),
        (Missing("buyers", 7, 20), "7 of the customers of then bought again"),
    ):
        _store(full, Findings(missing=missing))
        page = _page(full)
        assert "Too early to tell" in page
        assert words in page
    assert "needs care" not in _page(full, "")


def test_a_good_criterion_says_so_with_its_rivals_and_chart(full: Place, alarming: Findings) -> None:
    _store(full, replace(alarming, alarms=[], options=[]))
    page = _page(full)
    assert "Your criterion is good" in page
    assert "The criterion needs care" not in _page(full, "")
    ours = alarming.origins[-1].scores["rf"].gini.value
    assert f"{validity_words.points(ours)} of 100 points" in page
    for name, _ in validity_words.SCORES.values():
        assert name in page
    assert page.count("whisker") == len(alarming.origins)
    assert "as-table" in page
    assert "Use learned weights" not in page


def test_an_alarm_names_what_to_recalibrate_on_the_first_page_and_here(full: Place, alarming: Findings) -> None:
    _store(full, alarming)
    today = _page(full, "")
    assert "The criterion needs care" in today
    assert re.search(r"What to do: recalibrate [a-z -]+ and freeze a fresh reference\.", today)
    only = replace(alarming, alarms=[each for each in alarming.alarms if each.kind == "drift"])
    check = replace(_store(full, alarming), findings=only)
    names = validity_words.name_factors(full.shop.pk)
    assert validity_words.task_words(check, names)[1].endswith("What to do: freeze a fresh reference.")
    hopeless = replace(alarming, alarms=[each for each in alarming.alarms if each.kind == "rival"], options=[])
    assert "look at the factors" in validity_words.task_words(replace(check, findings=hopeless), names)[1]
    assert f"/s/{full.shop.slug}/validity/#recalibrate" in today
    page = _page(full)
    assert "Another measure finds your best customers better" in page
    assert "Your customers have changed since the reference" in page
    assert "better by" in page
    assert page.count('<table class="data cards drift">') == 1
    reading = _page(full, role="reader")
    assert "Use " not in re.sub(r"<[^>]*>", " ", reading)
    assert "See why" in _page(full, "", role="reader")


def test_recalibration_in_one_action_with_before_and_after_and_back(full: Place, alarming: Findings) -> None:
    best = alarming.best_option
    assert best is not None
    before = criteria.get_current(full.shop.pk)
    _store(full, alarming)
    page = _page(full)
    for value in (best.before, best.after):
        assert validity_words.fine_points(value) in page
    use = full.url(f"validity/use/{best.kind}/")
    assert full.client("reader").post(use).status_code == 403
    answer = full.client().post(use, follow=True).content.decode()
    assert "in force. Everybody is being placed anew" in answer
    assert "The criterion is being checked anew" in answer
    assert criteria.get_current(full.shop.pk).method == "learned"
    assert "learned from your own past" in full.client().get(full.url("settings/factors/")).content.decode()
    assert "The criterion needs care" not in _page(full, "")
    (done,) = kept.list_recalibrations(full.shop.pk)
    undo = full.url(f"validity/changes/{done.id}/undo/")
    assert undo in answer
    assert full.client("reader").post(undo).status_code == 403
    back = full.client().post(undo, follow=True).content.decode()
    assert "Taken back" in back
    assert "taken back " in back
    assert undo not in back
    assert criteria.get_current(full.shop.pk).weights == before.weights
    again = full.client().post(undo, follow=True).content.decode()
    assert "It was not taken back" in again


def test_an_alarm_of_an_earlier_reference_is_silent_and_says_check_again(full: Place, alarming: Findings) -> None:
    _store(full, alarming)
    snapshots.freeze_reference(full.shop, None, timezone.now())
    assert "The criterion needs care" not in _page(full, "")
    assert "was changed after this check" in _page(full)


def test_an_offer_that_no_longer_fits_changes_nothing(full: Place, alarming: Findings) -> None:
    _store(full, alarming)
    version = criterion.change_weights(full.shop, {"M": 1.0}, None, timezone.now()).version
    page = _page(full)
    assert "was changed after this check" in page
    assert "Use learned" not in page
    refused = full.client().post(full.url("validity/use/weights/"), follow=True).content.decode()
    assert "Nothing was changed" in refused
    assert criteria.get_current(full.shop.pk).version == version
    assert full.client().post(full.url("validity/use/everything/")).status_code == 404
    assert full.client().post(full.url("validity/changes/999/undo/")).status_code == 404


def test_another_shops_recalibration_cannot_be_taken_back(full: Place, strange: Place, alarming: Findings) -> None:
    _store(full, alarming)
    best = alarming.best_option
    assert best is not None
    full.client().post(full.url(f"validity/use/{best.kind}/"))
    (done,) = kept.list_recalibrations(full.shop.pk)
    assert strange.client().post(strange.url(f"validity/changes/{done.id}/undo/")).status_code == 404


def test_differences_are_told_with_the_range_and_only_certain_ones_as_better() -> None:
    better = kept.Figure(-0.05, 0.01, -0.071, -0.029)
    assert validity_words.difference_words(better, certain=True) == "better by 3 to 7 points"
    assert validity_words.difference_words(better, certain=False) == "no clear difference"
    worse = kept.Figure(0.05, 0.01, 0.029, 0.071)
    assert validity_words.difference_words(worse, certain=False) == "worse by 3 to 7 points"
    assert validity_words.difference_words(kept.Figure(None), certain=False) == "cannot be told"
