"""The dialogue mail pages: written, previewed, kept, started, refused in words; rules; who may."""

import pytest

from kizuna.conversations.models import Conversation
from kizuna.customers import consent
from kizuna.customers.consent import Decision
from kizuna.customers.models import Identity
from kizuna.outreach import suppression
from kizuna.outreach.models import Play, Rules
from kizuna.outreach.suppression import Reason, Scope
from tests.web.console.shop_with_history import Place

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Ask",
    "purpose": "ask",
    "segments": ["A", "B"],
    "silent_days": "90",
    "team": "default",
    "subject": "A question to you, {{ first_name }}",
    "text": "Dear {{ first_name }}, what do you wish for?",
    "hold_out": "20",
    "a_day": "50",
    "success_days": "90",
}


def agree(place: Place) -> None:
    """Let everybody agree to mail."""
    ids = Identity.objects.filter(shop=place.shop).values_list("pk", flat=True)
    consent.record(place.shop.pk, [Decision(each, "email_marketing", True, 1) for each in ids])


def test_an_empty_shop_is_shown_how_to_begin(empty: Place) -> None:
    page = empty.client().get(empty.url("outreach/")).content.decode()
    assert "Nobody has been asked yet" in page
    assert "Strengthen the relationship" in page
    for starter in ("ask", "strengthen", "renew", "odd"):
        assert empty.client().get(empty.url(f"outreach/new/?from={starter}")).status_code == 200


def test_a_mail_is_written_previewed_kept_and_started(full: Place) -> None:
    agree(full)
    client = full.client("marketer")
    seen = client.post(full.url("outreach/preview/"), FORM)
    assert seen.context["preview"].matching > 0
    assert "Dear " in seen.content.decode()
    assert "{{" not in seen.content.decode()
    kept = client.post(full.url("outreach/new/"), FORM, follow=True)
    play = Play.objects.get(shop=full.shop)
    assert "would be written to" in kept.content.decode()
    assert play.state == "draft"
    client.post(full.url(f"outreach/{play.public_id}/edit/"), {**FORM, "name": "Ask better"})
    page = client.post(full.url(f"outreach/{play.public_id}/running/"), follow=True).content.decode()
    assert "Started." in page
    refused = client.post(full.url(f"outreach/{play.public_id}/edit/"), FORM).content.decode()
    assert "has been started" in refused
    for state in ("paused", "stopped"):
        client.post(full.url(f"outreach/{play.public_id}/{state}/"))
        play.refresh_from_db()
        assert play.state == state
    assert (
        "cannot be made" in client.post(full.url(f"outreach/{play.public_id}/running/"), follow=True).content.decode()
    )
    copied = client.get(full.url(f"outreach/new/?copy={play.public_id}"))
    assert copied.context["form"]["subject"].value() == FORM["subject"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text": "Buy now!"}, "asks something"),
        ({"text": "What, {{ rf }}?"}, "no field rf"),
        ({"purpose": "strengthen"}, "is for segment B"),
        ({"purpose": "strengthen", "segments": ["B"], "hold_out": "0"}, "is seen only beside"),
        ({"a_day": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(empty: Place, change: dict[str, object], words: str) -> None:
    page = empty.client().post(empty.url("outreach/new/"), {**FORM, **change}).content.decode()
    assert words in page
    assert not Play.objects.exists()


def test_nobody_is_written_to_without_consent_and_the_preview_counts_why(full: Place) -> None:
    seen = full.client().post(full.url("outreach/preview/"), FORM)
    assert seen.context["preview"].matching == 0
    assert seen.context["preview"].left_out["no_consent"] > 0
    assert "did not agree" in seen.content.decode().lower()


def test_rules_are_kept_and_checked(empty: Place) -> None:
    client = empty.client()
    good = {"cap_mails": "2", "cap_days": "60", "from_time": "08:30", "until_time": "00:00", "weekdays": ["0", "5"]}
    assert (
        "Kept."
        in client.post(empty.url("outreach/rules/"), {**good, "silent_days": "45"}, follow=True).content.decode()
    )
    row = Rules.objects.get(shop=empty.shop)
    assert (row.cap_mails, row.cap_days, row.from_minute, row.until_minute, row.weekdays) == (2, 60, 510, 1440, [0, 5])
    wrong = client.post(empty.url("outreach/rules/"), {**good, "until_time": "08:00", "silent_days": "45"})
    assert "begin before they end" in wrong.content.decode()


def test_readers_look_and_only_marketers_write(full: Place) -> None:
    assert full.client("reader").get(full.url("outreach/")).status_code == 200
    for path in ("outreach/new/", "outreach/rules/"):
        assert full.client("reader").get(full.url(path)).status_code == 403
        assert full.client("operator").get(full.url(path)).status_code == 403


def test_silent_customers_are_listed_and_written_to_one_by_one(full: Place) -> None:
    client = full.client("operator")
    page = client.get(full.url("outreach/silent/?days=1"))
    row, depth = page.context["rows"][0]
    assert depth == "not begun"
    assert "Write" in page.content.decode()
    client.get(full.url("outreach/silent/?days=3000&segment=B"))
    address = full.url(f"outreach/write/{row.public_id}/")
    form = client.get(address).context["form"]
    said = {
        "team": "default",
        "subject": "How are you?",
        "text": "Dear {{ first_name }}",
        "token": form["token"].value(),
    }
    barred = (full.shop.pk, row.person.address, Reason.COMPLAINT, Scope.MARKETING, 1)
    suppression.suppress(*barred)
    refused = client.post(address, {**said, "text": "Dear you, what would help?"}).content.decode()
    assert "must not be written to" in refused
    assert not Conversation.objects.filter(shop=full.shop).exists()
    suppression.end_refusals(full.shop.pk, [row.person.address], 2)
    assert "Fill in what stands in braces" in client.post(address, said).content.decode()
    for _ in range(2):
        assert client.post(address, {**said, "text": "Dear you, what would help?"}).status_code == 302
    begun = Conversation.objects.get(shop=full.shop)
    assert (begun.state, begun.customer_id, begun.subject) == ("begun", row.person.customer_id, "How are you?")
